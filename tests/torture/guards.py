"""`python -m tests.torture.guards`: every guard is needed.

Each is taken out by itself, and a short plan made for it must find that; the same plan with all guards in place must
find nothing.
"""

import argparse
import itertools
import json
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from tests.torture.command import say
from tests.torture.ground import Options
from tests.torture.load import Recipe
from tests.torture.plan import SESSION_S, WORKERS, Act, Fault
from tests.torture.trial import Course, Outcome, Trial
from tests.torture.unguarded import AFTER_FIRST, BEFORE_KEEPING

FIRST, SECOND, _ = WORKERS


@dataclass(frozen=True, slots=True)
class Guard:
    """`trial` is what shows whether the guard is there; `slow` a moment of the flush made long in it."""

    name: str
    why: str
    trial: Trial
    slow: tuple[str, ...] = ()

    def trial_of(self, *, without: bool) -> Trial:
        """The trial with the guard, or without it."""
        argv = ("-m", "tests.torture.unguarded", *(("--without", self.name) if without else ()))
        argv += ("--slow", *self.slow) if self.slow else ()
        return replace(self.trial, options=replace(self.trial.options, worker_argv=argv))


def _killed(*moments: float) -> list[Fault]:
    return sorted(fault for at in moments for fault in (Fault(at, Act.KILL, FIRST), Fault(at + 0.05, Act.START, FIRST)))


def _stalled(at: float, for_s: float) -> list[Fault]:
    return [Fault(at, Act.STOP, FIRST), Fault(at + for_s, Act.CONTINUE, FIRST)]


GUARDS: Final = (
    Guard(
        "fence",
        "a kill -9 long before offsets are committed: all is read again, far more than the ring remembers",
        Trial(
            _killed(9.0),
            Recipe(1, accounts=20, busy=0, duplicates=0.0, poison=0.0),
            rate=400.0,
            limit=4_500,
            options=Options(worker={"commit_interval_s": "20"}),
            workers=(FIRST,),
        ),
    ),
    Guard(
        "ring",
        "a fifth of all facts is sent again",
        Trial([], Recipe(2, accounts=400, busy=0, duplicates=0.2), rate=400.0, limit=2_500, workers=(FIRST,)),
    ),
    Guard(
        "outbox",
        "kills between the two steps of a flush, which takes its time between them",
        Trial(
            _killed(5.0, 11.3, 17.1, 23.8),
            Recipe(3, accounts=300, busy=0),
            rate=150.0,
            limit=4_000,
            workers=(FIRST,),
        ),
        slow=(AFTER_FIRST, "0.5"),
    ),
    Guard(
        "generation",
        "a stall beyond the session in the middle of a flush: its rows are written after its successor's",
        Trial(
            _stalled(5.0, SESSION_S + 4.0) + _stalled(25.0, SESSION_S + 4.0),
            Recipe(4, accounts=400, busy=0),
            rate=150.0,
            limit=6_000,
            options=Options(worker={"commit_interval_s": "0.5"}),
            workers=(FIRST, SECOND),
        ),
        slow=(BEFORE_KEEPING, "1.0"),
    ),
)


def main() -> int:
    """Try every guard, or those that are named."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture.guards", description=__doc__)
    parser.add_argument("names", nargs="*", default=[], metavar="GUARD", help=", ".join(one.name for one in GUARDS))
    parser.add_argument("--json", action="store_true", help="one JSON object last")
    given = parser.parse_args()
    chosen = [guard for guard in GUARDS if not given.names or guard.name in given.names]
    results = {guard.name: _needed(guard) for guard in chosen}
    if given.json:
        sys.stdout.write(json.dumps(results) + "\n")
    return 0 if all(result["needed"] and result["holds"] for result in results.values()) else 1


def _needed(guard: Guard) -> dict[str, bool | float]:
    began = time.monotonic()
    say(f"guard {guard.name}: {guard.why}")
    holds = _run(guard, without=False).verdict.is_exact
    needed = not _run(guard, without=True).verdict.is_exact
    took = round(time.monotonic() - began, 1)
    say(
        f"guard {guard.name}: {'holds' if holds else 'DOES NOT HOLD'}, {'needed' if needed else 'NOT NEEDED'}, {took} s"
    )
    return {"holds": holds, "needed": needed, "duration_s": took}


def _run(guard: Guard, *, without: bool) -> Outcome:
    say(f"  {'without it' if without else 'with all guards'}")
    folder = Path(tempfile.mkdtemp(prefix=f"pulse-guard-{guard.name}-"))
    outcome = Course(guard.trial_of(without=without), folder, lambda line: say(f"    {line}")).run()
    verdict = outcome.verdict
    say(f"    {verdict.lost} lost, {verdict.twice} twice, {verdict.differing_repeats} told again unlike")
    for line in itertools.islice(verdict.shown(), 3):
        say(f"      {line}")
    if without or verdict.is_exact:
        shutil.rmtree(folder)
    else:
        say(f"    the logs of all processes are in {folder / 'logs'}")
    return outcome


if __name__ == "__main__":
    sys.exit(main())
