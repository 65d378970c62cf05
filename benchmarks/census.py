"""One fact for each of many accounts, so that a state holds them all before anything is measured. Pure.

The same mix as the load's: of ten accounts seven begin with a contact, two with an order, one with a complaint that is
still open. Facts lie in the hour before `end`.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from benchmarks.load import Fact, Record, account_name, to_record, to_time
from schemas.topics import COMPLAINTS, INTERACTIONS, PURCHASES, Topic

SPAN_S: Final = 3_600.0
_ANSWER_WITHIN_S: Final = 72 * 3_600.0


def census(accounts: range, end: datetime) -> Iterator[Record]:
    """A record for each account number of `accounts`, in their order; the same arguments give the same bytes."""
    begin, step_s = end.timestamp() - SPAN_S, SPAN_S / max(1, len(accounts))
    for place, number in enumerate(accounts):
        at = begin + place * step_s
        topic, fact = _first_fact(number, at)
        yield to_record(topic, (f"s{number}", at), fact)


def contact(account: str) -> Fact:
    """That somebody spoke with the client, neither well nor badly."""
    return account, "interaction.logged.v1", {"channel": "call", "direction": "inbound", "sentiment": 0.1}


def complaint(account: str, name: str, severity: int, at: float) -> Fact:
    """That a complaint was opened at `at`, to be answered within three days."""
    due_at = to_time(at + _ANSWER_WITHIN_S)
    data = {"complaint_id": name, "category": "product", "severity": severity, "answer_due_at": due_at}
    return account, "complaint.opened.v1", data


def _first_fact(number: int, at: float) -> tuple[Topic, Fact]:
    account, kind = account_name(number), number % 10
    if kind < 7:
        return INTERACTIONS, contact(account)
    if kind < 9:
        data = {"order_id": f"so{number}", "amount": f"{10 + number % 1000}.00", "currency": "EUR"}
        return PURCHASES, (account, "purchase.order_placed.v1", data)
    return COMPLAINTS, complaint(account, f"sc{number}", 1 + number // 10 % 4, at)
