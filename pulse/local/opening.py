"""Everything from the wish for a local stack to its plan: settings, ports, secrets, and who may hold the folder."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from consumers.clickhouse.settings import WarehouseSettings
from consumers.console.settings import ConsoleSettings
from pulse.errors import Held
from pulse.local import jars, secrets
from pulse.local.plan import Plan, Ports
from pulse.local.ports import free_port, is_free
from pulse.local.running import holding, left_over
from pulse.local.settings import StackSettings
from pulse.settings import SECTIONS, load
from schemas.broker import Broker
from streams.gateway.settings import GatewaySettings

_LOOK_EVERY_S: Final = 0.25
_LEFT_OVER_LOOKS: Final = 60
_SETTING_OF: Final = {
    "gateway": "gateway.port",
    "console": "console.port",
    "warehouse": "warehouse.port",
    "mail": "stack.mail_port",
    "kafka": "stack.kafka_port",
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for on the command line; None leaves it to the settings."""

    kafka: bool | None = None
    data: Path | None = None
    auto_ports: bool = False


@contextmanager
def opened(wish: Wish, now: datetime) -> Iterator[Plan]:
    """A plan for the wish, its folder held for the time of the block.

    Raises:
        SettingsFault: the settings of some process do not hold; all faults of all of them.
        Missing: a real Kafka is wanted and cannot be had.
        Held: the folder is another stack's, or a port another program's.
    """
    stack = _wanted(wish)
    with holding(stack.data, now):
        _await_left_over(stack.data)
        files = secrets.ensure(stack.data, now)
        _tell_processes(stack, files)
        settings = load(SECTIONS)
        ports = Ports(
            gateway=settings.part(GatewaySettings).port,
            console=settings.part(ConsoleSettings).port,
            warehouse=settings.part(WarehouseSettings).port,
            mail=stack.mail_port,
            kafka=stack.kafka_port,
        )
        yield Plan(
            data=stack.data,
            kafka=stack.kafka,
            ports=_free(ports, stack, auto=wish.auto_ports),
            secrets=files,
            partitions=settings.part(Broker).partitions,
            heap_mb=stack.kafka_heap_mb,
            stop_within_s=stack.stop_within_s,
        )


def _await_left_over(data: Path) -> None:
    """After a kill -9 the last run's processes take some seconds to notice; their ports and files are free then."""
    for _ in range(_LEFT_OVER_LOOKS):
        if not left_over(data):
            return
        time.sleep(_LOOK_EVERY_S)
    raise Held(f"processes {left_over(data)} of an earlier run on {data} do not end; stop them, then start again")


def _wanted(wish: Wish) -> StackSettings:
    if wish.data is not None:
        os.environ["PULSE_STACK__DATA"] = str(wish.data)
    stack = load(["stack"]).part(StackSettings)
    kafka = stack.kafka if wish.kafka is None else wish.kafka
    if kafka:
        jars.java()
    return stack.model_copy(update={"kafka": kafka, "data": stack.data.resolve()})


def _tell_processes(stack: StackSettings, files: secrets.SecretFiles) -> None:
    """Put into our own environment what the processes will be told, so that all settings can be checked at once."""
    os.environ["PULSE_STACK__DATA"] = str(stack.data)
    os.environ["PULSE_CONSOLE__SECRET_FILE"] = str(files.console_secret)
    os.environ["PULSE_CONSOLE__GATEWAY_KEY_FILE"] = str(files.console_key)
    os.environ["PULSE_GATEWAY__KEYS_FILE"] = str(files.gateway_keys)


def _free(ports: Ports, stack: StackSettings, *, auto: bool) -> Ports:
    for name, setting in _SETTING_OF.items():
        port = getattr(ports, name)
        if (name == "kafka" and not stack.kafka) or (port and is_free(port)):
            continue
        if not auto and port:
            raise Held(
                f"port {port} ({name}) is taken by another program. Stop it, set {setting} to another one,"
                " or let --auto-ports choose."
            )
        ports = replace(ports, **{name: free_port()})
    return ports
