"""librdkafka's in-memory broker as a process of its own: `python -m pulse.local.embedded_broker`.

It speaks Kafka's protocol on a free port of 127.0.0.1, keeps nothing, and drops the oldest beyond about 5 MB or 100,000
records a partition. It must be started by exec: a forked copy of librdkafka has no threads and hangs. Nothing of the
pipeline may be imported here.
"""

import signal
import sys
import threading
from collections.abc import Callable
from typing import Final

from pulse.local import lifeline
from pulse.local.child import Command, say_ready

_LIBRDKAFKA_ERRORS_ONLY: Final = 3


def serve(stop: threading.Event, on_ready: Callable[[str], None]) -> None:
    """Run the broker until `stop` is set; `on_ready` gets its bootstrap address."""
    from confluent_kafka import Producer

    holder = Producer({"test.mock.num.brokers": 1, "log_level": _LIBRDKAFKA_ERRORS_ONLY})
    (broker,) = holder.list_topics(timeout=10).brokers.values()
    on_ready(f"{broker.host}:{broker.port}")
    stop.wait()
    holder.purge()


def command(name: str = "broker") -> Command:
    """How to start it as a child; its `ready` line carries `bootstrap`."""
    return Command(name, (sys.executable, "-m", "pulse.local.embedded_broker"), ready_within_s=30)


def main() -> None:
    """Run until SIGTERM or SIGINT."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    lifeline.watch()
    serve(stop, lambda bootstrap: say_ready(bootstrap=bootstrap))


if __name__ == "__main__":
    main()
