"""The history of a chunk of accounts out of ClickHouse, as the worker reads it: whole events, each once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import numpy as np

from consumers.runtime.clickhouse import Client, rows
from pulse.rebuilding.chunks import IN_CHUNK, Chunk
from pulse.rehearsing.course import Told
from pulse.rehearsing.errors import NoRehearsal
from schemas.codec import STRUCTURED_HEADERS
from schemas.errors import BadEvent
from schemas.plain import Plain
from schemas.records import read_plain
from schemas.topics import EVENT_TOPICS
from streams.core.facts import Facts, facts_of

FACTS: Final = 100_000
"""How many facts a chunk aims at: some 300 MB while it is worked on, as whole events."""
EVENTS: Final = "topic != 'account.managers' AND NOT startsWith(type, 'alert.')"
"""Everything that a worker folds but what people did about alerts: they had others before them."""

_TOPIC_INDEX: Final = {topic.name: index for index, topic in enumerate(EVENT_TOPICS)}
_EVENTS: Final = f"""
    SELECT topic, payload FROM events WHERE {EVENTS} AND {IN_CHUNK}
    ORDER BY first_wins DESC LIMIT 1 BY account_id, source, event_id"""  # noqa: S608 - no input in it
_SPAN: Final = f"""
    SELECT count() AS facts, uniqExact(account_id) AS accounts, toUnixTimestamp64Milli(min(time)) AS begin_ms,
        toUnixTimestamp64Milli(max(time)) + 1 AS end_ms
    FROM events WHERE {EVENTS} AND (empty({{accounts:Array(String)}}) OR account_id IN {{accounts:Array(String)}})"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Span:
    """What there is: how many accounts, and from when to when (epoch seconds) something is told of them."""

    accounts: int
    begin: float
    end: float


def span(client: Client, accounts: tuple[str, ...]) -> Span:
    """The span of the history of `accounts`, or of all.

    Raises:
        NoRehearsal: there is none.
    """
    [found] = rows(client, _SPAN, {"accounts": list(accounts)})
    if not found["facts"]:
        whose = f" of {', '.join(accounts)}" if accounts else ""
        raise NoRehearsal(f"ClickHouse has no history{whose} to run a policy over: import one with pulse import")
    return Span(int(found["accounts"]), found["begin_ms"] / 1000, found["end_ms"] / 1000)


def read(client: Client, chunk: Chunk) -> Told:
    """The events of a chunk, each once, in the order of event time; of one moment by topic and then by identity."""
    stored = rows(client, _EVENTS, chunk.params)
    events = _plain([row["payload"].encode() for row in stored])
    facts = facts_of(events, range(len(events)), [0.0] * len(events))
    topic = np.array([_TOPIC_INDEX[row["topic"]] for row in stored], np.int64)
    return told_of(facts, topic)


def told_of(facts: Facts, topic: Any) -> Told:
    """Facts in any order, as they are run through: offsets are their places in it."""
    order = np.lexsort((facts.digest, topic, facts.at))
    placed = facts.taken(order)
    placed.offset[:] = np.arange(len(order))
    placed.record_at[:] = placed.at
    return Told(placed, topic[order])


class _Payload(NamedTuple):
    """A stored event as a record."""

    value: bytes
    key: bytes | None = None
    headers: Sequence[tuple[str, bytes | None]] = STRUCTURED_HEADERS
    offset: int = 0
    timestamp: int = 0


def _plain(payloads: list[bytes]) -> list[Plain]:
    read_by = datetime(9000, 1, 1, tzinfo=UTC)  # all of it was accepted once
    found = read_plain([_Payload(value) for value in payloads], read_by)
    for event in found:
        if isinstance(event, BadEvent):
            raise event
    return [event for event in found if not isinstance(event, BadEvent)]
