"""One `pulse import` from its request to its outcome: mapping, shift, resuming, sending or judging, books.

Options, bars and exit codes belong to the command.
"""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from pulse.importing.dry import DryRun
from pulse.importing.errors import InputFault, ProgressMismatch
from pulse.importing.mapping import load_mapping
from pulse.importing.progress import Progress, ProgressFile, fingerprint
from pulse.importing.rejects import RejectFile
from pulse.importing.run import IN_FLIGHT, Books, Job, Send, Step, run, shift_to
from pulse.sending.gateway import Gateway, Target


@dataclass(frozen=True, slots=True)
class Request:
    """What to import and how. `target` None judges every event as the gateway would and sends nothing."""

    data: Path
    mapping: Path
    target: Target | None
    progress: Path
    rejects: Path
    shift_to_now: bool = False
    restart: bool = False


@dataclass(frozen=True, slots=True)
class Clocks:
    """The wall clock (aware UTC) and a monotonic one in seconds."""

    wall: Callable[[], datetime]
    monotonic: Callable[[], float]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it. `accepted` and `rejected` count the whole import, `accepted_now` and the rate this run alone."""

    file: str
    dry_run: bool
    finished: bool
    resumed_at_line: int
    rows: int
    accepted: int
    rejected: int
    accepted_now: int
    shift_days: int
    seconds: float
    events_per_second: float
    rejects_file: str | None
    progress_file: str | None


OnStep = Callable[[Step], None]


def perform(request: Request, clocks: Clocks, on_step: OnStep) -> Outcome:
    """Import, or go on importing, to the end of the file.

    Raises:
        ImportingError: it could not begin.
        SendingError: the gateway stayed away or refuses us; the progress file tells how far it came.
    """
    began_at = clocks.monotonic()
    start, file = _start(request, clocks)
    keep = file.save if file is not None else _keep_nothing
    with RejectFile(request.rejects, start.rejects_bytes) as rejects:
        books = Books(start, keep, rejects)
        if not start.finished:
            job = Job(request.data, load_mapping(request.mapping), start.shift_days)
            asyncio.run(_import(request, job, books, clocks, on_step))
    return _outcome(request, start, books.progress, clocks.monotonic() - began_at)


def _start(request: Request, clocks: Clocks) -> tuple[Progress, ProgressFile | None]:
    """Where to begin: where an earlier run stopped, or at the beginning with the shift that now calls for."""
    mapping = load_mapping(request.mapping)
    try:
        mark = fingerprint(request.data, request.mapping.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputFault(f"{request.data} cannot be read: {error}") from error
    file = None if request.target is None else ProgressFile(request.progress)
    if file is not None and request.restart:
        file.path.unlink(missing_ok=True)
    found = None if file is None else file.load(mark)
    if found is not None:
        return _resumed(found, request), file
    shift_days = shift_to(clocks.wall(), request.data, mapping) if request.shift_to_now else 0
    start = Progress(mark, shift_days)
    if file is not None:
        file.save(start)
    return start, file


def _resumed(found: Progress, request: Request) -> Progress:
    if request.shift_to_now and not found.shift_days and found.rows:
        raise ProgressMismatch(
            f"{request.progress} tells of an import that began without --shift-to-now. "
            "Go on without it, or begin anew with --restart."
        )
    return found


async def _import(request: Request, job: Job, books: Books, clocks: Clocks, on_step: OnStep) -> None:
    if request.target is None:
        await _run(job, DryRun(clocks.wall).send, books, on_step)
        return
    async with Gateway(request.target, clocks.monotonic, IN_FLIGHT) as gateway:
        await _run(job, gateway.send, books, on_step)


async def _run(job: Job, send: Send, books: Books, on_step: OnStep) -> None:
    async with aclosing(run(job, send, books)) as steps:
        async for step in steps:
            on_step(step)


def _keep_nothing(_progress: Progress) -> None:
    """A dry run leaves no progress behind."""


def _outcome(request: Request, start: Progress, end: Progress, seconds: float) -> Outcome:
    accepted_now = end.accepted - start.accepted
    dry = request.target is None
    return Outcome(
        file=request.data.name,
        dry_run=dry,
        finished=end.finished,
        resumed_at_line=start.line,
        rows=end.rows,
        accepted=end.accepted,
        rejected=end.rejected,
        accepted_now=accepted_now,
        shift_days=end.shift_days,
        seconds=round(seconds, 3),
        events_per_second=round(accepted_now / max(seconds, _SHORTEST_S), 1),
        rejects_file=str(request.rejects) if end.rejected else None,
        progress_file=None if dry else str(request.progress),
    )


_SHORTEST_S: Final = 1e-3
