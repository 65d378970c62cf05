"""Hands what was read to the open pages. Lives on the event loop alone; the reader's thread posts to it.

Every page has a bounded queue, and all of them together hold a bounded number of bytes. A page that does not keep up,
or that asks for what is no longer held, is told to read itself anew: it never gets a part as if it were the whole. Who
may see what is decided in `stream`, not here.
"""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from consumers.console import metrics
from consumers.console.live.position import LIVE_TOPICS, Position, TopicPartition, to_text
from consumers.console.live.ring import RING_BYTES, Record, Ring
from schemas.topics import ALERTS, HEALTH


@dataclass(frozen=True, slots=True)
class Interest:
    """What an open page follows: one account with all topics, or (None) scores and alerts of all accounts."""

    account: str | None = None

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics worth reading for it."""
        return LIVE_TOPICS if self.account is not None else (HEALTH.name, ALERTS.name)

    def wants(self, record: Record) -> bool:
        """Whether the record is about what the page shows."""
        return record.key == self.account if self.account is not None else record.topic in self.topics


@dataclass(frozen=True, slots=True)
class Batch:
    """What the reader brings: partitions it begins to read, records, and how far the warehouse has stored each.

    `started` tells from which offset on there are no holes, and where the log ends then.
    """

    started: tuple[tuple[TopicPartition, int, int], ...] = ()
    records: tuple[Record, ...] = ()
    settled: Position | None = None


class Page:
    """One open page: what waits to be shown on it. `lost` once it missed something."""

    def __init__(self, interest: Interest, limit: int, seen: Position) -> None:
        self.interest = interest
        self._seen = seen
        self.lost = False
        self._ended = asyncio.Event()
        self._limit = limit
        self._waiting: dict[object, Record] = {}
        self.waiting_bytes = 0
        self._changed = asyncio.Event()

    def offer(self, record: Record) -> None:
        """Queue the record.

        On a page of many accounts a newer snapshot takes the place of the one that waits; the page of one account tells
        every step.
        """
        known = record.offset < self._seen.get((record.topic, record.partition), 0)
        if self.lost or known or not self.interest.wants(record):
            return
        newest_counts = record.topic == HEALTH.name and self.interest.account is None
        name = record.key if newest_counts else (record.topic, record.partition, record.offset)
        if (older := self._waiting.pop(name, None)) is not None:
            self.waiting_bytes -= older.size_bytes
        self._waiting[name] = record
        self.waiting_bytes += record.size_bytes
        if len(self._waiting) > self._limit:
            self.lose()
        self._changed.set()

    def lose(self) -> None:
        """Forget what waits: the page must read itself anew."""
        self.lost = True
        self._empty()
        self._changed.set()

    @property
    def closed(self) -> bool:
        """Whether the console stops."""
        return self._ended.is_set()

    def close(self) -> None:
        """The console stops: the stream should end."""
        self._ended.set()
        self._changed.set()

    async def wait_closed(self, timeout_s: float) -> None:
        """Until the console stops, or the time is over."""
        try:
            await asyncio.wait_for(self._ended.wait(), timeout_s)
        except TimeoutError:
            return

    async def drain(self, timeout_s: float) -> list[Record]:
        """All that waits, in order; empty after `timeout_s` without anything."""
        try:
            await asyncio.wait_for(self._changed.wait(), timeout_s)
        except TimeoutError:
            return []
        self._changed.clear()
        records = list(self._waiting.values())
        self._empty()
        return records

    def _empty(self) -> None:
        self._waiting.clear()
        self.waiting_bytes = 0


class Hub:
    """The ring and the open pages."""

    def __init__(
        self, ring_limit: int, queue_limit: int, ring_bytes: int = RING_BYTES, pages_bytes: int = RING_BYTES
    ) -> None:
        self._ring = Ring(ring_limit, ring_bytes)
        self._queue_limit = queue_limit
        self._pages_bytes = pages_bytes
        metrics.RING_BYTES_LIMIT.set(ring_bytes)
        metrics.PAGES_BYTES_LIMIT.set(pages_bytes)
        self._portfolios: set[Page] = set()
        self._accounts: dict[str, set[Page]] = {}
        self._settled: dict[TopicPartition, int] = {}
        self.open_pages = 0
        """How many pages are open. Safe to read from any thread."""
        self.following = False
        """Whether the reader has begun."""
        self.position = ""
        """Everything read so far, as an event id."""
        self.page_position = ""
        """What a page that is rendered now from the warehouse has surely seen, as an event id. Safe to read from any
        thread: it is replaced, never changed."""

    def take(self, batch: Batch) -> None:
        """Keep the records and hand them to the pages that want them."""
        for place, offset, end in batch.started:
            self._start(place, offset, end)
        for record in batch.records:
            self._ring.add(record)
            for page in (*self._accounts.get(record.key, ()), *self._portfolios):
                page.offer(record)
        self._relieve()
        metrics.RING_BYTES.set(self._ring.size_bytes)
        if batch.settled is not None:
            self._settled = dict(batch.settled)
            self.following = True
        self.position = to_text(self._ring.position())
        self.page_position = to_text(self._ring.clamp(self._settled))

    def open(self, interest: Interest, position: Position) -> Page:
        """A page that has seen all up to `position`; what came since waits on it already."""
        page = Page(interest, self._queue_limit, position)
        missed = self._ring.since(position, interest.topics)
        if missed is None:
            page.lose()
        for record in missed or ():
            page.offer(record)
        self._shelf(interest).add(page)
        self._count(1)
        return page

    def leave(self, page: Page) -> None:
        """The page was closed or told to reload."""
        shelf = self._shelf(page.interest)
        shelf.discard(page)
        if page.interest.account is not None and not shelf:
            self._accounts.pop(page.interest.account, None)
        self._count(-1)

    def close(self) -> None:
        """Ask all streams to end."""
        for page in self._pages():
            page.close()

    def has_settled(self, marks: Iterable[tuple[TopicPartition, int]]) -> bool:
        """Whether the warehouse has stored every one of these records."""
        return all(self._settled.get(where, 0) > offset for where, offset in marks)

    def _relieve(self) -> None:
        """Let the pages that are furthest behind read themselves anew, until the others fit."""
        pages = list(self._pages())
        held_bytes = sum(page.waiting_bytes for page in pages)
        while held_bytes > self._pages_bytes:
            slowest = max(pages, key=lambda page: page.waiting_bytes)
            held_bytes -= slowest.waiting_bytes
            slowest.lose()
        metrics.PAGES_BYTES.set(held_bytes)

    def _start(self, place: TopicPartition, offset: int, end: int) -> None:
        jumped = place in self._ring.position()
        self._ring.start(*place, offset, end)
        if jumped:
            for page in self._pages():
                page.lose()

    def _count(self, more: int) -> None:
        self.open_pages += more
        metrics.OPEN_PAGES.set(self.open_pages)

    def _pages(self) -> Iterator[Page]:
        yield from self._portfolios
        for shelf in self._accounts.values():
            yield from shelf

    def _shelf(self, interest: Interest) -> set[Page]:
        if interest.account is None:
            return self._portfolios
        return self._accounts.setdefault(interest.account, set())
