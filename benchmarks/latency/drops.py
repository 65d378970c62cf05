"""Facts whose alert is known beforehand: at a steady pace, one event of the load is a grave complaint. Pure.

Each is about an account of its own, which nobody else writes to: it had one contact an hour ago (score 51, band watch),
and a complaint of severity 4 takes it to 33 at once, below the line of `at_risk`. So the cause of its alert
`band_dropped` is this event and no other, and the account's id carries the event's number. Every account is used once:
after a drop the band may only get better again after an hour of event time.
"""

import json
from collections.abc import Iterator
from math import ceil
from typing import Final

from benchmarks.census import complaint, contact
from benchmarks.load import Record, to_record
from schemas.alerts import AlertKind, StepKind
from schemas.topics import COMPLAINTS, INTERACTIONS

_ONE_IN: Final = 50
_MOST_PER_S: Final = 100
_GRAVE: Final = 4
_BEFORE_S: Final = 3_600.0
_PREFIX: Final = "D"


def one_in(rate: int) -> int:
    """Every how many events one is a cause: a fiftieth of them, but not more than a hundred a second.

    >>> one_in(1_000), one_in(10_000), one_in(50_000)
    (50, 100, 500)
    """
    return max(_ONE_IN, ceil(rate / _MOST_PER_S))


def causes(count: int, rate: int) -> range:
    """The numbers of those that are causes, of `count` events sent at `rate` a second."""
    return range(0, count, one_in(rate))


def preparation(numbers: range, start: float) -> Iterator[Record]:
    """A contact for each cause's account, an hour before the timetable begins."""
    for number in numbers:
        yield to_record(INTERACTIONS, (f"d{number}", start - _BEFORE_S), contact(account(number)))


def cause(number: int, at: float) -> Record:
    """The event number `number` of the timetable, if it is a cause."""
    fact = complaint(account(number), f"dc{number}", _GRAVE, at)
    return to_record(COMPLAINTS, (f"e{number}", at), fact)


def told_by_alert(value: bytes) -> Iterator[int]:
    """The number of the cause of an alert step; none where it is no opening of one of ours.

    >>> opened = {"account_id": "D0000150", "kind": "band_dropped", "step": "opened"}
    >>> steps = (opened, opened | {"step": "updated"}, opened | {"account_id": "A0000150"})
    >>> [list(told_by_alert(json.dumps(step).encode())) for step in steps]
    [[150], [], []]
    """
    step = json.loads(value)
    account: str = step["account_id"]
    if account.startswith(_PREFIX) and (step["kind"], step["step"]) == (AlertKind.BAND_DROPPED, StepKind.OPENED):
        yield int(account[1:])


def account(number: int) -> str:
    """The id of a cause's account."""
    return f"{_PREFIX}{number:07d}"
