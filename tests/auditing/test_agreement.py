"""The worker's fold, the rebuild and SQL alone say the same of every history."""

import itertools
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consumers.runtime.clickhouse import ClickHouse, Client, connect
from pulse.auditing.run import Patience, audit
from schemas.catalogue import AnyEvent
from schemas.events.complaints import Category
from schemas.events.purchases import SubscriptionChange
from schemas.ids import AccountId
from streams.core.policies import default_tables
from tests.auditing.warehouse import store, tell
from tests.core.bench import Bench
from tests.core.building import (
    DAY,
    At,
    complaint_withdrawn,
    contact,
    dispute,
    escalated,
    opened,
    order,
    override_set,
    profile,
    reopened,
    resolved,
    returned,
    subscription,
    usage,
    withdrawn,
)
from tests.core.histories import handed_off, histories, of_account, survey
from tests.core.timelines import SPAN_S, with_repeats

_ROUNDS = itertools.count(1)
ONCE = Patience(itertools.count(0, 1000).__next__, float)


@pytest.fixture(scope="module")
def connected(tables: ClickHouse) -> Iterator[Client]:
    made = connect(tables)
    yield made
    made.close()


def assert_agreed(client: Client, told: Sequence[AnyEvent], at_s: float, distinct: int) -> None:
    """Fold, tell and store the facts of accounts nobody else has, then hold the three ways against one another."""
    number = next(_ROUNDS)
    told = [of_account(AccountId(f"round {number} {event.subject}"), event) for event in told]
    accounts = sorted({event.subject for event in told})
    bench = Bench()
    bench.feed(*told)
    snapshots = bench.flush(at_s).snapshots
    store(client, told)
    tell(client, snapshots)
    found = audit(client, [default_tables()], ONCE, accounts)
    assert found.differing == []
    assert (found.compared, found.facts) == (len(accounts), distinct)
    assert sorted(snapshot.account_id for snapshot in snapshots) == accounts


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data(), histories(), st.floats(0, 400 * DAY))
def test_the_live_score_the_rebuild_and_sql_agree_in_every_summand(
    connected: Client, data: st.DataObject, told: list[AnyEvent], later_s: float
) -> None:
    repeated = data.draw(st.composite(with_repeats)(told))
    assert_agreed(connected, repeated, round(SPAN_S + later_s), len(told))


FIRST = opened(0.0, severity=2, due_after_s=0.000_5)
UNFIT = opened(0.0, category=Category.PRODUCT)
SET = override_set(DAY, 90.0, 60 * DAY)
HARD: dict[str, list[AnyEvent]] = {
    "reopened": [opened(0.0), resolved(DAY), reopened(2 * DAY)],
    "reopened and settled again": [opened(0.0), resolved(DAY), reopened(2 * DAY), resolved(3 * DAY)],
    "reopened within a millisecond": [opened(0.0), resolved(DAY + 0.000_1), reopened(DAY + 0.000_2)],
    "settled and reopened at one time": [opened(0.0), reopened(DAY), resolved(DAY)],
    "settled before it was opened": [resolved(DAY), opened(0.0)],
    "a complaint withdrawn": [opened(0.0), complaint_withdrawn(DAY), contact(DAY)],
    "an opening taken back": [FIRST, withdrawn(DAY, FIRST), contact(0.0)],
    "taken back before it came": [withdrawn(DAY, FIRST), contact(0.0), FIRST],
    "taken back and never told": [withdrawn(DAY, FIRST), contact(0.0)],
    "the earlier opening counts": [opened(At(DAY, "b"), severity=4), opened(At(0.0, "a"), severity=1)],
    "two complaints, one settled": [opened(0.0, 1, "C-1"), opened(DAY, 4, "C-2"), resolved(2 * DAY, "C-2")],
    "more than a dimension holds": [opened(number * 60.0, 4, f"C-{number}") for number in range(6)],
    "escalated": [opened(0.0), escalated(DAY)],
    "subscriptions": [subscription(number * DAY, change) for number, change in enumerate(SubscriptionChange)],
    "usage": [usage(At(0.0, "some"), 0.25), usage(At(DAY, "none"), 0.0)],
    "usage against its normal": [
        usage(At(n * DAY, f"u-{n}"), 10.0 * 4 ** (n // 20), 3600 * (1 + n % 3)) for n in range(30)
    ],
    "usage taken back": [usage(At(0.0, "w"), 7.0), withdrawn(DAY, usage(At(0.0, "w"), 7.0)), usage(At(DAY, "x"), 3.0)],
    "orders of all sizes": [order(At(n * DAY, f"o-{n}"), str(100 + 37 * n**2)) for n in range(29)],
    "orders in several currencies": [
        order(At(n * DAY, f"o-{n}"), f"{100 + n}.5", currency)
        for n, currency in enumerate(("EUR", "JPY", "GHS", "USD"))
    ],
    "an order taken back": [
        *(order(At(n * DAY, f"o-{n}"), str(10**n)) for n in range(4)),
        withdrawn(DAY, order(At(0.0, "o-0"), "1")),
    ],
    "an order taken back and never told": [order(DAY), withdrawn(2 * DAY, order(0.0, "999.99"))],
    "some returned": [
        *(order(At(n * DAY, f"o-{n}")) for n in range(4)),
        *(returned(At(n * DAY, f"r-{n}")) for n in range(2)),
    ],
    "more returned than bought": [returned(0.0), order(DAY)],
    "returns of orders of several products": [
        *(order(At(n * DAY, f"o-{n}"), lines=n) for n in range(5)),
        returned(At(DAY, "r")),
    ],
    "an order of several products taken back": [
        *(order(At(n * DAY, f"o-{n}"), lines=3 * n) for n in range(4)),
        withdrawn(4 * DAY, order(At(3 * DAY, "o-3"), lines=9)),
        returned(At(5 * DAY, "r")),
        opened(5 * DAY, category=Category.PRODUCT),
    ],
    "an order of several products taken back and never told": [
        order(At(DAY, "o-1"), lines=2),
        withdrawn(2 * DAY, order(At(0.0, "o-0"), lines=150)),
        opened(5 * DAY, category=Category.PRODUCT),
    ],
    "complaints about products": [
        order(0.0, lines=4),
        *(opened(number * DAY, 2, f"C-{number}", category=category) for number, category in enumerate(Category)),
        resolved(9 * DAY, "C-2"),
    ],
    "a complaint about a product reopened": [
        opened(0.0, category=Category.TECHNICAL),
        resolved(DAY),
        reopened(2 * DAY),
    ],
    "a complaint about a product withdrawn": [
        opened(0.0, category=Category.PRODUCT),
        complaint_withdrawn(DAY),
        contact(DAY),
    ],
    "an opening about a product taken back": [
        UNFIT,
        withdrawn(DAY, UNFIT),
        opened(At(2 * DAY, "again"), category=Category.BILLING),
    ],
    "an opening taken back that leaves one about a product": [
        FIRST,
        withdrawn(DAY, FIRST),
        opened(At(2 * DAY, "again"), category=Category.PRODUCT),
    ],
    "of two openings of one time the first in the order of names counts": [
        opened(At(0.0, "a"), category=Category.PRODUCT, due_after_s=1.0),
        opened(At(0.0, "b"), category=Category.DELIVERY, due_after_s=2.0),
    ],
    "surveys": [survey(At(0.0, "worst"), 1), survey(At(DAY, "good"), 4)],
    "a survey taken back": [survey(At(0.0, "worst"), 1), withdrawn(DAY, survey(At(0.0, "worst"), 1))],
    "handed off and ordered": [handed_off(At(0.0)), order(DAY), dispute(2 * DAY)],
    "no sentiment": [contact(0.0)],
    "a profile alone": [profile(0.0)],
    "a score that somebody set": [contact(0.0), opened(DAY), override_set(2 * DAY, 90.0, 60 * DAY), order(3 * DAY)],
    "a score that somebody set where there is none": [profile(0.0), override_set(DAY, 90.0, 60 * DAY)],
    "an override taken back": [contact(0.0), SET, withdrawn(2 * DAY, SET)],
}


@pytest.mark.parametrize("case", HARD)
def test_they_agree_where_it_is_hard(connected: Client, case: str) -> None:
    assert_agreed(connected, HARD[case], 30 * DAY, len(HARD[case]))
