"""docs/metrics.md: every metric with its meaning, read from the declarations without running them."""

import ast
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

from pulse.reference.markdown import Row, table

PREFIX: Final = "pulse_"
_KINDS: Final = ("Counter", "Gauge", "Histogram")
_PACKAGES: Final = ("streams", "consumers", "pulse")
_HEAD: Final = """# Metrics

Prometheus metrics, as `/metrics` of each process says them; a histogram is a set of `_bucket`, `_sum` and `_count`. A
bound stands beside what it bounds, as `…_limit`.

Written from the code by `python -m pulse.reference docs`.
"""


def metrics_page() -> str:
    """The page."""
    rows = sorted(row for package in _PACKAGES for row in _declared_in(files(package)))
    return "\n".join([_HEAD, *table(("metric", "kind", "labels", "meaning"), rows)])


def _declared_in(folder: Traversable) -> Iterator[Row]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _declared_in(entry)
        elif entry.name.endswith(".py"):
            yield from _declarations(ast.parse(entry.read_text(encoding="utf-8")))


def _declarations(module: ast.Module) -> Iterator[Row]:
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _KINDS:
            name, meaning, labels = _texts(node)
            if name.startswith(PREFIX):
                yield f"`{_as_served(name, node.func.id)}`", node.func.id.lower(), labels, meaning


def _as_served(name: str, kind: str) -> str:
    """A counter's name ends in `_total` on the wire, whether it does so in its declaration or not."""
    return f"{name.removesuffix('_total')}_total" if kind == "Counter" else name


def _texts(call: ast.Call) -> tuple[str, str, str]:
    """Name, meaning and labels; empty where the call is none of ours."""
    literals = [_literal(argument) for argument in call.args[:3]]
    named = {keyword.arg: _literal(keyword.value) for keyword in call.keywords if keyword.arg in _WANTED}
    found = dict(zip(_WANTED, literals, strict=False)) | named
    labels = found.get("labelnames") or ()
    return str(found.get("name", "")), str(found.get("documentation", "")), ", ".join(f"`{label}`" for label in labels)


_WANTED: Final = ("name", "documentation", "labelnames")


def _literal(node: ast.expr) -> str | tuple[str, ...] | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.List | ast.Tuple):
        return tuple(item.value for item in node.elts if isinstance(item, ast.Constant) and isinstance(item.value, str))
    return None
