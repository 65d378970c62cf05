"""From a row to an event: the compiled form of a mapping's `event` part. Deterministic: same row, same bytes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from pydantic_core import to_json

from pulse.importing.checks import unknown_columns
from pulse.importing.document import Mapping
from pulse.importing.errors import InputFault, RowFault
from pulse.importing.rows import Row, Source, open_rows
from pulse.importing.templates import LINE, Conversions, compile_text, compile_value
from pulse.importing.times import TimeReader


class MappedEvent(NamedTuple):
    """An event made from a row: identity, account, time, and the CloudEvent as an object."""

    source: str
    id: str
    account: str
    time: datetime
    body: dict[str, Any]

    def to_bytes(self) -> bytes:
        """The event as one line of JSON."""
        return to_json(self.body)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that gave no event, or whose event was refused."""

    row: int
    line: int
    reason: str
    detail: str


class EventMaker:
    """Makes events from the rows of one file."""

    def __init__(self, mapping: Mapping, shift_days: int = 0) -> None:
        rule = mapping.event
        self._rule = rule
        self._times = TimeReader(rule.time, shift_days)
        self._id = compile_text(rule.id)
        self._account = compile_text(rule.account)
        self._data = compile_value(rule.data, Conversions(mapping.numbers, self._times.read))

    def event(self, row: Row) -> MappedEvent:
        """The event of one row.

        Raises:
            RowFault: the row does not give one.
        """
        if row.fault is not None:
            raise row.fault
        texts = {**row.texts, LINE: str(row.line)}
        account, identity, happened = self._account(texts), self._id(texts), self.time(row)
        body = {
            "specversion": "1.0",
            "id": identity,
            "source": self._rule.source,
            "type": self._rule.type,
            "subject": account,
            "time": happened.isoformat(),
            "data": self._data(texts),
        }
        return MappedEvent(self._rule.source, identity, account, happened, body)

    def time(self, row: Row) -> datetime:
        """When the fact of the row happened.

        Raises:
            RowFault: it does not say.
        """
        column = self._rule.time.column
        texts = row.texts
        if not texts.get(column):
            raise RowFault(column, "is empty")
        return self._times.read_spread(column, texts[column], str(row.line))


def latest_time(path: Path, mapping: Mapping) -> datetime | None:
    """The latest time in the file: one pass over it, None when no row tells a time."""
    maker = EventMaker(mapping)
    latest = None
    with checked_rows(path, mapping) as source:
        for row in source.rows:
            moment = _time_or_none(maker, row)
            if moment is not None and (latest is None or moment > latest):
                latest = moment
    return latest


def _time_or_none(maker: EventMaker, row: Row) -> datetime | None:
    if row.fault is not None:
        return None
    try:
        return maker.time(row)
    except RowFault:
        return None


@contextmanager
def checked_rows(path: Path, mapping: Mapping) -> Iterator[Source]:
    """The rows of a file that has every column the mapping reads.

    Raises:
        InputFault: it cannot be read, or columns are missing.
    """
    with open_rows(path, mapping.input) as source:
        missing = [f"{'.'.join(map(str, at))}: {said}" for at, said in unknown_columns(mapping, source.columns)]
        if missing:
            raise InputFault("\n".join([f"{path.name} does not fit the mapping:", *(f"  {text}" for text in missing)]))
        yield source


def mapped_events(path: Path, mapping: Mapping, shift_days: int = 0) -> Iterator[MappedEvent]:
    """Every event of a file whose rows are all good; for callers that hold the file themselves.

    Raises:
        RowFault: at the first row that gives no event.
    """
    maker = EventMaker(mapping, shift_days)
    with checked_rows(path, mapping) as source:
        for row in source.rows:
            yield maker.event(row)
