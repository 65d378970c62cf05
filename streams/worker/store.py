"""A Faust store driver over the columnar state: Faust recovers, rebalances and keeps standbys, the columns are ours.

The table is never written through Faust; the flush writes the changelog itself and tells the store how far it got.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

import faust
import structlog
from faust.serializers import codecs
from faust.stores import STORES
from faust.stores.base import Store as FaustStore
from faust.types import TP, EventT

from streams.core.state import Partition
from streams.worker.errors import UnreadableState
from streams.worker.rows import PARTITION_KEY, PartitionRecord, from_value
from streams.worker.transport import Batch

SCHEME: Final = "columns"
CODEC: Final = "as_is"
_log = structlog.get_logger()


class AsIs(codecs.Codec):
    """Lets the transport's batches through untouched."""

    def _loads(self, s: Any) -> Any:
        return s

    def _dumps(self, s: Any) -> Any:
        return s


class StateTable(faust.Table[bytes, bytes]):
    """A table whose changelog arrives in batches."""

    def _serializer_from_type(self, typ: Any) -> str:
        return CODEC


class Held:
    """What this process holds of one changelog partition.

    `offset` is the last changelog offset in it, -1 for none: Faust reads on from there, so it must be true.
    """

    def __init__(self) -> None:
        self.partition = Partition()
        self.offset = -1
        self.recovered_from = -1
        self.newest_generation = 0
        self.told = PartitionRecord(flush=0, generation=0, watermark=None)
        self.last_flush = 0

    def apply(self, batch: Batch) -> None:
        """Take rows of a changelog batch; a row of an older generation than one seen for the account is ignored."""
        for record in batch.records:
            if record.key == PARTITION_KEY:
                self._apply_told(record.value)
            elif record.key is not None and record.value is not None:
                self._apply_row(record.key.decode(), record.value)
        self.offset = max(self.offset, batch.next - 1)

    def _apply_told(self, value: bytes | None) -> None:
        told = PartitionRecord.from_bytes(value or b"")
        self.newest_generation = max(self.newest_generation, told.generation)
        if told.generation >= self.told.generation:
            self.told = told
            self.last_flush = max(self.last_flush, told.flush)

    def _apply_row(self, account: str, value: bytes) -> None:
        row, extra = from_value(value)
        index = self.partition.row_of(account)
        generation = int(row["generation"][0])
        self.newest_generation = max(self.newest_generation, generation)
        if generation < self.partition.rows["generation"][index]:
            return  # written late by a worker that no longer owned the partition
        self.partition.rows[index] = row[0]
        self.partition.extras[index] = extra
        self.last_flush = max(self.last_flush, int(row["flush"][0]))


class ColumnStore(FaustStore[bytes, bytes]):
    """All partitions this process holds, active and standby."""

    app: Any  # the worker's app, see `streams.worker.app`
    table: Any

    def __init__(self, url: Any, app: Any, table: Any, **kwargs: Any) -> None:
        super().__init__(url, app, table, **kwargs)
        self.held: dict[int, Held] = {}
        app.attach_store(self)

    def of(self, partition: int) -> Held:
        """What is held of a partition, empty when it is new."""
        return self.held.setdefault(partition, Held())

    def persisted_offset(self, tp: TP) -> int:
        """The changelog offset this process holds; -1 when it holds nothing, never a guess."""
        held = self.held.get(tp.partition)
        return held.offset if held else -1

    async def on_rebalance(
        self, assigned: set[TP], revoked: set[TP], newly_assigned: set[TP], generation_id: int = 0
    ) -> None:
        """Drop what was given away, and remember what recovery starts from."""
        topic = self.table.changelog_topic_name
        kept = {tp.partition for tp in assigned if tp.topic == topic}
        for partition in set(self.held) - kept:
            del self.held[partition]
        for partition in kept:
            held = self.of(partition)
            held.recovered_from = held.offset
        self.app.on_rebalanced(kept, generation_id)

    def apply_changelog_batch(
        self, batch: Iterable[EventT[Any]], to_key: Callable[[Any], Any], to_value: Callable[[Any], Any]
    ) -> None:
        """Take batches of the changelog, from recovery or as a standby.

        A row that cannot be read stops the worker: Faust would ask for it for ever.
        """
        for event in batch:
            read: Any = event.message.value
            try:
                self.of(event.message.partition).apply(read)
            except ValueError as error:
                self.app.fail(UnreadableState(event.message.topic, event.message.partition, str(error)))
                return

    async def on_recovery_completed(self, active_tps: set[TP], standby_tps: set[TP]) -> None:
        """All active partitions are as new as their changelog."""
        await self.app.on_recovered({tp.partition for tp in active_tps}, {tp.partition for tp in standby_tps})

    def reset_state(self) -> None:
        """Nothing is kept on disk."""

    async def backup_partition(self, tp: TP | int, flush: bool = True, purge: bool = False, keep: int = 1) -> None:  # noqa: FBT002 - Faust's own signature
        """Nothing to back up: the changelog is the copy."""

    def restore_backup(self, tp: TP | int, latest: bool = True, backup_id: int = 0) -> None:  # noqa: FBT002 - the same
        """Nothing to restore from."""

    def __len__(self) -> int:
        return sum(len(held.partition) for held in self.held.values())


def register() -> None:
    """Make `columns://` a store that Faust knows; idempotent."""
    STORES.aliases[SCHEME] = f"{__name__}:ColumnStore"
    codecs.register(CODEC, AsIs())
