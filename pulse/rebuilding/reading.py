"""The facts of a chunk out of ClickHouse: fixed columns as they lie in memory, JSON of withdrawals alone.

Reads the table and not the view `facts`: what waits for its merge is told apart here, which costs a sort of hashes
instead of FINAL, and finds a fact that was told again with another time, which FINAL does not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, cast

import numpy as np
import orjson

from consumers.runtime.clickhouse import Client, rows
from pulse.errors import PulseError
from pulse.rebuilding.chunks import IN_CHUNK, Chunk
from schemas.events.withdrawals import WITHDRAWN
from streams.core.facts import KIND_INDEX, KINDS
from streams.core.fences import Bools
from streams.core.history import CATEGORIES, CHANGES, NO_DUE, OPENING, ORDER, History, first_tellings, withdrawals
from streams.core.policy import CURRENCIES, Floats, Ints
from streams.core.rulebook import Codes
from streams.core.segments import code_of

Columns = dict[str, Any]
"""Arrays of one length by name."""

_TYPES: Final = {
    "account": np.uint64,
    "fact": np.uint64,
    "first_wins": np.uint64,
    "complaint": np.uint64,
    "at_us": np.int64,
    "due_ms": np.int64,
    "value": np.float64,
    "low": np.float64,
    "high": np.float64,
    "kind": np.int64,
    "code": np.int64,
}
"""The columns of `_FACTS`."""
_NO_KIND: Final = 255
_OF_CHUNK: Final = "FROM events WHERE topic != 'account.managers' AND " + IN_CHUNK
_AT_US: Final = "toUnixTimestamp64Milli(time) * 1000 + micros"
_FACT: Final = "cityHash64(account_id, source, event_id)"
_FACTS: Final = f"""
    SELECT cityHash64(account_id) AS account, {_FACT} AS fact, first_wins,
        if(complaint_id = '', 0, cityHash64(account_id, complaint_id)) AS complaint, {_AT_US} AS at_us,
        ifNull(toUnixTimestamp64Milli(due_at), {{no_due:Int64}}) AS due_ms,
        ifNull(coalesce(sentiment, answer, quantity, toFloat64(amount)), nan) AS value,
        if(type = '{OPENING}', indexOf({{categories:Array(String)}}, category) - 1., ifNull(scale_min, 0)) AS low,
        ifNull(coalesce(scale_max, toFloat64(period_s)), toFloat64(lines)) AS high,
        CAST(transform(type, {{kinds:Array(String)}}, {{numbers:Array(UInt8)}}, {_NO_KIND}), 'UInt8') AS kind,
        multiIf(type = '{ORDER}', toUInt8(indexOf({{currencies:Array(String)}}, currency) - 1),
            change = '', severity, toUInt8(indexOf({{changes:Array(String)}}, change) - 1)) AS code
    {_OF_CHUNK}"""
_ACCOUNTS: Final = (
    f"SELECT account_id, cityHash64(account_id) AS account {_OF_CHUNK} GROUP BY account_id ORDER BY account"
)
_WITHDRAWN: Final = f"""
    SELECT account_id, {_FACT} AS fact, first_wins, withdrawn {_OF_CHUNK} AND type = '{WITHDRAWN}'"""
_COMPLAINTS: Final = """
    SELECT arrayMap((account, complaint) -> if(complaint = '', 0, cityHash64(account, complaint)),
        {accounts:Array(String)}, {complaints:Array(String)}) AS complaint"""


_SEGMENTS: Final = f"SELECT account_id, segment FROM profiles FINAL WHERE {IN_CHUNK}"  # noqa: S608 - no input in it


class NewerFacts(PulseError):
    """The warehouse holds facts of types that this program does not know."""


@dataclass(frozen=True, slots=True)
class Stored:
    """The distinct facts of a chunk: `facts.account` is an index in `accounts`."""

    accounts: list[str]
    facts: History


def read(client: Client, chunk: Chunk) -> Stored:
    """The facts of a chunk, each once: the first telling counts.

    Raises:
        NewerFacts: there are facts of types that this program does not know.
        clickhouse_connect.driver.exceptions.DatabaseError: ClickHouse is away or refuses.
    """
    found = _columns(client, chunk)
    named = rows(client, _ACCOUNTS, chunk.params)
    account, known = _numbered(found["account"], np.array([row["account"] for row in named], np.uint64))
    found["account"] = account
    counts = known & first_tellings(found["fact"], found["first_wins"])
    if not counts.all():
        found = {name: column[counts] for name, column in found.items()}
    facts = _history(found)
    taken_back = np.flatnonzero(facts.kind == KIND_INDEX[WITHDRAWN])
    if len(taken_back):
        facts = _with_originals(client, chunk, facts, found, taken_back)
    return Stored([str(row["account_id"]) for row in named], facts)


def segments(client: Client, chunk: Chunk, accounts: Sequence[str]) -> Codes:
    """The codes of the segments of `accounts` by their latest profiles, int8[a]; 0 where there is none."""
    known = {str(row["account_id"]): code_of(str(row["segment"])) for row in rows(client, _SEGMENTS, chunk.params)}
    return np.array([known.get(account, 0) for account in accounts], np.int8)


def _columns(client: Client, chunk: Chunk) -> Columns:
    numbered: Mapping[str, Any] = {
        "kinds": list(KINDS),
        "numbers": list(range(len(KINDS))),
        "changes": list(CHANGES),
        "currencies": list(CURRENCIES),
        "categories": list(CATEGORIES),
        "no_due": NO_DUE,
    }
    asked = client.create_query_context(_FACTS, parameters={**chunk.params, **numbered}, use_numpy=True)
    with client.query_column_block_stream(context=asked) as stream:
        blocks = list(stream)
        names = stream.source.column_names
    if not blocks:
        return {name: np.empty(0, kind) for name, kind in _TYPES.items()}
    found = {
        name: np.concatenate([block[place] for block in blocks]).astype(_TYPES[name], copy=False)
        for place, name in enumerate(names)
    }
    if (found["kind"] == _NO_KIND).any():
        raise NewerFacts("the warehouse holds facts of types that this program does not know: use the newer program")
    return found


def _numbered(account: Any, hashes: Any) -> tuple[Ints, Bools]:
    """The place of each in `hashes: uint64[a]` (ascending), and whether it is there: it may have come since.

    The table lies in the order of the accounts, so runs are looked up and not rows.
    """
    starts = np.flatnonzero(np.r_[len(account) > 0, account[1:] != account[:-1]])
    place = np.searchsorted(hashes, account[starts])
    known = place < len(hashes)
    known[known] = hashes[place[known]] == account[starts[known]]
    lengths = np.diff(np.r_[starts, len(account)])
    return np.repeat(place, lengths), np.repeat(known, lengths)


def _history(found: Columns) -> History:
    at: Floats = found["at_us"] / 1e6
    sign = np.ones(len(at))
    laid = {name: found[name] for name in ("account", "kind", "value", "low", "high", "code", "complaint", "due_ms")}
    return History(sign=sign, told_at=at, at=at, **laid)


def _with_originals(client: Client, chunk: Chunk, facts: History, found: Columns, places: Ints) -> History:
    """The facts with what the withdrawals at `places` take back laid into their columns."""
    told = {(row["fact"], row["first_wins"]): row for row in rows(client, _WITHDRAWN, chunk.params)}
    names = zip(found["fact"][places].tolist(), found["first_wins"][places].tolist(), strict=True)
    of_place = [told[name] for name in names]
    originals = withdrawals([orjson.loads(row["withdrawn"]) for row in of_place])
    asked = {"accounts": [row["account_id"] for row in of_place], "complaints": list(originals.complaint)}
    (hashed,) = rows(client, _COMPLAINTS, asked)
    laid = {
        "kind": originals.kind,
        "sign": -1.0,
        "at": originals.at,
        "value": originals.value,
        "low": originals.low,
        "high": originals.high,
        "code": originals.code,
        "complaint": np.array(hashed["complaint"], np.uint64),
        "due_ms": originals.due_ms,
    }
    columns = {name: np.array(getattr(facts, name)) for name in laid}
    for name, values in laid.items():
        columns[name][places] = values
    return replace(facts, **cast("dict[str, Any]", columns))
