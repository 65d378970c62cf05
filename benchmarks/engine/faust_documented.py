"""Faust as its documentation shows: an agent that writes a table, one event after the other."""

import sys
from importlib.metadata import version
from pathlib import Path
from typing import Final

from benchmarks.engine.contender import INPUTS, Contender, Ground
from pulse.local.child import Command

_PROGRAM: Final = Path(__file__).parents[1] / "peers" / "faust_documented.py"
_GROUP: Final = "bench-faust-documented"


def _start(ground: Ground) -> Command:
    broker = ground.broker
    arguments = (_GROUP, broker.bootstrap, INPUTS, ground.output, str(broker.partitions), str(ground.folder))
    return Command("faust_documented", (sys.executable, str(_PROGRAM), *arguments))


FAUST_DOCUMENTED: Final = Contender(
    name="faust_documented",
    what=f"faust-streaming {version('faust-streaming')}: agent, validated Record, Table in memory with changelog",
    settings="defaults (commits every 2.8 s)",
    group=_GROUP,
    start=_start,
)
