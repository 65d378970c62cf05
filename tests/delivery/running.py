"""The delivery process on a broker: in a thread, or as a process that can be killed."""

import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from consumers.delivery.main import Beside, run, run_until
from consumers.delivery.settings import DeliverySettings
from consumers.runtime.clickhouse import ClickHouse
from consumers.runtime.follower import Follower
from consumers.runtime.producer import Outgoing, Publisher
from consumers.runtime.status import Status
from consumers.runtime.subscription import Record
from pulse.local import lifeline
from pulse.local.child import Child, Command, say_ready
from pulse.status import serve
from schemas.alerts import AlertStep
from schemas.broker import Broker
from schemas.codec import STRUCTURED_HEADERS, to_structured
from schemas.deliveries import DeliveryReceipt
from schemas.events.managers import ManagerProfileSet
from schemas.topics import ALERTS, DELIVERIES, MANAGERS


@contextmanager
def delivering(settings: DeliverySettings, broker: Broker, clickhouse: ClickHouse | None = None) -> Iterator[None]:
    """The process in a thread, ready; stopped at the end."""
    stop, ready = threading.Event(), threading.Event()
    thread = threading.Thread(target=run_until, args=(settings, broker, stop, ready.set, Beside(clickhouse=clickhouse)))
    thread.start()
    try:
        assert ready.wait(30), "delivery did not get ready"
        yield
    finally:
        stop.set()
        thread.join(20)
        assert not thread.is_alive(), "delivery did not stop"


def start_child(settings: DeliverySettings, broker: Broker) -> Child:
    """The process by itself, ready."""
    arguments = (settings.model_dump_json(), broker.model_dump_json())
    child = Child(Command("delivery", (sys.executable, "-m", "tests.delivery.running", *arguments)))
    child.wait_ready()
    return child


def write(broker: Broker, steps: Sequence[AlertStep] = (), managers: Sequence[ManagerProfileSet] = ()) -> None:
    """Put managers and steps on the log, as caused right now."""
    with writing(broker) as put:
        put(steps, managers)


@contextmanager
def writing(broker: Broker) -> Iterator[Callable[[Sequence[AlertStep], Sequence[ManagerProfileSet]], None]]:
    """As `write`, many times over one connection, so that the time it takes is the broker's."""
    with Publisher(broker, "tests", threading.Event()) as publisher:

        def put(steps: Sequence[AlertStep], managers: Sequence[ManagerProfileSet]) -> None:
            publisher.publish(
                Outgoing(MANAGERS.name, it.subject.encode(), to_structured(it), STRUCTURED_HEADERS) for it in managers
            )
            publisher.publish(
                Outgoing(ALERTS.name, it.account_id.encode(), _caused_now(it).model_dump_json().encode())
                for it in steps
            )

        yield put


def receipts_on(broker: Broker) -> list[DeliveryReceipt]:
    """Every receipt on the log."""
    found: list[DeliveryReceipt] = []

    def keep(records: Sequence[Record]) -> None:
        found.extend(DeliveryReceipt.model_validate_json(record.value or b"") for record in records)

    with Follower(broker, (DELIVERIES.name,), keep, threading.Event()) as follower:
        follower.catch_up()
    return found


def _caused_now(step: AlertStep) -> AlertStep:
    return step.model_copy(update={"caused_by_record_at": datetime.now(UTC)})


if __name__ == "__main__":
    lifeline.watch()
    told, board = DeliverySettings.model_validate_json(sys.argv[1]), Status()
    serve(told.metrics_port, told.metrics_host, board)
    run(told, Broker.model_validate_json(sys.argv[2]), say_ready, board)
