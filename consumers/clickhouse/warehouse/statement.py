"""What a statement is: a select, an insert with data behind it, something that needs rights. Looks at tokens alone.

It is a guard and a signpost, not a parser: the engine parses. It must see through comments, strings and quoted names as
the engine does, because a name that reads files must not hide in them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from consumers.clickhouse.warehouse.errors import Refused
from consumers.clickhouse.warehouse.outside import CALLS_OUTSIDE, LIMITS

_TOKEN: Final = re.compile(
    rb"""(?P<space>[\s\x00]+|--[^\n]*|\#[ !][^\n]*|/\*.*?\*/)
    | (?P<string>'(?:[^'\\]|\\.|'')*'|\xe2\x80\x98.*?\xe2\x80\x99|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)
    | `(?P<back>(?:[^`\\]|\\.|``)*)` | "(?P<double>(?:[^"\\]|\\.|"")*)" | \xe2\x80\x9c(?P<curly>.*?)\xe2\x80\x9d
    | (?P<word>[A-Za-z_][A-Za-z0-9_$]*) | (?P<number>[0-9][\w.]*) | (?P<odd>[\x80-\xff])
    | (?P<mark>.)""",
    re.VERBOSE | re.DOTALL,
)
_ANSWERS_NOTHING: Final = frozenset(
    "INSERT CREATE DROP ALTER TRUNCATE RENAME EXCHANGE OPTIMIZE SET USE SYSTEM ATTACH DETACH DELETE UPDATE UNDROP GRANT"
    " REVOKE REPLACE MOVE".split()
)
_READS: Final = frozenset("SELECT WITH FROM SHOW DESCRIBE DESC EXPLAIN EXISTS (".split())
_NEEDS_A_SESSION: Final = frozenset(("SET", "USE"))


@dataclass(frozen=True, slots=True)
class Statement:
    """`text` is the SQL. With `data_format` set it is an insert and its data begin at `data_at` of the request's bytes;
    `text` then ends behind the columns and `clauses` holds what stood between them and FORMAT (SETTINGS).

    `format` is the FORMAT clause of a query, None without one. `streams` tells whether the answer may be handed on in
    pieces; `answers` whether there is one; `only_reads` whether a reader may ask it.
    """

    text: bytes
    kind: str
    format: str | None = None
    data_format: str | None = None
    data_at: int = 0
    clauses: bytes = b""

    @property
    def answers(self) -> bool:
        """Whether the statement has a result."""
        return self.kind not in _ANSWERS_NOTHING

    @property
    def streams(self) -> bool:
        """Whether the result is made of blocks of rows that may be handed on as they come."""
        return self.kind in ("SELECT", "WITH", "FROM")

    @property
    def only_reads(self) -> bool:
        """Whether the statement changes nothing by its kind."""
        return self.kind in _READS


@dataclass(frozen=True, slots=True)
class _Token:
    """A name in upper case as the engine would read it, or a mark; `plain` when it was not quoted."""

    text: str
    plain: bool
    start: int
    end: int


def parse(head: bytes) -> Statement:
    """The statement that `head`, the first bytes of a request, begins with.

    Of an insert with a FORMAT clause only the part before the data must be in `head`.

    Raises:
        Refused: it reaches out of the database, needs a session, or is more than one statement.
    """
    seen: list[_Token] = []
    for token in _tokens(head):
        _refuse_reaching_out(seen, token)
        seen.append(token)
        if _begins_data(seen):
            return _insert(head, seen)
    return _query(head, seen)


def names_a_limit(text: bytes) -> bool:
    """Whether the SQL sets a setting that limits a reader."""
    return any(name.text in LIMITS and mark.text == "=" for name, mark in pairwise(_tokens(text)))


def _tokens(text: bytes) -> Iterator[_Token]:
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        # Of what lies outside ASCII the engine takes some for white space: to be ignored is the safe reading.
        if kind in ("space", "string", "tag", "number", "odd"):
            continue
        raw = match[kind or 0]
        yield _Token(raw.decode("latin-1").upper(), kind in ("word", "mark"), match.start(), match.end())


def _refuse_reaching_out(seen: list[_Token], token: _Token) -> None:
    if not seen:
        return
    last = seen[-1]
    if token.text == "(" and "\\" in last.text:
        raise Refused(497, "a function whose name is written with escapes is not allowed here")
    if token.text == "(" and last.text in CALLS_OUTSIDE:
        raise Refused(497, f"{last.text.lower()}() reaches out of the database and is not allowed here")
    if token.text in ("OUTFILE", "INFILE") and last.text in ("INTO", "FROM"):
        raise Refused(497, f"{last.text} {token.text} reaches out of the database and is not allowed here")
    if last.text == ";" and last.plain:
        raise Refused(62, "Multi-statements are not allowed")


def _begins_data(seen: list[_Token]) -> bool:
    return (
        len(seen) > 2  # noqa: PLR2004 - INSERT, FORMAT and its name
        and seen[0].text == "INSERT"
        and seen[-2].text == "FORMAT"
        and seen[-2].plain
        and seen[-1].text not in ("(", ",", ")", ".")
    )


def _insert(head: bytes, seen: list[_Token]) -> Statement:
    name, clause = seen[-1], seen[-2]
    at = name.end
    while at < len(head) and head[at : at + 1] in b" \t\r\f":
        at += 1
    if head[at : at + 1] == b"\n":
        at += 1
    settings = _settings_clause(seen) or clause.start
    return Statement(
        head[:settings],
        "INSERT",
        data_format=_spelled(head, name),
        data_at=at,
        clauses=head[settings : clause.start],
    )


def _settings_clause(seen: list[_Token]) -> int | None:
    """Where SETTINGS stands behind the table and its columns; either may be named so too."""
    depth = 0
    for token in seen[3:]:
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if token.text == "SETTINGS" and token.plain and depth == 0:
            return token.start
    return None


def _query(text: bytes, seen: list[_Token]) -> Statement:
    if not seen:
        raise Refused(62, "Syntax error: Empty query")
    kind = seen[0].text
    if kind in _NEEDS_A_SESSION or [token.text for token in seen[:2]] == ["CREATE", "TEMPORARY"]:
        raise Refused(48, f"{kind} needs a session, which this warehouse does not keep: send settings with the query")
    if seen[-1].text == ";" and seen[-1].plain:
        text, seen = text[: seen[-1].start], seen[:-1]
    return Statement(text, kind, format=_format_of(text, seen))


def _format_of(text: bytes, seen: list[_Token]) -> str | None:
    for index in range(len(seen) - 2, 0, -1):
        if not (seen[index].text == "FORMAT" and seen[index].plain):
            continue
        behind = seen[index + 2 : index + 3]
        if seen[index + 1].text != "(" and (not behind or behind[0].text == "SETTINGS"):
            return _spelled(text, seen[index + 1])
    return None


def _spelled(text: bytes, name: _Token) -> str:
    return text[name.start : name.end].decode("latin-1").strip('`"')
