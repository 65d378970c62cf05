"""The packaged purchase log and what the simulator needs to know of it: the orders of each account in time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby, islice
from pathlib import Path
from typing import Final

from pulse.errors import Missing
from pulse.importing.document import Mapping
from pulse.importing.events import MappedEvent, latest_time, mapped_events
from pulse.importing.mapping import load_mapping
from pulse.importing.times import DAY, whole_days_to
from pulse.simulate.facts import Fact

_DATA: Final = "CDNOW_master.txt.gz"
_MAPPING: Final = "mapping.yaml"


@dataclass(frozen=True, slots=True)
class Order:
    """One real purchase and the event it is told by."""

    id: str
    amount: Decimal
    fact: Fact


@dataclass(frozen=True, slots=True)
class Customer:
    """One account with its orders, earliest first."""

    account: str
    number: int
    orders: tuple[Order, ...]

    @property
    def total(self) -> Decimal:
        """What it bought for in all."""
        return sum((order.amount for order in self.orders), Decimal(0))


@dataclass(frozen=True, slots=True)
class History:
    """The log on this machine, its times moved by `shift_days`; it ends at `end`."""

    data: Path
    mapping: Mapping
    shift_days: int
    end: datetime

    def customers(self, limit: int | None = None) -> Iterator[Customer]:
        """The first `limit` accounts of the log, which is sorted by account."""
        events = mapped_events(self.data, self.mapping, self.shift_days)
        grouped = groupby(events, key=lambda event: event.account)
        for number, (account, made) in enumerate(islice(grouped, limit), start=1):
            orders = sorted((_order(event) for event in made), key=lambda order: order.fact)
            yield Customer(account, number, tuple(orders))


def open_history(now: datetime | None = None, shift_days: int = 0) -> History:
    """The packaged CDNOW log; with `now`, moved by whole days so that it ends within the 24 hours before it."""
    folder = _folder()
    data, mapping = folder / _DATA, load_mapping(folder / _MAPPING)
    latest = latest_time(data, mapping)
    if latest is None:
        raise Missing(f"{data} holds no purchase")
    if now is not None:
        shift_days = whole_days_to(now, latest)
    return History(data, mapping, shift_days, latest + shift_days * DAY)


def _folder() -> Path:
    """Inside the package when installed from a wheel, beside it in a checkout."""
    package = Path(__file__).parents[1]
    for folder in (package / "examples" / "cdnow", package.parent / "examples" / "cdnow"):
        if (folder / _DATA).is_file():
            return folder
    raise Missing(f"the CDNOW log is neither in {package} nor beside it: the installation is incomplete")


def _order(event: MappedEvent) -> Order:
    data = event.body["data"]
    told = Fact(event.time, event.id, event.source, event.account, event.body["type"], event.to_bytes())
    return Order(data["order_id"], Decimal(data["amount"]), told)
