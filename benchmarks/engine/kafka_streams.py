"""Kafka Streams in Java, with either of its guarantees."""

from typing import Final

from benchmarks.engine.contender import INPUTS, Contender, Ground
from benchmarks.prepared import kafka_streams_jars
from pulse.local import jars
from pulse.local.child import Command

_WHAT: Final = (
    "Kafka Streams 4.1.0, Java, one thread: Jackson, groupByKey, aggregate in RocksDB with cache and changelog"
)


def _contender(name: str, told: str, **settings: str) -> Contender:
    group = f"bench-{name.replace('_', '-')}"

    def start(ground: Ground) -> Command:
        path = ":".join(map(str, kafka_streams_jars()))
        java = (jars.java(), "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", path, "accountpulse.Peer")
        arguments = (group, ground.broker.bootstrap, INPUTS, ground.output, str(ground.folder))
        given = (f"{key.replace('_', '.')}={value}" for key, value in settings.items())
        return Command(name, (*java, *arguments, *given))

    return Contender(name=name, what=_WHAT, settings=told, group=group, start=start)


AT_LEAST_ONCE: Final = _contender(
    "kafka_streams_at_least_once",
    "defaults, but commits every 2 s as ours does (its default of 30 s would need runs of many minutes)",
    commit_interval_ms="2000",
)
EXACTLY_ONCE: Final = _contender(
    "kafka_streams_exactly_once_v2",
    "processing.guarantee=exactly_once_v2, else defaults (commits every 100 ms)",
    processing_guarantee="exactly_once_v2",
)
