"""`python -m tests.torture_delivery --kills N --seed S`: kills under load; exit code 0 only if all is exact."""

import argparse
import json
import shutil
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pulse.errors import Missing
from pulse.local import jars
from tests.torture.command import say
from tests.torture_delivery.course import Course, Outcome, Trial


def main() -> int:
    """Run as the arguments say."""
    given = _arguments()
    try:
        jars.java()
        jars.jars(jars.default_cache())
    except Missing as error:
        sys.stderr.write(f"{error}\n")
        return int(error.exit_code)
    trial = Trial(given.seed, given.kills)
    say(f"seed {given.seed}, {given.kills} kills")
    folder = Path(tempfile.mkdtemp(prefix="pulse-torture-delivery-"))
    try:
        outcome = Course(trial, folder, say).run()
    except KeyboardInterrupt:
        say("interrupted: every process is gone")
        shutil.rmtree(folder)
        return 130
    report = summary(trial, outcome)
    for name, value in report.items():
        say(f"{name.replace('_', ' '):22}{_in_words(value)}")
    for line in outcome.verdict.shown():
        say(f"  {line}")
    if outcome.verdict.is_exact:
        shutil.rmtree(folder)
    else:
        shutil.rmtree(folder / "kafka", ignore_errors=True)
        say(f"NOT EXACT: the logs of all processes are in {folder / 'logs'}")
    if given.json:
        sys.stdout.write(json.dumps(report) + "\n")
    return 0 if outcome.verdict.is_exact else 1


def summary(trial: Trial, outcome: Outcome) -> dict[str, Any]:
    """The figures of a run."""
    verdict = outcome.verdict
    return {
        "seed": trial.seed,
        "exact": verdict.is_exact,
        "kills": trial.kills,
        "duration_s": round(outcome.duration_s, 1),
        "settled_after_s": round(outcome.settled_after_s, 1),
        "steps": outcome.steps,
        **{kind.value: asdict(tally) for kind, tally in verdict.tallies.items()},
        "answers": outcome.answers,
        "lost": len(verdict.lost),
        "unbidden": len(verdict.unbidden),
        "faults": len(verdict.faults),
    }


def _in_words(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{one} {name.replace('_', ' ')}" for name, one in value.items())
    return str(value)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.torture_delivery", description=__doc__)
    parser.add_argument("--kills", type=int, default=50, help="kill -9s to come (50)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same steps and faults")
    parser.add_argument("--json", action="store_true", help="one JSON object last")
    return parser.parse_args()
