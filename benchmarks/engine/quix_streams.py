"""Quix Streams, in a virtual environment of its own."""

from pathlib import Path
from typing import Final

from benchmarks.engine.contender import INPUTS, Contender, Ground
from benchmarks.prepared import python_with
from pulse.local.child import Command

_VERSION: Final = "3.28.1"
_PROGRAM: Final = Path(__file__).parents[1] / "peers" / "quix_streams.py"
_GROUP: Final = "bench-quix-streams"


def _start(ground: Ground) -> Command:
    python = python_with("quixstreams", _VERSION)
    arguments = (_GROUP, ground.broker.bootstrap, INPUTS, ground.output, str(ground.folder))
    return Command("quix_streams", (str(python), str(_PROGRAM), *arguments))


QUIX_STREAMS: Final = Contender(
    name="quix_streams",
    what=f"quixstreams {_VERSION}: joined dataframes, stateful apply in RocksDB with changelog",
    settings="defaults (at least once, commits every 5 s)",
    group=_GROUP,
    start=_start,
)
