"""What must hold of every account's snapshots."""

from collections.abc import Sequence

import pytest

from schemas.health import HealthSnapshot


def assert_explained(snapshots: Sequence[HealthSnapshot]) -> None:
    """One account's snapshots in order: both sums are exact, and nothing is missing between them."""
    previous: float | None = None
    for number, snapshot in enumerate(snapshots, start=1):
        assert snapshot.version == number
        assert snapshot.previous_score == previous
        total = sum(part.points for part in snapshot.contributions)
        assert total == pytest.approx(snapshot.score or 0.0, abs=1e-9)
        moved_by = (snapshot.score or 0.0) - (previous or 0.0)
        assert sum(part.points for part in snapshot.change) == pytest.approx(moved_by, abs=1e-9)
        previous = snapshot.score
