"""docs/tables.md: tables and views of the warehouse with their columns, read from the migrations."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from itertools import pairwise
from typing import Final

from pulse.reference.markdown import Row, table

_HEAD: Final = """# Tables and views

Everything in the database `pulse` of ClickHouse. Read the views: they are exact while duplicates wait for a merge.
Every table and view carries this text as its comment in the database too.

Written from the migrations by `python -m pulse.reference docs`.
"""
_CREATED: Final = re.compile(r"^CREATE (?:OR REPLACE )?(TABLE|VIEW) (?:IF NOT EXISTS )?(\w+)", re.MULTILINE)
_COMMENT: Final = re.compile(r"^COMMENT '((?:[^']|'')*)'", re.MULTILINE)
_COLUMN: Final = re.compile(
    r"^ {4}(\w+) (.+?) (?:(?:DEFAULT|MATERIALIZED) .+? )?COMMENT '((?:[^']|'')*)'", re.MULTILINE
)
_ADDED: Final = re.compile(
    r"^ {4}ADD COLUMN (?:IF NOT EXISTS )?(\w+) (.+?) (?:DEFAULT .+? )?COMMENT '((?:[^']|'')*)'.*? AFTER (\w+)[,;]",
    re.MULTILINE,
)
_ALTERED: Final = re.compile(r"^ALTER TABLE (\w+)$.*?;", re.MULTILINE | re.DOTALL)
_INTERNAL: Final = "arriving_"
"""Tables that hold nothing: the sink writes into them, and views spread the rows."""


def tables_page() -> str:
    """The page."""
    return "\n".join([_HEAD, *_views_first()])


def _views_first() -> Iterator[str]:
    migrations = _migrations()
    # A view that a later migration replaces is described as it is then, where it stood before.
    statements = {(kind, name): body for text in migrations for kind, name, body in _statements(text)}
    added = [(match[1], column) for text in migrations for match in _ALTERED.finditer(text) for column in _of(match[0])]
    for kind in ("VIEW", "TABLE"):
        yield f"## {kind.capitalize()}s\n"
        for (found, name), body in statements.items():
            if found == kind and not name.startswith(_INTERNAL):
                yield from _described(name, body, [column for table_name, column in added if table_name == name])


def _migrations() -> list[str]:
    folder = files("consumers.clickhouse") / "migrations"
    found = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".sql")), key=lambda entry: entry.name)
    return [entry.read_text(encoding="utf-8") for entry in found]


def _statements(text: str) -> Iterator[tuple[str, str, str]]:
    starts = list(_CREATED.finditer(text))
    for start, end in pairwise([*starts, None]):
        if start is not None:
            yield start[1], start[2], text[start.end() : end.start() if end else len(text)]


@dataclass(frozen=True, slots=True)
class _Added:
    """A column that a later migration put behind another one."""

    name: str
    type: str
    meaning: str
    after: str


def _of(statement: str) -> Iterator[_Added]:
    return (_Added(*match.groups()) for match in _ADDED.finditer(statement))


def _described(name: str, body: str, added: Iterable[_Added]) -> Iterator[str]:
    comment = _COMMENT.search(body)
    yield f"### {name}\n"
    if comment:
        yield _unquoted(comment[1]) + "\n"
    columns = [(column[1], column[2], column[3]) for column in _COLUMN.finditer(body)]
    for column in added if columns else ():  # a table made like another one shows no columns of its own
        place = [known for known, _, _ in columns].index(column.after)
        columns.insert(place + 1, (column.name, column.type, column.meaning))
    if columns:
        rows: list[Row] = [(f"`{known}`", f"`{kind}`", _unquoted(meaning)) for known, kind, meaning in columns]
        yield from table(("column", "type", "meaning"), rows)


def _unquoted(text: str) -> str:
    return text.replace("''", "'")
