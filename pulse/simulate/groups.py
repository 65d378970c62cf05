"""The fictitious groups: four holdings, the last of them under another, to which some of the first accounts belong.

A holding has no facts but its profile; what it is told of lies below it. Its owner is one account manager, its accounts
are many people's, so that the page of a group shows what it counts and does not name.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from pulse.simulate.facts import CRM, Fact, fact
from pulse.simulate.people import Manager, owner_of
from schemas.events.profiles import Segment

HOLDINGS: Final = 4
_FIRST_ACCOUNTS: Final = 600
_EVERY: Final = 8


def holding(number: int) -> str:
    """The account id of a holding, from 1."""
    return f"HOLDING-{number}"


def parent_of(account: int) -> str | None:
    """The holding that the account of this number belongs to, if it does.

    >>> [parent_of(number) for number in (8, 9, 16, 40, 608)]
    ['HOLDING-2', None, 'HOLDING-3', 'HOLDING-2', None]
    """
    if account > _FIRST_ACCOUNTS or account % _EVERY:
        return None
    return holding(1 + account // _EVERY % HOLDINGS)


def holding_facts(people: list[Manager], at: datetime, seed: int) -> Iterator[Fact]:
    """The profile of every holding, as of `at`."""
    for number in range(1, HOLDINGS + 1):
        data: dict[str, Any] = {
            "name": f"Example Holding {number}",
            "segment": Segment.STRATEGIC.value,
            "annual_value": "0",
            "currency": "USD",
            "owner": owner_of(number, Segment.STRATEGIC, people),
        }
        if number == HOLDINGS:
            data["parent"] = holding(number - 1)
        name = holding(number)
        yield fact(at, f"sim-{seed}-{name}", CRM, name, ("account.profile_set.v1", data))
