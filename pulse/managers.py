"""Who the managers are as the log says now, for commands."""

import threading
from collections.abc import Sequence
from datetime import datetime

from consumers.delivery.directory import Directory
from consumers.delivery.reading import learn_manager
from consumers.runtime.errors import Retry, StoppedEarly
from consumers.runtime.follower import Follower
from consumers.runtime.subscription import Record
from pulse.errors import Missing
from schemas.broker import Broker
from schemas.errors import BadEvent
from schemas.topics import MANAGERS


def managers_of(broker: Broker, now: datetime, within_s: float = 8.0) -> Directory:
    """Every manager on account.managers; a record that is none is passed over, as delivery does.

    Raises:
        Missing: the broker does not answer in time.
    """
    directory, stop = Directory(), threading.Event()

    def learn(records: Sequence[Record]) -> None:
        for record in records:
            try:
                learn_manager(record, directory, now)
            except BadEvent:
                continue  # the delivery process has buried it when it came by

    patience = threading.Timer(within_s, stop.set)
    patience.start()
    try:
        with Follower(broker, (MANAGERS.name,), learn, stop) as follower:
            follower.catch_up()
    except (Retry, StoppedEarly):
        raise Missing(f"no broker answers at {broker.bootstrap}, or it has no topic {MANAGERS.name}") from None
    finally:
        patience.cancel()
    return directory
