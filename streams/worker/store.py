"""A Faust store driver over the columnar state: Faust recovers, rebalances and keeps standbys, the columns are ours.

The table is never written through Faust; the flush writes the changelog itself and tells the store how far it got.
"""

import itertools
from collections.abc import Callable, Iterable
from typing import Any, Final, cast

import faust
import numpy as np
import numpy.typing as npt
import structlog
from faust.serializers import codecs
from faust.stores import STORES
from faust.stores.base import Store as FaustStore
from faust.types import TP, EventT

from schemas.alerts import AlertKind
from streams.core.episodes import MONEY_KINDS
from streams.core.facts import as_column
from streams.core.pending import Effects
from streams.core.policy import Ints
from streams.core.state import ROW, Output, Partition
from streams.worker.errors import UnreadableState
from streams.worker.rows import (
    MARK,
    NOTHING_BUT_MESSAGES,
    PARTITION_KEY,
    PLAIN_BYTES,
    PartitionRecord,
    Waiting,
    beside_in,
    check_mark,
    messages_in,
)
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

    `offset` is the last changelog offset in it, -1 for none: Faust reads on from there, so it must be true. `waiting`
    is what rows read from the changelog have beside them and nobody has taken yet (`settle`), `outbox` the values of
    rows whose messages may be untold: almost all will prove told before anybody needs to read them.
    """

    def __init__(self) -> None:
        self.partition = Partition()
        self.offset = -1
        self.recovered_from = -1
        self.newest_generation = 0
        self.told = PartitionRecord(flush=0, generation=0, watermark=None)
        self.last_flush = 0
        self.waiting: dict[int, list[Waiting]] = {}
        self.outbox: dict[int, bytes] = {}
        self._replaced: set[int] = set()

    def apply(self, batch: Batch) -> None:
        """Take the records of a changelog batch that are new; a row of an older generation than one seen for the
        account is ignored.

        Raises:
            ValueError: the batch leaves out records, or one of them cannot be read.
        """
        if batch.start > self.offset + 1:
            message = f"changelog records {self.offset + 1} to {batch.start - 1} were left out"
            raise ValueError(message)
        fresh = [record for record in batch.records if record.offset > self.offset and record.key is not None]
        for record in fresh:
            if record.key == PARTITION_KEY:
                self._apply_told(record.value or b"")
        rows = [(r.key.decode(), r.value) for r in fresh if r.key and r.key != PARTITION_KEY and r.value is not None]
        self._apply_rows([account for account, _ in rows], [value for _, value in rows])
        self.offset = max(self.offset, batch.next - 1)

    def settle(self) -> list[tuple[int, Output]]:
        """Take over what the rows read have beside them; returns the messages of their outboxes, by row.

        Rows that were live here and were written by somebody else since lose what they had.
        """
        if self._replaced:
            self.partition.pending.forget(np.fromiter(self._replaced, np.int64, len(self._replaced)))
            for row in self._replaced:
                self.partition.outbox.pop(row, None)
        self.partition.pending.add(_effects(self.waiting))
        self.partition.next_due = float(self.partition.rows["next_due"].min(initial=np.inf))
        self.partition.calling = {
            row for row, extra in self.partition.extras.items() if extra.owed(AlertKind.CALLBACK_OVERDUE)
        }
        self.partition.falling = {
            row for row, extra in self.partition.extras.items() if extra.is_open(AlertKind.SHARP_DROP)
        }
        self.partition.in_money = {
            row for row, extra in self.partition.extras.items() if any(map(extra.is_open, MONEY_KINDS))
        }
        self.partition.climbing = {row for row, extra in self.partition.extras.items() if extra.somebody_has_one()}
        self.partition.restless = set(self.partition.climbing)
        messages = [(row, output) for row, value in self.outbox.items() for output in messages_in(value)]
        self.waiting, self.outbox, self._replaced = {}, {}, set()
        return messages

    def _apply_told(self, value: bytes) -> None:
        told = PartitionRecord.from_bytes(value)
        self.newest_generation = max(self.newest_generation, told.generation)
        if told.generation >= self.told.generation:
            self.told = told
            self.last_flush = max(self.last_flush, told.flush)
            rows = np.fromiter(self.outbox, np.int64, len(self.outbox))
            untold = rows[self.partition.rows["flush"][rows] > told.flush]
            self.outbox = {row: self.outbox[row] for row in untold.tolist()}

    def _apply_rows(self, accounts: list[str], values: list[bytes]) -> None:
        if not values:
            return
        for value in values:
            check_mark(value)
        new = np.frombuffer(b"".join([value[len(MARK) : PLAIN_BYTES] for value in values]), ROW)
        rows = self.partition.rows_of(accounts)
        self.newest_generation = max(self.newest_generation, int(new["generation"].max()))
        changed = np.flatnonzero(np.diff(new["generation"])) + 1
        for begin, end in itertools.pairwise([0, *changed.tolist(), len(values)]):
            run = slice(begin, end)  # of one generation, so that the last row of an account counts
            late = outranked(new["generation"][run], self.partition.rows["generation"][rows[run]])
            self.partition.dirty[rows[run][late]] = True  # compaction would keep the late row alone: write ours again
            kept = ~late
            self._put(rows[run][kept], new[run][kept], list(itertools.compress(values[run], kept)))

    def _put(self, rows: Ints, new: npt.NDArray[np.void], values: list[bytes]) -> None:
        partition = self.partition
        partition.rows[rows] = new
        self.last_flush = max(self.last_flush, int(new["flush"].max(initial=0)))
        if partition.pending or partition.outbox:
            self._replaced.update(rows.tolist())
        # Almost all that recovery reads has been told, and has nothing else beside its columns: seen at one look.
        untold = new["flush"] > self.told.flush
        held = bool(partition.extras or self.waiting or self.outbox)
        for row, value, may_be_untold in zip(rows.tolist(), values, untold.tolist(), strict=True):
            if held:
                for stored in (partition.extras, self.waiting, self.outbox):
                    stored.pop(row, None)
            if len(value) > PLAIN_BYTES:
                held = True
                if may_be_untold:
                    self.outbox[row] = value
                if not value.startswith(NOTHING_BUT_MESSAGES, PLAIN_BYTES):
                    self._put_beside(row, value)

    def _put_beside(self, row: int, value: bytes) -> None:
        """Only what there is: a million empty lists are no small thing."""
        found = beside_in(value)
        if found.extra is not None:
            self.partition.extras[row] = found.extra
        if found.waiting:
            self.waiting[row] = found.waiting


def outranked(generation: Ints, held: Ints) -> npt.NDArray[np.bool_]:
    """bool[n]: rows written late by a worker that no longer owned the partition."""
    return generation < held


def _effects(waiting: dict[int, list[Waiting]]) -> Effects:
    facts = [(row, fact) for row, theirs in waiting.items() for fact in theirs]
    return Effects(
        np.array([row for row, _ in facts], np.int64),
        np.array([fact.signal for _, fact in facts], np.int64),
        np.array([fact.amount for _, fact in facts], np.float64),
        np.array([fact.at for _, fact in facts], np.float64),
        as_column([fact.said for _, fact in facts]),
    )


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

        Faust's queue may still hold batches of an assignment before this one: what does not follow on what is held is
        passed over, and read when the partition is owned (`streams.worker.catching_up`). A row that cannot be read
        stops the worker: Faust would ask for it for ever.
        """
        for event in batch:
            read: Batch = cast("Any", event.message.value)
            held = self.held.get(read.partition)
            if held is None or read.start > held.offset + 1:
                _log.warning("changelog_batch_passed_over", partition=read.partition, start=read.start)
                continue
            try:
                held.apply(read)
            except ValueError as error:
                self.app.fail(UnreadableState(event.message.topic, read.partition, str(error)))
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
