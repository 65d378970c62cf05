"""What moved a score between two moments, from the facts: the worker's own fold and judgement, done twice.

The snapshot as of the second moment is the next one after that of the first, so its parts are the whole difference,
wherever between the worker's own snapshots the two moments lie.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from schemas import topics
from schemas.catalogue import TOPIC_OF_TYPE
from schemas.events.withdrawals import WITHDRAWN
from schemas.plain import Plain
from streams.core.decide import decide
from streams.core.facts import facts_of, seconds
from streams.core.fold import fold
from streams.core.judging import Clock
from streams.core.rulebook import Rulebook
from streams.core.state import NEVER, Partition
from streams.core.tables import Tables

_ONLY: Final = np.array([0])


@dataclass(frozen=True, slots=True)
class Span:
    """Snapshots as JSON: as of `start` (None where nothing had happened by then), and the next one, as of `end`."""

    start: bytes | None
    end: bytes


def span(events: Sequence[Plain], start: float | None, end: float, tables: Tables) -> Span | None:
    """The snapshots of one account as of two moments (epoch seconds), of its distinct facts in any order.

    Facts after `end` do not count. None where nothing had happened by then.
    """
    partition = Partition()
    earlier = [event for event in events if start is not None and _happened_at(event) <= start]
    later = [event for event in events if (start is None or _happened_at(event) > start) and _happened_at(event) <= end]
    first = None
    if earlier and start is not None:
        first = _told(partition, earlier, start, tables)
    if not earlier and not later:
        return None
    return Span(first, _told(partition, later, end, tables))


def _happened_at(event: Plain) -> float:
    """When a fact counts from; a withdrawal not before what it takes back."""
    at = seconds(event["time"])
    return max(at, seconds(event["data"]["original"]["time"])) if event["type"] == WITHDRAWN else at


def _told(partition: Partition, events: Iterable[Plain], as_of: float, tables: Tables) -> bytes:
    offset = int(partition.rows["fence"].max(initial=-1)) + 1
    by_topic: dict[int, list[Plain]] = {}
    for event in events:
        by_topic.setdefault(_topic(event), []).append(event)
    for topic, told in by_topic.items():
        places = range(offset, offset + len(told))
        fold(partition, topic, facts_of(told, places, [as_of] * len(told)), tables, NEVER)
    partition.rows["unsaid"], partition.rows["told_clock"] = True, NEVER  # it is told, however little it moved
    partition.outbox.clear()
    decide(partition, _ONLY, Clock(as_of, as_of), Rulebook.of(tables.policy))
    return next(output.value for output in partition.outbox[0] if output.topic == topics.HEALTH.name)


def _topic(event: Plain) -> int:
    told = event["data"]["original"] if event["type"] == WITHDRAWN else event
    return topics.EVENT_TOPICS.index(TOPIC_OF_TYPE[told["type"]])
