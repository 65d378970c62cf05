import doctest
import importlib
from typing import Final

import pytest

MODULES: Final = (
    "benchmarks.cpu",
    "benchmarks.pace",
    "benchmarks.resident",
    "benchmarks.latency.drops",
    "benchmarks.latency.spread",
    "benchmarks.memory.arrays",
    "benchmarks.recovery.waits",
    "benchmarks.silence.bgnbd",
)


@pytest.mark.parametrize("name", MODULES)
def test_worked_numbers_in_docstrings_are_right(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name))
    assert result.attempted > 0
    assert result.failed == 0
