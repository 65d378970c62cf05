"""The server-sent events of one open page: what waits is painted and sent; the id of each is a position in the topics.

Who is looking is asked again before every change that is sent: a session that ended, a line that changed or an account
that went to somebody else ends the stream with a hint to reload, and the reload shows what the viewer may see then.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from consumers.console import metrics
from consumers.console.live.hub import Interest, Page
from consumers.console.live.patches import Patch, Patches, step_for
from consumers.console.live.position import Position, TopicPartition
from consumers.console.live.ring import Record
from consumers.console.sessions import Session
from consumers.console.visiting import Console, Visit, visit_of
from schemas.topics import ALERTS

_BREATH_S: Final = 0.1
"""Between two changes of one page: nobody reads faster, and a burst becomes one change."""
_LIFE: Final = timedelta(hours=1)
"""After this the browser connects again, and is asked again who it is."""
_BADGE_WAIT: Final = timedelta(seconds=5)
_BADGE_LOOK_S: Final = 0.2
_HEADERS: Final = {"cache-control": "no-store", "x-accel-buffering": "no"}


class Stream:
    """One open page."""

    def __init__(self, console: Console, session: Session, patches: Patches) -> None:
        self._console = console
        self._session = session
        self._patches = patches
        self._badge: dict[TopicPartition, int] = {}
        self._badge_until = datetime.min.replace(tzinfo=UTC)
        self._came_too_late = False

    def response(self, interest: Interest, position: Position) -> StreamingResponse:
        """The answer that stays open; `position` is what the page has seen."""
        return StreamingResponse(self._events(interest, position), media_type="text/event-stream", headers=_HEADERS)

    async def _events(self, interest: Interest, position: Position) -> AsyncIterator[str]:
        hub = self._console.hub
        page = hub.open(interest, position)
        self._came_too_late = page.lost
        began = datetime.now(UTC)
        ends_at = began + _LIFE
        try:
            yield message("hello", hub.position, None)
            while not page.closed and datetime.now(UTC) < ends_at:
                records = await page.drain(self._patience_s())
                seen = hub.position
                if page.lost:
                    await self._calm(page, began)
                    metrics.RELOADS.labels("behind").inc()
                    yield message("reload", "behind", None)
                    return
                async for event in self._tell(records, seen):
                    yield event
        except _NotAllowed:
            metrics.RELOADS.labels("access").inc()
            yield message("reload", "access", None)
        finally:
            hub.leave(page)

    async def _calm(self, page: Page, began: datetime) -> None:
        """In a flood a page is not read anew all the time; one that comes back after a gap is, at once."""
        rest_s = self._console.settings.reload_pause_s - (datetime.now(UTC) - began).total_seconds()
        if not self._came_too_late and rest_s > 0:
            await page.wait_closed(rest_s)

    async def _tell(self, records: list[Record], seen: str) -> AsyncIterator[str]:
        html = await run_in_threadpool(self._painted, records)
        if html:
            yield message("patch", html, seen)
            self._measure(records)
            await asyncio.sleep(_BREATH_S)
        elif not records and not self._badge:
            yield message("beat", seen, seen)

    def _patience_s(self) -> float:
        return _BADGE_LOOK_S if self._badge else self._console.settings.heartbeat_s

    def _painted(self, records: list[Record]) -> str:
        """The changes for the page as of now. Blocks: runs in a thread."""
        visit = visit_of(self._console, self._session)
        if visit is None or not self._patches.allowed(visit):
            raise _NotAllowed
        self._note_alerts(visit, records)
        return self._patches.paint(visit, records) + self._badge_html(visit)

    def _note_alerts(self, visit: Visit, records: list[Record]) -> None:
        """The number of open alerts is counted in the warehouse: wait until it holds these steps."""
        for record in records:
            if record.topic == ALERTS.name and step_for(visit, record) is not None:
                self._badge[record.topic, record.partition] = record.offset
                self._badge_until = visit.now + _BADGE_WAIT

    def _badge_html(self, visit: Visit) -> str:
        settled = self._console.hub.has_settled(self._badge.items())
        if not self._badge or not (settled or visit.now > self._badge_until):
            return ""
        self._badge.clear()
        return Patch(counts=self._console.reading.episode_counts(visit.viewer)).html(visit)

    def _measure(self, records: list[Record]) -> None:
        now = datetime.now(UTC)
        for record in records:
            metrics.PATCHES.labels(record.topic).inc()
            metrics.LATENCY.observe(max(0.0, (now - record.written_at).total_seconds()))


class _NotAllowed(Exception):
    """The viewer may not see this page any more."""


def message(event: str, data: str, identity: str | None) -> str:
    r"""One server-sent event.

    >>> message("patch", "a\nb", "0.0.1")
    'event: patch\nid: 0.0.1\ndata: a\ndata: b\n\n'
    """
    lines = [f"event: {event}"]
    if identity is not None:
        lines.append(f"id: {identity}")
    lines += [f"data: {line}" for line in data.splitlines() or [""]]
    return "\n".join(lines) + "\n\n"
