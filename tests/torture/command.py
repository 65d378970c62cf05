"""`python -m tests.torture --kills N --seed S`: one torture, told line by line, exit code 0 only if all is exact."""

import argparse
import json
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NoReturn

from pulse.errors import Missing
from pulse.local import jars
from tests.torture.load import Recipe
from tests.torture.plan import Act, Fault, kills_of, random_plan
from tests.torture.records import Kind
from tests.torture.trial import Course, Outcome, Trial

QUICK_KILLS: Final = 7
KILLS: Final = 50
BROKER: Final = "broker"


def main() -> int:
    """Run as the arguments say."""
    given = _arguments()
    signal.signal(signal.SIGTERM, _interrupted)
    try:
        jars.java()
        jars.jars(jars.default_cache())
    except Missing as error:
        sys.stderr.write(f"{error}\n")
        return int(error.exit_code)
    kills = given.kills or (QUICK_KILLS if given.quick else KILLS)
    say(f"seed {given.seed}, {kills} kills")
    folder = Path(tempfile.mkdtemp(prefix="pulse-torture-"))
    try:
        outcome = Course(trial_of(given.seed, kills, quick=given.quick), folder, say).run()
    except KeyboardInterrupt:
        say("interrupted: every process is gone")
        shutil.rmtree(folder)
        return 130
    report = summary(given.seed, random_plan(given.seed, kills), outcome)
    tell(report, outcome, folder)
    if given.json:
        sys.stdout.write(json.dumps(report) + "\n")
    return 0 if outcome.verdict.is_exact else 1


def trial_of(seed: int, kills: int, *, quick: bool = False) -> Trial:
    """The torture of a seed."""
    recipe = Recipe(seed, accounts=300) if quick else Recipe(seed)
    return Trial(random_plan(seed, kills), recipe, rate=120.0 if quick else 250.0)


def summary(seed: int, plan: Sequence[Fault], outcome: Outcome) -> dict[str, Any]:
    """The figures of a run."""
    acts = Counter(fault.act for fault in plan)
    verdict, sent = outcome.verdict, outcome.sent
    ended = (Act.KILL, Act.TERMINATE)
    return {
        "seed": seed,
        "exact": verdict.is_exact,
        "duration_s": round(outcome.duration_s, 1),
        "settled_after_s": round(outcome.settled_after_s, 1),
        "kills": kills_of(list(plan)),
        "stops": acts[Act.STOP],
        "joins": acts[Act.JOIN],
        "leaves": acts[Act.LEAVE],
        "broker_restarts": sum(fault.target == BROKER and fault.act in ended for fault in plan),
        "ended_by_themselves": dict(Counter(outcome.deaths)),
        "events_sent": sent.total,
        "duplicates_sent": sent.counts[Kind.DUPLICATE],
        "poison_sent": sent.counts[Kind.POISON],
        "facts_expected": verdict.expected,
        "facts_applied": verdict.applied,
        "lost": verdict.lost,
        "twice": verdict.twice,
        "snapshots": verdict.snapshots,
        "alert_steps": verdict.steps,
        "differing_repeats": verdict.differing_repeats,
        "differences": len(verdict.differences),
    }


def tell(report: dict[str, Any], outcome: Outcome, folder: Path) -> None:
    """The end of a run for a person; the folder with the logs stays where something differs."""
    for name, value in report.items():
        say(f"{name.replace('_', ' '):22}{value}")
    if outcome.verdict.is_exact:
        say("exact")
        shutil.rmtree(folder)
        return
    say("NOT EXACT")
    for line in outcome.verdict.shown():
        say(f"  {line}")
    for part in ("kafka", "warehouse"):
        shutil.rmtree(folder / part, ignore_errors=True)
    say(f"the logs of all processes are in {folder / 'logs'}")


def say(line: str) -> None:
    """One line, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _interrupted(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--kills", type=int, help=f"kill -9s to come ({KILLS}; quick {QUICK_KILLS})")
    parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same faults and events")
    parser.add_argument("--quick", action="store_true", help="few accounts and little load")
    parser.add_argument("--json", action="store_true", help="one JSON object last")
    return parser.parse_args()
