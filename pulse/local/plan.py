"""What one local stack consists of: addresses, files, and the command line and environment of each of its processes.

Values only: nothing is started here.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from pulse.local import embedded_broker, kafka
from pulse.local.child import Command
from pulse.local.running import RunningStack
from pulse.local.secrets import SecretFiles
from schemas.broker import Broker

HOST: Final = "127.0.0.1"
Sections = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the processes of the stack listen, all on 127.0.0.1. The in-memory broker chooses its own."""

    gateway: int
    console: int
    warehouse: int
    mail: int
    kafka: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be started. `extra` is laid over the environment of every process."""

    data: Path
    kafka: bool
    ports: Ports
    secrets: SecretFiles
    partitions: int
    heap_mb: int = 512
    stop_within_s: float = 8.0
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def logs(self) -> Path:
        """Where the full output of every process lies."""
        return self.data / "logs"

    def broker(self, bootstrap: str) -> Broker:
        """The broker once its address is known."""
        return Broker(bootstrap=bootstrap, embedded=not self.kafka, partitions=self.partitions)

    def broker_command(self) -> Command:
        """How the broker is started."""
        if not self.kafka:
            return embedded_broker.command()
        node = kafka.Node(self.data / "kafka", self.ports.kafka, self.heap_mb, self.partitions)
        return kafka.command(node)

    def process(self, name: str, bootstrap: str, **more: str) -> Command:
        """How a process of ours is started; `more` are further variables."""
        argv = (sys.executable, "-P", "-m", "pulse", name)
        return Command(name, argv, {**self._environment(bootstrap), **more, **self.extra})

    def module(self, name: str, bootstrap: str) -> Command:
        """How a module of the local stack is run to its end."""
        argv = (sys.executable, "-P", "-m", f"pulse.local.{name}")
        return Command(name, argv, {**self._environment(bootstrap), **self.extra})

    def description(self, bootstrap: str, pids: dict[str, int], pid: int, started_at: datetime) -> RunningStack:
        """What others are told of the running stack."""
        return RunningStack(
            pid=pid,
            started_at=started_at,
            data=self.data,
            kafka=self.kafka,
            bootstrap=bootstrap,
            gateway_url=_url(self.ports.gateway),
            console_url=_url(self.ports.console),
            warehouse_url=_url(self.ports.warehouse),
            mail_port=self.ports.mail,
            key_file=self.secrets.local_key,
            processes=pids,
            settings=self.for_clients(bootstrap),
        )

    def for_clients(self, bootstrap: str) -> Sections:
        """The sections by which a command on this machine reaches the stack."""
        return {
            "broker": self.broker(bootstrap).model_dump(mode="json"),
            "clickhouse": {
                "url": _url(self.ports.warehouse),
                "user": "pulse",
                "password_file": str(self.secrets.warehouse_password),
            },
            "sender": {"url": _url(self.ports.gateway), "key_file": str(self.secrets.local_key)},
            "gateway": {"keys_file": str(self.secrets.gateway_keys), "port": self.ports.gateway},
            "delivery": {
                "console_url": _url(self.ports.console),
                "link_keys_file": str(self.secrets.link_keys),
                "smtp": {"host": HOST, "port": self.ports.mail},
            },
            "console": {
                "port": self.ports.console,
                "base_url": _url(self.ports.console),
                "secret_file": str(self.secrets.console_secret),
            },
        }

    def _environment(self, bootstrap: str) -> dict[str, str]:
        return {
            f"PULSE_{section}__{key}".upper(): value
            for section, values in self._sections(bootstrap).items()
            for key, value in values.items()
        }

    def _sections(self, bootstrap: str) -> dict[str, dict[str, str]]:
        """What the stack decides for its processes; everything else is as the user's settings say."""
        console = _url(self.ports.console)
        return {
            "broker": {
                "bootstrap": bootstrap,
                "embedded": str(not self.kafka).lower(),
                "partitions": str(self.partitions),
                "replication": "1",
            },
            "clickhouse": {
                "url": _url(self.ports.warehouse),
                "user": "pulse",
                "password_file": str(self.secrets.warehouse_password),
            },
            "warehouse": {
                "data_dir": str(self.data / "warehouse"),
                "port": str(self.ports.warehouse),
                "user": "pulse",
                "password_file": str(self.secrets.warehouse_password),
            },
            "gateway": {"keys_file": str(self.secrets.gateway_keys), "port": str(self.ports.gateway)},
            "worker": {"instance_id": "worker-1"},
            "sink": {"instance_id": "sink-1"},
            "delivery": {
                "console_url": console,
                "link_keys_file": str(self.secrets.link_keys),
                "instance_id": "delivery-1",
                "smtp__host": HOST,
                "smtp__port": str(self.ports.mail),
                "attention__spared": "false",  # whoever tries it out wants to see the mail now
            },
            "console": {
                "port": str(self.ports.console),
                "base_url": console,
                "gateway_url": _url(self.ports.gateway),
                "gateway_key_file": str(self.secrets.console_key),
                "secret_file": str(self.secrets.console_secret),
                "link_keys_file": str(self.secrets.link_keys),
                "mail_dir": str(self.data / "mail"),
                "demo_sign_in": "true",
            },
            "stack": {"data": str(self.data), "mail_port": str(self.ports.mail)},
            "logs": {"format": "json"},
        }


def _url(port: int) -> str:
    return f"http://{HOST}:{port}"
