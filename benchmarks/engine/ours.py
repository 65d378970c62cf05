"""Ours: the worker process as it is shipped, with the settings it has when nothing is set."""

import sys
from typing import Final

from benchmarks.engine.contender import Contender, Ground
from pulse.local.child import Command
from schemas.topics import HEALTH, WORKER_APP


def _start(ground: Ground) -> Command:
    env = {
        "PULSE_BROKER__BOOTSTRAP": ground.broker.bootstrap,
        "PULSE_BROKER__PARTITIONS": str(ground.broker.partitions),
        "PULSE_STACK__DATA": str(ground.folder),
    }
    return Command("ours", (sys.executable, "-m", "pulse", "worker"), env)


OURS: Final = Contender(
    name="ours",
    what="python -m pulse worker: every event validated in full, all families, duplicates dropped, scores, alerts",
    settings="as shipped",
    group=WORKER_APP,
    start=_start,
    to_the_end=True,
    output=HEALTH.name,
)
