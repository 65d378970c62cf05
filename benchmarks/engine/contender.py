"""What a contender is: a name, what is said about it, and the one process that does the work."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.load import TOPICS
from pulse.local.child import Command
from schemas.broker import Broker

INPUTS = ",".join(topic.name for topic in TOPICS)


@dataclass(frozen=True, slots=True)
class Ground:
    """Where a contender runs: the broker with the load on it, and a folder of its own for state."""

    broker: Broker
    folder: Path
    output: str


@dataclass(frozen=True, slots=True)
class Contender:
    """`start` prepares what is needed and says how to run it. `group` is the consumer group it commits as. One that is
    not `to_the_end` is stopped when enough was seen. `output` None: one of the benchmark's own is made for it.
    """

    name: str
    what: str
    settings: str
    group: str
    start: Callable[[Ground], Command]
    to_the_end: bool = False
    output: str | None = None
