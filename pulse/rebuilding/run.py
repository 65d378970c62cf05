"""One rebuild from what is asked for to its last row: plan or go on, chunk by chunk."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from consumers.runtime.clickhouse import Client
from pulse.rebuilding.chunks import FACTS, chunked
from pulse.rebuilding.ledger import Asked, Known, Ledger
from pulse.rebuilding.reading import read, segments
from pulse.rebuilding.writing import write
from streams.core.policy import Policy
from streams.core.rebuilding import judged_by, rebuild
from streams.core.rulebook import Rulebook
from streams.core.tables import to_tables

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Step:
    """A chunk that is done: what it read and wrote, and how far the rebuild is."""

    chunks_done: int
    chunks: int
    facts: int
    accounts: int


@dataclass(frozen=True, slots=True)
class Request:
    """`as_of` None goes on with the last rebuild of this kind that was cut off, else takes the clock."""

    policy: Policy
    accounts: tuple[str, ...] = ()
    as_of: datetime | None = None
    afresh: bool = False
    chunk_facts: int = FACTS


def opened(client: Client, request: Request, now: datetime) -> Known:
    """The rebuild asked for, with what is left of it to do: nothing where it was finished before."""
    ledger, accounts = Ledger(client), tuple(sorted(set(request.accounts)))
    asked = Asked(request.policy, accounts, request.as_of or now)
    if request.as_of is None and not request.afresh:
        asked = Asked(asked.policy, accounts, ledger.unfinished(asked) or now)
    known = None if request.afresh else ledger.known(asked)
    return known or ledger.begin(asked, chunked(client, accounts, request.chunk_facts), now)


def steps(client: Client, known: Known) -> Iterator[Step]:
    """Do what is left, a chunk a step. Cut off anywhere it goes on behind the last chunk that was done."""
    ledger, moment, policy = Ledger(client), seconds_of(known.asked.as_of), known.asked.policy
    tables, rules = to_tables(policy), Rulebook.of(policy)
    for chunk in known.left:
        stored = read(client, chunk)
        as_of = np.full(len(stored.accounts), moment)
        rebuilt, names = rebuild(stored.facts, as_of, tables), [tables.name] * len(as_of)
        if policy.segments:
            segment = segments(client, chunk, stored.accounts)
            rebuilt = judged_by(rebuilt, rules, segment, as_of)
            names = [rules.tables[place].name for place in rules.chosen(segment, as_of).tolist()]
        scored = write(client, known.asked, stored.accounts, names, rebuilt)
        known = ledger.done(known, chunk, len(stored.facts), scored)
        yield Step(known.chunks - len(known.left), known.chunks, len(stored.facts), scored)


def finish(client: Client, known: Known, now: datetime) -> None:
    """Note that all chunks are done."""
    Ledger(client).finish(known, now)


def seconds_of(moment: datetime) -> float:
    """Epoch seconds, to the microsecond."""
    return (moment - _EPOCH) / timedelta(seconds=1)
