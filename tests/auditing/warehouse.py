"""Facts and snapshots put where the sink puts them, in the order and with the record times of a log."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count

from consumers.clickhouse.blocks import to_ms
from consumers.runtime.clickhouse import Client
from schemas.catalogue import AnyEvent, topic_of
from schemas.codec import to_structured
from schemas.health import HealthSnapshot

_OFFSETS = count(1)
_TIME = "DateTime64(3, 'UTC')"
_PLACE = {"topic": "String", "partition": "UInt32", "offset": "UInt64", "record_at": _TIME}
_EVENT = {"account_id": "String", "time": _TIME, "source": "String", "event_id": "String", "type": "String"}


def store(client: Client, events: Sequence[AnyEvent], record_at: datetime | None = None) -> None:
    """The events as they would have arrived one after the other; their own times stand in for the broker's."""
    rows = [
        (
            e.subject,
            to_ms(e.time),
            e.source,
            e.id,
            e.type,
            to_structured(e),
            topic_of(e).name,
            *_place(record_at or e.time),
        )
        for e in events
    ]
    _insert(client, "arriving_events", {**_EVENT, "payload": "String", **_PLACE}, rows)


def tell(client: Client, snapshots: Sequence[HealthSnapshot]) -> None:
    """The snapshots as the worker tells them."""
    rows = [(s.model_dump_json().encode(), "account.health", *_place(s.produced_at)) for s in snapshots]
    _insert(client, "arriving_health", {"payload": "String", **_PLACE}, rows)


def moment(at: datetime) -> datetime:
    """The moment as the warehouse keeps that of a snapshot: whole milliseconds."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=to_ms(at))


def _place(record_at: datetime) -> tuple[int, int, int]:
    return 0, next(_OFFSETS), to_ms(record_at)


def _insert(client: Client, table: str, types: dict[str, str], rows: Sequence[Sequence[object]]) -> None:
    client.insert(
        table,
        rows,
        column_names=list(types),
        column_type_names=list(types.values()),
        settings={"max_partitions_per_insert_block": 0},
    )
