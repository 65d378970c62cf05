"""The peer's worked numbers, and the benchmark end to end on a quarter of the customers."""

import json

import numpy as np
import pytest

from benchmarks.__main__ import main
from benchmarks.silence.bgnbd import p_alive

SILENT_WEEKS = (0, 2, 4, 8, 16)


@pytest.mark.parametrize(
    "repeats, alive",
    [
        (10, [0.935, 0.909, 0.874, 0.780, 0.507]),
        (25, [0.971, 0.931, 0.848, 0.511, 0.047]),
        (50, [0.985, 0.914, 0.648, 0.062, 0.000]),
    ],
)
def test_p_alive_is_as_published(repeats: float, alive: list[float]) -> None:
    weeks = 50.0 + np.array(SILENT_WEEKS)
    found = p_alive(np.full(5, float(repeats)), np.full(5, 50.0), weeks)
    assert found == pytest.approx(alive, abs=0.0006)


def test_who_bought_once_is_alive_for_ever() -> None:
    assert p_alive(np.zeros(2), np.zeros(2), np.array([1.0, 5000.0])).tolist() == [1.0, 1.0]


def test_the_last_line_is_one_flat_object(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["silence", "--quick", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert all(isinstance(value, int | float) for value in figures.values())
    for prefix in ("", "own_line_", "rfm_", "fixed_30_days_"):
        for name in ("average_precision", "precision_at_line", "recall_at_line", "lead_time_days_median"):
            assert prefix + name in figures
    assert figures["judging_moments"] == 5
    assert figures["teaching_moments"] == 8
