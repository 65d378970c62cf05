"""One fuzzing from beginning to end: the stream of a seed through the worker's own path, in this process.

No broker: batches are made here as the transport hands them over, one partition each, at the next offset, and after
every stretch a flush takes what changed. Whatever ends in an exception is taken apart until the record is found that
does so by itself.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain, islice
from typing import Final

from aiokafka.partitioner import murmur2

from schemas.broker import Broker
from schemas.topics import EVENT_TOPICS, Topic
from streams.core.policies import default_rules
from streams.core.watermark import Watermark
from streams.worker import metrics
from streams.worker.engine import Engine
from streams.worker.records import Place, decode_batch
from streams.worker.store import Held
from streams.worker.transport import Batch
from tests.fuzz.by_model import compare
from tests.fuzz.faults import Fault
from tests.fuzz.records import Read, Shot
from tests.fuzz.recovery import Changelog
from tests.fuzz.stream import PARTITIONS, Stream
from tests.fuzz.telling import Site, check_letters, check_outputs, check_rows

START: Final = datetime(2026, 3, 2, 10, 0, tzinfo=UTC).timestamp()
BY_MODEL_ONE_IN: Final = 4
"""Of so many batches one is held against the models, every record of it."""
_GENERATION: Final = 1
_Lane = tuple[Topic, int]
_TakeIn = Callable[[Engine, Batch, float], None]


@dataclass(slots=True)
class Outcome:
    """The sum of a run: `records` = `applied` + `duplicates` + the dead letters by reason."""

    records: int = 0
    applied: int = 0
    duplicates: int = 0
    dead: Counter[str] = field(default_factory=Counter)
    by_model: int = 0
    outputs: int = 0
    accounts: int = 0


class Course:
    """Feeds an engine; `take_in` is how a batch is folded: the engine's own, unless a test breaks it."""

    def __init__(self, seed: int, take_in: _TakeIn = Engine.take_in) -> None:
        self._stream = Stream(seed)
        self._take_in = take_in
        self._now = START
        self._engine = _engine(self._now)
        self._offset: defaultdict[_Lane, int] = defaultdict(int)
        self._batches = 0
        self._duplicates_before = _duplicates()
        self._changelog = Changelog(PARTITIONS)
        self.outcome = Outcome()

    def run(self, records: int, on_stretch: Callable[[Outcome], None]) -> Outcome:
        """Feed so many records; `on_stretch` hears of every stretch.

        Raises:
            Fault: a promise does not hold.
        """
        while self.outcome.records < records:
            self._now += self._stream.pause_s()
            lanes = self._lanes(records - self.outcome.records)
            try:
                for lane, batch in lanes.items():
                    self._feed(lane, batch)
                self._flush(
                    {Site(topic.name, number, one.offset): one for (topic, number), s in lanes.items() for one in s}
                )
            except Exception as error:
                raise self._blamed(lanes, error) from error
            on_stretch(self.outcome)
        self._changelog.check(self._engine)
        return self.outcome

    def _lanes(self, at_most: int) -> dict[_Lane, list[Read]]:
        """The next stretch by topic and partition."""
        lanes: defaultdict[_Lane, list[Read]] = defaultdict(list)
        for shot in islice(self._stream.stretch(self._now), at_most):
            self.outcome.records += 1
            lane = shot.topic, _partition(shot)
            lanes[lane].append(self._read(shot, self._offset[lane]))
            self._offset[lane] += 1
        return lanes

    def _read(self, shot: Shot, offset: int) -> Read:
        at_ms = int(self._now * 1000)
        return Read(self.outcome.records, shot.way, offset, at_ms, shot.key, shot.value, shot.headers)

    def _feed(self, lane: _Lane, records: Sequence[Read]) -> None:
        self._batches += 1
        if self._batches % BY_MODEL_ONE_IN == 0:
            topic, number = lane
            place, now = Place(topic, number, PARTITIONS), datetime.fromtimestamp(self._now, UTC)
            partition = self._engine.owned[number].held.partition
            compare(records, place, decode_batch(records, place, partition, now), now)
            self.outcome.by_model += len(records)
        self._take_in(self._engine, _batch(lane, records), self._now)

    def _flush(self, read: Mapping[Site, Read]) -> None:
        outcome, partitions = self.outcome, [owned.held.partition for owned in self._engine.owned.values()]
        for taken in self._engine.take(self._now):
            outcome.dead += check_letters(taken, read)
            outcome.outputs += check_outputs(taken)
            self._changelog.write(taken)
        for partition in partitions:
            check_rows(partition)
        outcome.applied = sum(int(partition.rows["applied"].sum()) for partition in partitions)
        outcome.duplicates = _duplicates() - self._duplicates_before
        outcome.accounts = sum(map(len, partitions))
        known = outcome.applied + outcome.duplicates + outcome.dead.total()
        if known != outcome.records:
            raise Fault(f"of {outcome.records} records {known} are accounted for")

    def _blamed(self, lanes: Mapping[_Lane, Sequence[Read]], error: Exception) -> Fault:
        """The fault with the record that shows it by itself, where one does."""
        if isinstance(error, Fault) and error.record is not None:
            return error
        said = error.said if isinstance(error, Fault) else repr(error)
        for lane, records in lanes.items():
            for record in records:
                found = self._alone(lane, record)
                if found:
                    return Fault(found, record)
        numbers = [record.number for record in chain.from_iterable(lanes.values())]
        return Fault(f"{said}; in records {min(numbers)} to {max(numbers)}, none of them by itself")

    def _alone(self, lane: _Lane, record: Read) -> str:
        """What goes wrong with this record and nothing else; empty where nothing does."""
        engine = _engine(self._now)
        try:
            self._take_in(engine, _batch(lane, [record]), self._now)
            for taken in engine.take(self._now):
                check_outputs(taken)
            check_rows(engine.owned[lane[1]].held.partition)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the fault
            return repr(error)
        return ""


def _engine(now: float) -> Engine:
    """An engine that owns every partition, none of which holds anything."""
    engine = Engine(Broker(bootstrap="none:9092", partitions=PARTITIONS), default_rules(), 1.0, None)
    for number in range(PARTITIONS):
        engine.own(number, Held(), _GENERATION)
        engine.owned[number].watermark = Watermark.fresh(len(EVENT_TOPICS), now)
    return engine


def _batch(lane: _Lane, records: Sequence[Read]) -> Batch:
    end = records[-1].offset + 1
    return Batch(lane[0].name, lane[1], records[0].offset, end, end, records)


def _partition(shot: Shot) -> int:
    """Where a producer puts it: as it says, else by its key."""
    if shot.partition is not None:
        return shot.partition % PARTITIONS
    home: int = (murmur2(shot.key or b"") & 0x7FFFFFFF) % PARTITIONS
    return home


def _duplicates() -> int:
    return int(metrics.DUPLICATES._value.get())
