"""Starts the processes of this room as a user would: as processes."""

import json
import sys
from pathlib import Path

from consumers.clickhouse.settings import SinkSettings
from consumers.runtime.clickhouse import ClickHouse
from pulse.local.child import Child, Command
from schemas.broker import Broker
from tests.waiting import SESSION_S

_READY = 'lambda: print(json.dumps({"event": "ready"}), flush=True)'
_WAREHOUSE = f"""
import json, sys
from consumers.clickhouse.settings import WarehouseSettings
from consumers.clickhouse.warehouse.server import serve
serve(WarehouseSettings(**json.loads(sys.argv[1])), {_READY})
"""
_SINK = f"""
import json, sys
from consumers.clickhouse.settings import SinkSettings
from consumers.clickhouse.sink import run
from consumers.runtime.clickhouse import ClickHouse
from consumers.runtime.status import Status
from pulse.status import serve
from schemas.broker import Broker
sink, clickhouse, broker = (json.loads(text) for text in sys.argv[1:])
settings, status = SinkSettings(**sink), Status()
serve(settings.metrics_port, settings.metrics_host, status)
run(settings, ClickHouse(**clickhouse), Broker(**broker), {_READY}, status)
"""


def start_warehouse(folder: Path, port: int, **settings: object) -> Child:
    """A warehouse on its way up; `wait_ready` tells when it answers."""
    told = json.dumps({"data_dir": str(folder), "port": port, **settings})
    return Child(Command("warehouse", (sys.executable, "-c", _WAREHOUSE, told)))


def start_sink(clickhouse: ClickHouse, broker: Broker, lines: list[str] | None = None, **settings: object) -> Child:
    """A sink on its way up; `wait_ready` tells when partitions are assigned, `lines` gets what it says."""
    sink = SinkSettings.model_validate({"session_timeout_s": SESSION_S, "instance_id": "sink-1", **settings})
    place = clickhouse.model_dump(mode="json") | {"password": clickhouse.password.get_secret_value()}
    arguments = (sink.model_dump_json(), json.dumps(place), broker.model_dump_json())
    return Child(
        Command("sink", (sys.executable, "-c", _SINK, *arguments)), on_line=None if lines is None else lines.append
    )
