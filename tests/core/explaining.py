"""What must hold of every account's snapshots and alert steps."""

from collections.abc import Sequence

import pytest

from schemas.alerts import AlertKind, AlertStep, StepKind, alert_id
from schemas.health import HealthSnapshot


def assert_explained(snapshots: Sequence[HealthSnapshot]) -> None:
    """One account's snapshots in order: both sums are exact, and nothing is missing between them."""
    previous: float | None = None
    for number, snapshot in enumerate(snapshots, start=1):
        assert snapshot.version == number
        assert snapshot.previous_score == previous
        total = sum(part.points for part in snapshot.contributions)
        assert total == pytest.approx(snapshot.score or 0.0, abs=1e-9)
        assert snapshot.score == (snapshot.override.value if snapshot.override else snapshot.computed_score)
        moved_by = (snapshot.score or 0.0) - (previous or 0.0)
        assert sum(part.points for part in snapshot.change) == pytest.approx(moved_by, abs=1e-9)
        previous = snapshot.score


def assert_told_once(steps: Sequence[AlertStep]) -> None:
    """One account's steps in order: per kind, episodes follow one another and each goes from opened to resolved."""
    for kind in AlertKind:
        number, step_no, is_open = 0, 0, False
        for step in (step for step in steps if step.kind is kind):
            assert (step.step is StepKind.OPENED) is (not is_open)
            number, step_no = (number, step_no + 1) if is_open else (number + 1, 1)
            is_open = step.step not in (StepKind.RESOLVED, StepKind.RETRACTED)
            assert (step.episode, step.step_no) == (number, step_no)
            assert step.alert_id == alert_id(step.account_id, kind, number)
