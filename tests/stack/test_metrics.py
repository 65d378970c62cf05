"""Every metric is declared once, typed, says what it means and what to do, stands on the page, and is really set."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from pulse.reference import pages

ROOT: Final = Path(__file__).parents[2]
PACKAGES: Final = ("streams", "consumers", "pulse")
KINDS: Final = ("Counter", "Gauge", "Histogram")
SETTERS: Final = ("inc", "dec", "set", "set_function", "observe", "time", "labels")


@dataclass(frozen=True)
class Declared:
    """A metric as the code declares it: `variable` holds it, in this module or on the object that has them all."""

    name: str
    kind: str
    variable: str
    module: Path
    typed: bool

    def __str__(self) -> str:
        return self.name


def declared() -> Iterator[Declared]:
    for module, tree in modules():
        for node in ast.walk(tree):
            target, value, typed = assignment(node)
            if isinstance(value, ast.Call) and (name := name_in(value)).startswith("pulse_"):
                yield Declared(name, ast.unparse(value.func), target, module, typed)


@cache
def modules() -> list[tuple[Path, ast.Module]]:
    paths = (path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py")))
    return [(path, ast.parse(path.read_text(encoding="utf-8"))) for path in paths]


def name_in(call: ast.Call) -> str:
    """The name of the metric that the call makes; empty where it makes none."""
    first = call.args[0] if call.args and ast.unparse(call.func) in KINDS else None
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""


def assignment(node: ast.AST) -> tuple[str, ast.expr | None, bool]:
    """Name, value and whether it cannot be replaced: a constant of the module, or an attribute set once."""
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return node.target.id, node.value, ast.unparse(node.annotation) == "Final"
    if isinstance(node, ast.Assign):
        (target,) = node.targets[:1]
        return ast.unparse(target).removeprefix("self."), node.value, isinstance(target, ast.Attribute)
    return "", None, False


def uses_of(metric: Declared) -> list[str]:
    """The modules of the same room that set it: `….VARIABLE.inc()` and the like, or handed on as such."""
    found = []
    for module, tree in modules():
        if module == metric.module or metric.module.parent not in module.parents:
            continue
        setting = (node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr in SETTERS)
        held = (node.value for node in setting if isinstance(node.value, ast.Attribute))
        if any(node.attr == metric.variable for node in held):
            found.append(str(module.relative_to(ROOT)))
    return found


METRICS: Final = list(declared())


def test_no_metric_is_declared_twice_or_outside_the_module_of_metrics_of_its_room() -> None:
    names = [metric.name.removesuffix("_total") for metric in METRICS]
    assert len(names) > 50
    assert sorted(names) == sorted(set(names))
    assert [str(metric) for metric in METRICS if metric.module.name != "metrics.py" or not metric.typed] == []


def test_the_page_has_every_metric_by_the_name_that_it_is_served_under() -> None:
    served = {metric.name.removesuffix("_total") + ("_total" if metric.kind == "Counter" else "") for metric in METRICS}
    listed = {line.split("`")[1] for line in pages()["metrics.md"].splitlines() if line.startswith("| `")}
    assert listed == served


@pytest.mark.parametrize("metric", METRICS, ids=str)
def test_every_metric_is_set_somewhere(metric: Declared) -> None:
    assert uses_of(metric)


@pytest.mark.parametrize("limit", [str(metric) for metric in METRICS if metric.name.endswith("_limit")])
def test_a_bound_stands_beside_what_it_bounds(limit: str) -> None:
    assert limit.removesuffix("_limit") in {metric.name for metric in METRICS}
