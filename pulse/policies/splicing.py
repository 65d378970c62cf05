"""A policy file with one section replaced: the rest of its text, comments and all, stays as somebody wrote it."""

from typing import Any

import yaml

from pulse.policies.errors import PolicyFault, PolicyFaults

_STEP = "  "


def with_section(text: str, path: tuple[str, ...], value: Any) -> str:
    r"""`text` with what stands at `path` replaced by `value`; comments within it go with it.

    Raises:
        PolicyFaults: nothing stands there, or it shares its lines with others.

    >>> with_section("a: 1  # why\nb:\n  c: {d: 2}  # that\n# end\n", ("b", "c"), {"d": 3})
    'a: 1  # why\nb:\n  c:\n    d: 3\n# end\n'
    """
    key, node = _found(yaml.compose(text, Loader=yaml.SafeLoader), path)
    lines = text.splitlines(keepends=True)
    begin, end = key.start_mark.line, _last_line(node) + 1
    indent = " " * key.start_mark.column
    written = yaml.safe_dump({path[-1]: value}, sort_keys=False, allow_unicode=True, indent=len(_STEP))
    block = "".join(f"{indent}{line}\n" for line in written.splitlines())
    return "".join([*lines[:begin], block, *lines[end:]])


def _found(root: yaml.Node | None, path: tuple[str, ...]) -> tuple[yaml.Node, yaml.Node]:
    key = node = root
    for name in path:
        entries = node.value if isinstance(node, yaml.MappingNode) else []
        entry = next(((one, value) for one, value in entries if one.value == name), None)
        if entry is None:
            raise _fault(path, None, "missing: there is nothing to replace")
        if isinstance(node, yaml.MappingNode) and node.flow_style:
            raise _fault(path, entry[0], "must stand on lines of its own, outside of braces, to be replaced")
        key, node = entry
    if key is None or node is None:
        raise _fault(path, None, "missing: there is nothing to replace")
    return key, node


def _fault(path: tuple[str, ...], at: yaml.Node | None, said: str) -> PolicyFaults:
    return PolicyFaults("policy", [PolicyFault(".".join(path), None if at is None else at.start_mark.line + 1, said)])


def _last_line(node: yaml.Node) -> int:
    """Of a block the marks end with the next token, behind comments that are of what follows."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _last_line(last[1] if isinstance(last, tuple) else last)
    mark = node.end_mark
    return int(mark.line) if mark.column else int(mark.line) - 1
