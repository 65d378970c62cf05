"""`python -m tests.fuzz --records N --seed S`: one fuzzing, exit code 0 only if every promise held."""

import argparse
import json
import sys
import time
from typing import Any, Final

from tests.fuzz.course import Course, Outcome
from tests.fuzz.faults import Fault

RECORDS: Final = 1_000_000
_EVERY_S: Final = 5.0


def main() -> int:
    """Run as the arguments say."""
    given = _arguments()
    began = time.monotonic()
    told_at = began

    def progress(outcome: Outcome) -> None:
        nonlocal told_at
        now = time.monotonic()
        if now - told_at >= _EVERY_S:
            told_at = now
            rate = outcome.records / (now - began)
            say(f"{outcome.records:>10,} of {given.records:,} records, {rate:,.0f} a second, no fault so far")

    say(f"seed {given.seed}, {given.records:,} records")
    course = Course(given.seed)
    fault: Fault | None = None
    try:
        course.run(given.records, progress)
    except Fault as found:
        fault = found
    except KeyboardInterrupt:
        say("interrupted")
        return 130
    report = summary(given.seed, course.outcome, time.monotonic() - began, fault)
    tell(report, fault)
    if given.json:
        say(json.dumps(report))
    return 0 if fault is None else 1


def summary(seed: int, outcome: Outcome, seconds: float, fault: Fault | None) -> dict[str, Any]:
    """The figures of a run."""
    return {
        "seed": seed,
        "records": outcome.records,
        "applied": outcome.applied,
        "duplicates": outcome.duplicates,
        "dead": dict(sorted(outcome.dead.items())),
        "held_against_the_model": outcome.by_model,
        "accounts": outcome.accounts,
        "outputs": outcome.outputs,
        "seconds": round(seconds, 1),
        "fault": None if fault is None else fault.said,
        "fault_record": None if fault is None or fault.record is None else fault.record.number,
    }


def tell(report: dict[str, Any], fault: Fault | None) -> None:
    """The end of a run for a person."""
    for name, value in report.items():
        if name == "dead":
            say(f"{'dead letters':26}{sum(value.values())}")
            for reason, count in value.items():
                say(f"  {reason:24}{count}")
        elif not name.startswith("fault"):
            say(f"{name.replace('_', ' '):26}{value}")
    for line in fault.lines(report["seed"]) if fault else ["every promise held"]:
        say(line)


def say(line: str) -> None:
    """One line, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--records", type=_positive, default=RECORDS, help=f"how many ({RECORDS:,})")
    parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same records")
    parser.add_argument("--json", action="store_true", help="one JSON object last")
    return parser.parse_args()


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("expected 1 or more")
    return number
