import doctest
import importlib

import pytest


@pytest.mark.parametrize("name", ["benchmarks.cpu", "benchmarks.pace", "benchmarks.latency.spread"])
def test_worked_numbers_in_docstrings_are_right(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name))
    assert result.attempted > 0
    assert result.failed == 0
