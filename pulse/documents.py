"""Where the parts of a YAML document stand: lines for paths, and keys that stand there twice.

Works on the node graph of `yaml.compose`, which has marks; the values are the matter of whoever loads it.
"""

from collections.abc import Iterator
from typing import NamedTuple

import yaml

Path = tuple[int | str, ...]


class Doubled(NamedTuple):
    """A key that stands in one mapping twice: its path, its line, and the line of the one before, from 1."""

    path: Path
    line: int
    before: int


def line_of(root: yaml.Node | None, path: Path) -> int | None:
    """The line, from 1, of what stands at a path; of what is nearest above it when nothing does.

    >>> line_of(yaml.compose("{a: {b: [1, 2]}}"), ("a", "b", 1))
    1
    """
    if root is None:
        return None
    node, line = root, root.start_mark.line + 1
    for step in path:
        below = _below(node, step)
        if below is None:
            break
        line, node = below
    return line


def _below(node: yaml.Node, step: int | str) -> tuple[int, yaml.Node] | None:
    """The line of a key or an element and the node that it leads to."""
    if isinstance(node, yaml.MappingNode):
        found = [(key, value) for key, value in node.value if key.value == str(step)]
        return (found[-1][0].start_mark.line + 1, found[-1][1]) if found else None  # the last is the one that counts
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        element: yaml.Node = node.value[step]
        return element.start_mark.line + 1, element
    return None


def doubled_keys(root: yaml.Node | None) -> Iterator[Doubled]:
    """Every key that stands in its mapping more than once. YAML forbids it; its readers silently take the last."""
    waiting: list[tuple[Path, yaml.Node]] = [] if root is None else [((), root)]
    seen: set[int] = set()
    while waiting:
        path, node = waiting.pop()
        if id(node) in seen:  # an alias, perhaps of what it stands in
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            yield from _doubled_in(path, node)
            waiting += [((*path, str(key.value)), value) for key, value in node.value]
        elif isinstance(node, yaml.SequenceNode):
            waiting += [((*path, place), value) for place, value in enumerate(node.value)]


def _doubled_in(path: Path, node: yaml.MappingNode) -> Iterator[Doubled]:
    lines: dict[tuple[str, str], int] = {}
    for key, _ in node.value:
        name, line = (key.tag, str(key.value)), key.start_mark.line + 1
        if name in lines:
            yield Doubled((*path, name[1]), line, lines[name])
        lines[name] = line
