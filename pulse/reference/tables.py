"""docs/tables.md: tables and views of the warehouse with their columns, read from the migrations."""

import re
from collections.abc import Iterator
from importlib.resources import files
from typing import Final

from pulse.reference.markdown import Row, table

_HEAD: Final = """# Tables and views

Everything in the database `pulse` of ClickHouse. Read the views: they are exact while duplicates wait for a merge.
Every table and view carries this text as its comment in the database too.

Written from the migrations by `python -m pulse.reference docs`.
"""
_CREATED: Final = re.compile(r"^CREATE (TABLE|VIEW) (?:IF NOT EXISTS )?(\w+)", re.MULTILINE)
_COMMENT: Final = re.compile(r"^COMMENT '((?:[^']|'')*)'", re.MULTILINE)
_COLUMN: Final = re.compile(
    r"^ {4}(\w+) (.+?) (?:(?:DEFAULT|MATERIALIZED) .+? )?COMMENT '((?:[^']|'')*)'", re.MULTILINE
)
_INTERNAL: Final = "arriving_"
"""Tables that hold nothing: the sink writes into them, and views spread the rows."""


def tables_page() -> str:
    """The page."""
    return "\n".join([_HEAD, *_views_first()])


def _views_first() -> Iterator[str]:
    statements = [statement for text in _migrations() for statement in _statements(text)]
    for kind in ("VIEW", "TABLE"):
        yield f"## {kind.capitalize()}s\n"
        for found, name, body in statements:
            if found == kind and not name.startswith(_INTERNAL):
                yield from _described(name, body)


def _migrations() -> list[str]:
    folder = files("consumers.clickhouse") / "migrations"
    found = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".sql")), key=lambda entry: entry.name)
    return [entry.read_text(encoding="utf-8") for entry in found]


def _statements(text: str) -> Iterator[tuple[str, str, str]]:
    starts = list(_CREATED.finditer(text))
    for start, end in zip(starts, [*(match.start() for match in starts[1:]), len(text)], strict=True):
        yield start[1], start[2], text[start.end() : end]


def _described(name: str, body: str) -> Iterator[str]:
    comment = _COMMENT.search(body)
    yield f"### {name}\n"
    if comment:
        yield _unquoted(comment[1]) + "\n"
    rows: list[Row] = [(f"`{column[1]}`", f"`{column[2]}`", _unquoted(column[3])) for column in _COLUMN.finditer(body)]
    if rows:
        yield from table(("column", "type", "meaning"), rows)


def _unquoted(text: str) -> str:
    return text.replace("''", "'")
