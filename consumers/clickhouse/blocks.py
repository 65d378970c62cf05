"""What is written, as columns: one block a table. Pure; names and types follow the migrations.

Events and outputs go in as the JSON they travelled as; the engine takes them apart (see 003_arrivals.sql).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from typing import Any, Final

from consumers.clickhouse.reading import Read, Sorted
from consumers.runtime.subscription import Record
from schemas.deadletters import PREFIX
from schemas.errors import BadEvent
from schemas.topics import ALERTS, DELIVERIES, HEALTH, POLICIES, SHADOW

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)
_REFUSED_BY: Final = f"sink {version('account-pulse')}"
_TIME: Final = "DateTime64(3, 'UTC')"
_PLACE: Final = {"topic": "String", "partition": "UInt32", "offset": "UInt64", "record_at": _TIME}
_ARRIVING: Final = {
    HEALTH.name: "arriving_health",
    ALERTS.name: "arriving_alerts",
    DELIVERIES.name: "arriving_deliveries",
    POLICIES.name: "arriving_policies",
    SHADOW.name: "arriving_shadow",
}
_EVENT: Final = {"account_id": "String", "time": _TIME, "source": "String", "event_id": "String", "type": "String"}
_LETTER: Final = {
    "topic": "String",
    "partition": "UInt32",
    "offset": "UInt64",
    "key": "String",
    "value": "String",
    "value_missing": "Bool",
    "headers": "Array(Tuple(name String, value String))",
    "reason": "String",
    "detail": "String",
    "refused_by": "String",
    "refused_at": _TIME,
    "letter_topic": "String",
    "letter_partition": "UInt32",
    "letter_offset": "UInt64",
    "record_at": _TIME,
}


@dataclass(frozen=True, slots=True)
class Block:
    """Rows of one table: `columns[i]` holds the values of the i-th name, `records[j]` is where row j came from."""

    table: str
    types: Mapping[str, str]
    columns: Sequence[Sequence[Any]]
    records: Sequence[Record]

    def halves(self) -> tuple["Block", "Block"]:
        """The same rows as two blocks."""
        half = len(self.records) // 2
        return self._part(slice(None, half)), self._part(slice(half, None))

    def _part(self, rows: slice) -> "Block":
        return Block(self.table, self.types, [column[rows] for column in self.columns], self.records[rows])


def to_blocks(batch: Sorted, now: datetime) -> list[Block]:
    """Everything that has to be written for the batch, tables with rows only."""
    blocks = [_events(batch.events)]
    blocks += [_outputs(_ARRIVING[topic], records) for topic, records in batch.outputs.items()]
    blocks.append(_letters([*(_letter(record) for record in batch.dead_letters), *apart(batch.unreadable, now)]))
    # Last: a record that is listed has been written.
    blocks.append(_seen(_outcomes(batch)))
    return [block for block in blocks if block.records]


def set_apart(record: Record, bad: BadEvent, now: datetime) -> list[Block]:
    """What is written for a record that the database would not take."""
    return [_letters(apart([(record, bad)], now)), _seen([(record, "set_apart")])]


@dataclass(frozen=True, slots=True)
class Letter:
    """A row of dead_letters and the record it came from."""

    record: Record
    row: tuple[Any, ...]


def apart(found: Iterable[tuple[Record, BadEvent]], now: datetime) -> list[Letter]:
    """Records that nobody could read, as dead letters of our own making: there is no topic behind them."""
    refused_ms = to_ms(now)
    return [
        Letter(
            record,
            (
                *(record.topic, record.partition, record.offset, record.key or b"", record.value or b""),
                *(record.value is None, [(name, raw or b"") for name, raw in record.headers], bad.reason.value),
                *(bad.detail, _REFUSED_BY, refused_ms, "", 0, 0, record.timestamp),
            ),
        )
        for record, bad in found
    ]


def to_ms(moment: datetime) -> int:
    """Milliseconds since the epoch, rounded down.

    >>> to_ms(datetime(1970, 1, 1, 0, 0, 1, 999, tzinfo=UTC))
    1000
    """
    return (moment - _EPOCH) // _MS


def _events(found: Sequence[Read]) -> Block:
    events = [read.event for read in found]
    records = [read.record for read in found]
    columns: list[list[Any]] = [
        [event.subject for event in events],
        [to_ms(event.time) for event in events],
        [event.source for event in events],
        [event.id for event in events],
        [event.type for event in events],
        [read.payload for read in found],
    ]
    return Block("arriving_events", {**_EVENT, "payload": "String", **_PLACE}, columns + _places(records), records)


def _outputs(table: str, records: Sequence[Record]) -> Block:
    payloads = [record.value for record in records]
    return Block(table, {"payload": "String", **_PLACE}, [payloads, *_places(records)], records)


def _outcomes(batch: Sorted) -> list[tuple[Record, str]]:
    outputs = [record for records in batch.outputs.values() for record in records]
    stored = [*(read.record for read in batch.events), *outputs, *batch.dead_letters]
    return [
        *((record, "stored") for record in stored),
        *((record, "refused") for record, _ in batch.refused),
        *((record, "set_apart") for record, _ in batch.unreadable),
        *((record, "deleted") for record in batch.deleted),
    ]


def _seen(found: Sequence[tuple[Record, str]]) -> Block:
    records = [record for record, _ in found]
    columns = [*_places(records), [outcome for _, outcome in found]]
    return Block("records", {**_PLACE, "outcome": "String"}, columns, records)


def _places(records: Sequence[Record]) -> list[list[Any]]:
    return [
        [record.topic for record in records],
        [record.partition for record in records],
        [record.offset for record in records],
        [record.timestamp for record in records],
    ]


def _letters(letters: Sequence[Letter]) -> Block:
    columns = list(zip(*(letter.row for letter in letters), strict=True))
    return Block("dead_letters", _LETTER, columns, [letter.record for letter in letters])


def _letter(record: Record) -> Letter:
    """The dead letter in a record: what was refused, with what was added to its headers taken out again.

    One without our headers stands for itself, at its own place.
    """
    headers = [(name, raw or b"") for name, raw in record.headers]
    added = {name[len(PREFIX) :]: raw.decode("utf-8", "replace") for name, raw in headers if name.startswith(PREFIX)}
    kept = [(name, raw) for name, raw in headers if not name.startswith(PREFIX)]
    return Letter(
        record,
        (
            added.get("topic", record.topic),
            _number(added.get("partition"), record.partition),
            _number(added.get("offset"), record.offset),
            *(record.key or b"", record.value or b"", record.value is None, kept),
            *(added.get("reason", ""), added.get("detail", ""), added.get("refused_by", "")),
            _moment_ms(added.get("refused_at"), record.timestamp),
            *(record.topic, record.partition, record.offset, record.timestamp),
        ),
    )


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text is not None and text.isdecimal() and len(text) < 20 else otherwise  # noqa: PLR2004 - uint64


def _moment_ms(text: str | None, otherwise: int) -> int:
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return otherwise
    return to_ms(moment) if moment.tzinfo else otherwise
