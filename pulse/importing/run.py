"""The import itself: rows to events to the gateway, in bounded memory, with progress that survives a kill.

Where lines are shown, and what the command says at its end, is not decided here.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

from pulse.importing.document import Mapping
from pulse.importing.errors import RowFault
from pulse.importing.events import EventMaker, Rejected, checked_rows, latest_time
from pulse.importing.progress import Progress
from pulse.importing.rejects import RejectFile
from pulse.importing.rows import Row, Source
from pulse.importing.times import whole_days_to
from pulse.sending.batches import batches
from pulse.sending.gateway import Verdict
from pulse.sending.window import in_order

MAPPING_FAULT: Final = "mapping"
"""The reason in the reject file of a row that gave no event; every other reason is the gateway's."""

IN_FLIGHT: Final = 2
"""Half of what `pulse.sending.batches` allows for: what a kill lets be sent again the worker surely remembers."""

Send = Callable[[Sequence[bytes]], Awaitable[Sequence[Verdict]]]


class Made(NamedTuple):
    """One row with what became of it: an event's JSON, or the reason why there is none."""

    row: int
    line: int
    account: str
    event: bytes
    rejected: Rejected | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """What to import: a file by a mapping, the times moved by `shift_days`."""

    data: Path
    mapping: Mapping
    shift_days: int


@dataclass(frozen=True, slots=True)
class Step:
    """How far it has come, and how much of the file (as stored) has been read."""

    progress: Progress
    bytes_read: int
    size_bytes: int


class Books:
    """Progress file and reject file, moved forward together: rejects first, so that none is lost by a kill."""

    def __init__(self, progress: Progress, keep: Callable[[Progress], None], rejects: RejectFile) -> None:
        self.progress = progress
        self._keep = keep
        self._rejects = rejects

    def settle(self, batch: Sequence[Made], verdicts: Sequence[Verdict]) -> None:
        """Write down the outcome of one batch, at once; `verdicts` are those of its events, in order."""
        rejected = _rejected(batch, verdicts)
        self._rejects.write(rejected)
        before = self.progress
        self.progress = replace(
            before,
            rows=batch[-1].row,
            line=batch[-1].line,
            accepted=before.accepted + len(batch) - len(rejected),
            rejected=before.rejected + len(rejected),
            rejects_bytes=self._rejects.length_bytes,
        )
        self.save()

    def save(self, *, finished: bool = False) -> None:
        """Put the progress on disk now."""
        if finished:
            self.progress = replace(self.progress, finished=True)
        self._keep(self.progress)


def shift_to(now: datetime, data: Path, mapping: Mapping) -> int:
    """The days by which the file's history moves so that it ends within the last 24 hours: reads the file once."""
    latest = latest_time(data, mapping)
    return 0 if latest is None else whole_days_to(now, latest)


async def run(job: Job, send: Send, books: Books) -> AsyncGenerator[Step, None]:
    """Import what is not yet settled; yields after each batch, whose outcome is on disk then."""
    with checked_rows(job.data, job.mapping) as source:
        made = _made(source, EventMaker(job.mapping, job.shift_days), books.progress.rows)
        cut = batches(made, lambda item: len(item.event), lambda item: item.account)
        async with aclosing(in_order(cut, _sender(send), IN_FLIGHT)) as settled:
            async for batch, verdicts in settled:
                books.settle(batch, verdicts)
                yield Step(books.progress, source.bytes_read(), source.size_bytes)
        books.save(finished=True)


def _sender(send: Send) -> Callable[[list[Made]], Awaitable[Sequence[Verdict]]]:
    async def send_batch(batch: list[Made]) -> Sequence[Verdict]:
        events = [item.event for item in batch if item.rejected is None]
        return await send(events) if events else []

    return send_batch


def _made(source: Source, maker: EventMaker, settled_rows: int) -> Iterator[Made]:
    for row in source.rows:
        if row.number > settled_rows:
            yield _made_of(row, maker)


def _made_of(row: Row, maker: EventMaker) -> Made:
    try:
        event = maker.event(row)
    except RowFault as fault:
        return Made(
            row.number, row.line, str(row.number), b"", Rejected(row.number, row.line, MAPPING_FAULT, str(fault))
        )
    return Made(row.number, row.line, event.account, event.to_bytes())


def _rejected(batch: Sequence[Made], verdicts: Sequence[Verdict]) -> list[Rejected]:
    told = iter(verdicts)
    found = []
    for item in batch:
        if item.rejected is not None:
            found.append(item.rejected)
            continue
        verdict = next(told)
        if not verdict.accepted:
            found.append(Rejected(item.row, item.line, verdict.reason, verdict.detail))
    return found
