"""The worked examples in the docstrings of the pure packages hold."""

import doctest
import importlib
import pkgutil
from types import ModuleType

import pytest

import schemas
import streams.core


def _modules(package: ModuleType) -> list[str]:
    found = pkgutil.walk_packages(package.__path__, prefix=f"{package.__name__}.")
    return [package.__name__, *(module.name for module in found)]


@pytest.mark.parametrize("name", [*_modules(schemas), *_modules(streams.core)])
def test_the_examples_in_a_docstring_hold(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
    assert result.failed == 0
