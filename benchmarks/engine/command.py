"""The `engine` benchmark: one Kafka, one load, every contender after the other, a table and one line of JSON."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from benchmarks import cpu, machine
from benchmarks.ahead import made_ahead
from benchmarks.conditions import conditions
from benchmarks.engine.contender import Contender, Ground
from benchmarks.engine.faust_documented import FAUST_DOCUMENTED
from benchmarks.engine.kafka_streams import AT_LEAST_ONCE, EXACTLY_ONCE
from benchmarks.engine.measure import Load, Measured, measure
from benchmarks.engine.ours import OURS
from benchmarks.engine.quix_streams import QUIX_STREAMS
from benchmarks.engine.report import Figures, figures, table
from benchmarks.load import TOPICS, Recipe
from pulse.errors import StackFailed
from schemas.broker import Broker
from schemas.topics import DEAD_LETTERS
from streams.gateway.writer import BATCH_BYTES

CONTENDERS: Final = (OURS, AT_LEAST_ONCE, EXACTLY_ONCE, QUIX_STREAMS, FAUST_DOCUMENTED)
_FULL: Final = Load(events=4_000_000, warm_up_s=5, watch_s=45)
_QUICK: Final = Load(events=1_500_000, warm_up_s=1, watch_s=16)


@dataclass(frozen=True, slots=True)
class Options:
    """`only` empty measures all; `events` None takes the usual count."""

    quick: bool = False
    only: tuple[str, ...] = ()
    seed: int = 1
    events: int | None = None


def run(options: Options) -> Figures:
    """Measure and print; the figures by contender.

    Raises:
        Missing: something needed is not installed.
        StackFailed: a contender did not get on, or ours refused events.
        TooShort: too few events to tell a rate.
    """
    cpu.require()
    machine.require_tools()
    usual = _QUICK if options.quick else _FULL
    load = Load(options.events or usual.events, usual.warm_up_s, usual.watch_s)
    chosen = [contender for contender in CONTENDERS if not options.only or contender.name in options.only]
    now = datetime.now(UTC)
    _say(*conditions(now), "")
    with machine.running_kafka() as (broker, folder):
        _fill(broker, Recipe(load.events, now, options.seed))
        measured = [_measured(contender, broker, folder, load) for contender in chosen]
        _refuse_dead_letters(broker)
    _say("", *table(measured))
    return figures(measured)


def _fill(broker: Broker, recipe: Recipe) -> None:
    names = ", ".join(topic.name for topic in TOPICS)
    _say(f"load: {recipe.count:,} events, {recipe.accounts:,} accounts, seed {recipe.seed}, on {names};")
    _say(f"  written as our gateway writes: lz4, batches of up to {BATCH_BYTES // 1024} KiB that wait 5 ms for company")
    machine.fill(broker, made_ahead(recipe))
    _say(
        f"Apache Kafka, one node, {broker.partitions} partitions a topic;"
        " contenders one after the other, one process each"
    )


def _measured(contender: Contender, broker: Broker, folder: Path, load: Load) -> Measured:
    output = contender.output or f"bench.{contender.name}"
    if contender.output is None:
        machine.create_topic(broker, output)
    _say(f"  {contender.name}: {contender.what}; {contender.settings}")
    measured = measure(contender, Ground(broker, folder / contender.name, output), load)
    _say(f"    {measured.pace.events_per_second:,.0f} events/s over {measured.pace.window_s:.1f} s")
    return measured


def _refuse_dead_letters(broker: Broker) -> None:
    """An event that is refused costs less than one that is applied: such figures would be worth nothing."""
    with machine.Watch(broker, "bench", [DEAD_LETTERS.name]) as watch:
        if refused := watch.written():
            raise StackFailed(f"ours refused {refused} events of the load: the figures say nothing")


def _say(*lines: str) -> None:
    for line in lines:
        print(line, flush=True)


def names(contenders: Iterable[Contender] = CONTENDERS) -> Sequence[str]:
    """The names `--only` takes."""
    return [contender.name for contender in contenders]
