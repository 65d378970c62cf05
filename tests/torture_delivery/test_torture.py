"""A short torture of delivery, in CI."""

from pathlib import Path

import pytest

from tests.torture_delivery.course import Course, Trial


@pytest.mark.kafka
def test_delivery_killed_again_and_again_tells_everybody_and_nobody_twice_without_a_reason(tmp_path: Path) -> None:
    said: list[str] = []
    outcome = Course(Trial(seed=3, kills=5), tmp_path, said.append).run()
    assert outcome.verdict.is_exact, outcome.verdict.shown()
    assert all(tally.expected > 20 for tally in outcome.verdict.tallies.values()), said
    faults = {f"webhook {mood}" for mood in ("429", "500", "hang")} | {"email 451 come back later"}
    assert outcome.answers.keys() >= faults, said
