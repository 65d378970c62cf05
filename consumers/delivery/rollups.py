"""Roll-ups: once a period, whoever has people below them and an e-mail address is told what happened there.

A roll-up is due from its moment on until there is a receipt of it, or the next one is due: whoever was down at that
hour, or had no ClickHouse, makes up for it. An installation that had no score yet at that moment tells nothing of it.
Receipts are the memory; a crash between a mail and its receipt repeats that one mail, with the same id.

This has a thread of its own, so that a ClickHouse that hangs keeps no alert waiting.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from clickhouse_connect.driver.exceptions import DatabaseError

from consumers.delivery import metrics
from consumers.delivery.attention.hours import last_roll_up
from consumers.delivery.channels.links import Links
from consumers.delivery.channels.port import Away, Refused, Undelivered
from consumers.delivery.channels.roll_up_message import RollUp, roll_up_bytes
from consumers.delivery.directory import Directory
from consumers.delivery.receipts import Writer
from consumers.delivery.settings import DeliverySettings, Every
from consumers.runtime.below import Ask, ask_below, scored_since
from consumers.runtime.clickhouse import ClickHouseAway
from consumers.runtime.errors import Retry, StoppedEarly
from consumers.runtime.hierarchy import Hierarchy, Person, Viewer
from consumers.runtime.producer import Outgoing
from consumers.runtime.rollup import team_of
from schemas.deliveries import Outcome, OutcomeReason
from schemas.events.managers import ContactKind, ManagerProfileData
from schemas.ids import ManagerId
from schemas.rollups import RollUpReceipt, roll_up_id
from schemas.topics import DELIVERIES

_LOOK_EVERY_S: Final = 60.0
_NOTHING_BELOW: Final = timedelta(hours=1)
_PUT_OFF: Final = timedelta(minutes=5)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Due:
    """A reader whose roll-up of the period that began at `due_at` was not told yet."""

    head: Viewer
    profile: ManagerProfileData
    address: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class _Company:
    """Everybody as of one look, and who reports to whom."""

    people: Mapping[ManagerId, ManagerProfileData]
    hierarchy: Hierarchy


@dataclass(frozen=True, slots=True)
class Ways:
    """The ways in and out: ClickHouse for the length of one round, the mail server, the log."""

    open: Callable[[], AbstractContextManager[Ask]]
    hand_over: Callable[[str, bytes], str]
    writer: Writer


class RollUps:
    """`note` what is on the log, then `turn` now and then, from one thread."""

    def __init__(self, settings: DeliverySettings, directory: Directory, ways: Ways) -> None:
        self.mine = False
        self._settings = settings
        self._directory = directory
        self._ways = ways
        self._links = Links(settings.console_url)
        self._told: dict[ManagerId, datetime] = {}
        self._rests: dict[ManagerId, datetime] = {}
        self._unwritten: list[Outgoing] = []

    def note(self, receipt: RollUpReceipt) -> None:
        """The reader has had what was due then."""
        before = self._told.get(receipt.recipient, receipt.period_due_at)
        self._told[receipt.recipient] = max(receipt.period_due_at, before)

    def run(self, clock: Callable[[], datetime], ended: threading.Event) -> None:
        """Look once a minute until `ended`, while the partition of the managers is `mine`: so one process tells."""
        while not ended.wait(_LOOK_EVERY_S):
            try:
                if self.mine:
                    self.turn(clock())
            except StoppedEarly:
                return
            except Exception:  # a fault in one roll-up must not end them all unnoticed
                log.exception("roll_ups_failed")

    def turn(self, now: datetime) -> None:
        """Tell what is due. What cannot be told now stays due; the log says why."""
        try:
            self._settle()
            company = self._company()
            due = list(self._due(company, now))
            if due:
                with self._ways.open() as ask:
                    self._tell_all(due, company, ask, now)
        except (ClickHouseAway, DatabaseError, Retry, Away, OSError) as error:
            log.warning("roll_ups_wait", reason=str(error)[:200])

    def _company(self) -> _Company:
        people = self._directory.everybody()
        return _Company(people, Hierarchy(_person(one, data) for one, data in people.items()))

    def _due(self, company: _Company, now: datetime) -> Iterator[Due]:
        wanted = self._settings.roll_ups
        for manager, data in sorted(company.people.items()):
            head, address = company.hierarchy.viewer(manager), _address(data)
            if wanted.every is Every.OFF or head is None or len(head.sees) == 1 or not address:
                continue
            due_at = last_roll_up(data, now, wanted.at, weekly=wanted.every is Every.WEEKLY)
            if self._told.get(manager, due_at - _PUT_OFF) < due_at and self._rests.get(manager, now) <= now:
                yield Due(head, data, address, due_at)

    def _tell_all(self, due: list[Due], company: _Company, ask: Ask, now: datetime) -> None:
        since = scored_since(ask)
        for one in due:
            if since is not None and since <= one.due_at:
                self._tell(one, company, ask, now)

    def _tell(self, due: Due, company: _Company, ask: Ask, now: datetime) -> None:
        manager = due.head.person.manager_id
        below = ask_below(ask, due.head.sees, self._settings.roll_ups.lines)
        told = RollUp(
            roll_up_id(manager, due.due_at),
            due.profile,
            due.address,
            due.due_at,
            team_of(company.hierarchy, due.head, below.figures, below.rates),
            below.worsened,
            below.waiting,
            {one: data.name for one, data in company.people.items()},
        )
        if not told.team.total.figures.accounts:
            self._rests[manager] = now + _NOTHING_BELOW
            return
        try:
            answer = self._ways.hand_over(due.address, roll_up_bytes(told, self._settings, self._links, now))
        except Refused as error:
            self._receipt(due, now, (Outcome.FAILED, OutcomeReason.RECEIVER_REFUSED), error.detail)
        except Away:
            raise
        except Undelivered as error:
            self._rests[manager] = now + _PUT_OFF
            log.info("roll_up_put_off", recipient=manager, detail=error.detail)
        else:
            self._receipt(due, now, (Outcome.DELIVERED, OutcomeReason.ACCEPTED), answer)

    def _receipt(self, due: Due, now: datetime, came: tuple[Outcome, OutcomeReason], detail: str) -> None:
        manager = due.head.person.manager_id
        receipt = RollUpReceipt(
            notification_id=roll_up_id(manager, due.due_at),
            recipient=manager,
            channel=ContactKind.EMAIL,
            outcome=came[0],
            reason=came[1],
            detail=detail,
            at=now,
            period_due_at=due.due_at,
        )
        self.note(receipt)
        metrics.ROLL_UPS.labels(receipt.outcome.value).inc()
        log.info("roll_up_told", recipient=manager, outcome=receipt.outcome.value, period_due_at=str(due.due_at))
        key = receipt.notification_id.encode()
        self._unwritten.append(Outgoing(DELIVERIES.name, key, receipt.model_dump_json().encode()))
        self._settle()

    def _settle(self) -> None:
        """Nobody is told anything before the receipt of what was told last is durable."""
        for record in self._unwritten:
            self._ways.writer.start(record)
        if self._unwritten:
            self._ways.writer.settle()
        self._unwritten.clear()


def _person(manager: ManagerId, data: ManagerProfileData) -> Person:
    return Person(manager, data.name, data.role, data.reports_to, data.locale, data.time_zone)


def _address(data: ManagerProfileData) -> str:
    return next((one.address for one in data.channels if one.kind is ContactKind.EMAIL), "")
