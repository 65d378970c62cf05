"""A short torture is exact: kills of every kind, a stall, a broker that dies, and all the while events."""

from pathlib import Path

from tests.torture.command import trial_of
from tests.torture.plan import BROKER, Act, kills_of
from tests.torture.trial import Course

SEED = 31
KILLS = 6


def test_whatever_is_killed_every_account_is_exact_and_told_once(kafka_jars: Path, tmp_path: Path) -> None:
    trial = trial_of(SEED, KILLS, quick=True)
    acts = {(fault.act, fault.target == BROKER) for fault in trial.plan}
    assert {(Act.KILL, True), (Act.KILL, False), (Act.STOP, False)} <= acts
    assert kills_of(list(trial.plan)) == KILLS
    lines: list[str] = []
    verdict = Course(trial, tmp_path, lines.append).run().verdict
    assert verdict.is_exact, "\n".join([*lines, *verdict.shown()])
    assert verdict.applied == verdict.expected > 0
