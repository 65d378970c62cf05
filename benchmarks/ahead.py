"""The records of a recipe, made in another process while this one writes them: making one costs more than writing it.

One process makes them all, for what it opens it must close later; the records and their order are `load.records`'.
"""

from collections.abc import Generator
from itertools import islice
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Final

from benchmarks.load import TOPICS, Recipe, Record, records
from pulse.errors import StackFailed

_SLICE: Final = 4_000
_STOP_S: Final = 5.0
_Wire = list[tuple[int, bytes, bytes]]
"""Topic (index in `TOPICS`), key, value: what is quick to hand over. An empty list ends it."""


def made_ahead(recipe: Recipe) -> Generator[Record]:
    """The records of a recipe, a few slices ahead of who takes them.

    Raises:
        StackFailed: the process that makes them ended early.
    """
    context = get_context("spawn")  # a fork would copy the threads' locks of the Kafka driver
    here, there = context.Pipe(duplex=False)
    maker = context.Process(target=_make, args=(recipe, there), daemon=True)
    maker.start()
    there.close()
    try:
        while wire := _received(here):
            for topic, key, value in wire:
                yield Record(TOPICS[topic], key, value)
    finally:
        here.close()
        maker.terminate()
        maker.join(_STOP_S)


def _received(here: "Connection[None, _Wire]") -> _Wire:
    try:
        return here.recv()
    except EOFError:
        raise StackFailed("the process that makes the load ended before it was done") from None


def _make(recipe: Recipe, there: "Connection[_Wire, None]") -> None:
    place = {topic: index for index, topic in enumerate(TOPICS)}
    made = records(recipe)
    while wire := [(place[record.topic], record.key, record.value) for record in islice(made, _SLICE)]:
        there.send(wire)
    there.send([])
