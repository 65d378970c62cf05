"""librdkafka's in-memory broker as a process of its own: `python -m pulse.local.embedded_broker`.

It speaks Kafka's protocol on a free port of 127.0.0.1, keeps nothing, and drops the oldest beyond about 5 MB or 100,000
records a partition. It must be started by exec: a forked copy of librdkafka has no threads and hangs. Nothing of the
pipeline may be imported here.

It is started through librdkafka's own C interface (rdkafka_mock.h), in the library that the wheel of confluent-kafka
brings: the Python client can start one too, but not tell it to do without the three seconds that it waits, as Kafka
does, for more members of a new group. Here a group has one member, and whoever starts would wait for nobody.
"""

import ctypes
import signal
import sys
import threading
from collections.abc import Callable
from typing import Final

from pulse.local import lifeline
from pulse.local.child import Command, say_ready

GROUP_DELAY_MS: Final = 50
"""Not 0: that would be a timer that never ends."""
_PRODUCER: Final = 0
_ERROR_CHARS: Final = 512


def serve(stop: threading.Event, on_ready: Callable[[str], None]) -> None:
    """Run the broker until `stop` is set; `on_ready` gets its bootstrap address.

    Raises:
        OSError: librdkafka does not start it.
    """
    library = _library()
    error = ctypes.create_string_buffer(_ERROR_CHARS)
    client = library.rd_kafka_new(_PRODUCER, None, error, _ERROR_CHARS)
    cluster = library.rd_kafka_mock_cluster_new(client, 1) if client else None
    if not cluster:
        raise OSError(f"librdkafka does not start its in-memory broker: {error.value.decode()}")
    library.rd_kafka_mock_group_initial_rebalance_delay_ms(cluster, GROUP_DELAY_MS)
    on_ready(library.rd_kafka_mock_cluster_bootstraps(cluster).decode())
    stop.wait()


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


def _library() -> ctypes.CDLL:
    """librdkafka, found among what confluent-kafka's own module is linked with."""
    from confluent_kafka import cimpl

    library = ctypes.CDLL(cimpl.__file__)
    library.rd_kafka_new.restype = ctypes.c_void_p
    library.rd_kafka_new.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t)
    library.rd_kafka_mock_cluster_new.restype = ctypes.c_void_p
    library.rd_kafka_mock_cluster_new.argtypes = (ctypes.c_void_p, ctypes.c_int)
    library.rd_kafka_mock_cluster_bootstraps.restype = ctypes.c_char_p
    library.rd_kafka_mock_cluster_bootstraps.argtypes = (ctypes.c_void_p,)
    library.rd_kafka_mock_group_initial_rebalance_delay_ms.restype = None
    library.rd_kafka_mock_group_initial_rebalance_delay_ms.argtypes = (ctypes.c_void_p, ctypes.c_int32)
    return library


if __name__ == "__main__":
    main()
