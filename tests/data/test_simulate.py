"""The companion simulator: the same seed tells the same story, in the order of time, and all of it is acceptable."""

import asyncio
import doctest
import json
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from pulse.sending.gateway import Gateway, Target
from pulse.simulate import groups
from pulse.simulate.facts import SOURCES, Fact
from pulse.simulate.groups import HOLDINGS, holding
from pulse.simulate.history import History, open_history
from pulse.simulate.live import Trickle, run_id, soon_overdue
from pulse.simulate.load import Recipe, load
from pulse.simulate.stream import Ledger, Pace, send_all, send_live
from schemas.catalogue import TOPIC_OF_TYPE
from schemas.codec import decode
from schemas.events.managers import ManagerProfileSet
from schemas.topics import EVENT_TOPICS
from tests.data.conftest import NOW
from tests.data.fake_gateway import FakeGateway


@pytest.fixture(scope="module")
def history() -> History:
    return open_history(NOW)


@pytest.fixture(scope="module")
def facts(history: History) -> list[Fact]:
    return load(history, Recipe(seed=7, accounts=400))


def test_the_same_seed_gives_the_same_bytes(history: History, facts: list[Fact]) -> None:
    assert [told.body for told in load(history, Recipe(seed=7, accounts=400))] == [told.body for told in facts]


def test_another_seed_tells_another_story(history: History, facts: list[Fact]) -> None:
    other = load(history, Recipe(seed=8, accounts=400, with_purchases=False))
    assert not {told.id for told in other} & {told.id for told in facts}


def test_leaving_accounts_out_changes_nothing_for_the_others(history: History, facts: list[Fact]) -> None:
    fewer = load(history, Recipe(seed=7, accounts=100))
    kept = {told.subject for told in fewer if told.subject.startswith("CDNOW")}
    assert len(kept) == 100
    assert [told for told in facts if told.subject in kept] == [told for told in fewer if told.subject in kept]


def test_every_fact_is_distinct_and_acceptable(facts: list[Fact]) -> None:
    assert len({(told.source, told.id) for told in facts}) == len(facts)
    events = [decode(told.body, (), NOW) for told in facts]
    assert {event.source for event in events} <= set(SOURCES)


def test_purchases_and_companions_come_in_the_order_of_time(facts: list[Fact]) -> None:
    assert all(earlier.at <= later.at for earlier, later in pairwise(facts))
    order_at = [index for index, told in enumerate(facts) if told.type == "purchase.order_placed.v1"]
    gaps = Counter(later - earlier for earlier, later in pairwise(order_at))
    assert max(gaps) < len(facts) / 10


def test_history_ends_within_the_last_day_and_not_in_the_future(facts: list[Fact]) -> None:
    assert timedelta(0) <= NOW - facts[-1].at < timedelta(days=1)


def test_every_account_has_a_profile_before_its_first_order_and_an_owner_on_the_line(facts: list[Fact]) -> None:
    people = {told.subject: decode(told.body, (), NOW) for told in facts if told.type == "manager.profile_set.v1"}
    first: dict[str, dict[str, Any]] = {}
    for told in facts:
        if told.subject.startswith("CDNOW"):
            first.setdefault(told.subject, json.loads(told.body))
    assert len(first) == 400
    assert {event["type"] for event in first.values()} == {"account.profile_set.v1"}
    assert {event["data"]["owner"] for event in first.values()} <= set(people)
    assert {event["data"]["segment"] for event in first.values()} == {"strategic", "mid", "long_tail"}


def test_everybody_reports_up_to_one_vice_president(facts: list[Fact]) -> None:
    line = {}
    for told in facts:
        event = decode(told.body, (), NOW)
        if isinstance(event, ManagerProfileSet):
            line[str(event.subject)] = event.data
    tops = [name for name, data in line.items() if data.reports_to is None]
    assert len(tops) == 1
    for name in line:
        steps = [name]
        while (above := line[steps[-1]].reports_to) is not None:
            steps.append(above)
        assert steps[-1] == tops[0]
        assert len(steps) == len(set(steps)) <= 6


def test_worked_numbers_in_docstrings_are_right() -> None:
    assert doctest.testmod(groups) == (0, 1)


def test_some_accounts_belong_to_a_holding_and_one_holding_to_another(facts: list[Fact]) -> None:
    profiles = [json.loads(told.body) for told in facts if told.type == "account.profile_set.v1"]
    parents = {event["subject"]: event["data"].get("parent") for event in profiles}
    holdings = {holding(number) for number in range(1, HOLDINGS + 1)}
    assert holdings <= parents.keys()
    assert set(parents.values()) - {None} == holdings
    assert [parents[one] for one in sorted(holdings)] == [None, None, None, holding(HOLDINGS - 1)]
    assert Counter(parents.values())[holding(1)] > 5
    owners = {event["data"]["owner"] for event in profiles if event["data"].get("parent") == holding(1)}
    assert len(owners) > 1


def test_everything_is_plainly_fictitious(facts: list[Fact]) -> None:
    for told in facts:
        data = json.loads(told.body)["data"]
        assert data.get("name", "Example").startswith(("Example ", "Manager ")) or "name" not in data
        assert all(way["address"].endswith(("@example.test", "")) for way in data.get("channels", []))


def test_the_whole_load_is_of_the_size_that_the_demo_promises() -> None:
    everything = load(open_history(NOW), Recipe())
    assert 150_000 <= len(everything) <= 185_000
    assert len({told.subject for told in everything}) == 23_570 + 63 + HOLDINGS
    kinds = Counter(told.type for told in everything)
    assert kinds["purchase.order_placed.v1"] == 69_659
    assert kinds["complaint.resolved.v1"] < kinds["complaint.answered.v1"] <= kinds["complaint.opened.v1"] * 1.1


async def _send(facts: Sequence[Fact], gateway: FakeGateway) -> Ledger:
    ledger = Ledger()
    async with Gateway(Target(gateway.url), lambda: 0.0) as sender:
        async for _ in send_all(facts, sender, ledger):
            pass
    return ledger


def test_the_ledger_counts_each_acknowledged_fact_once_by_account(facts: list[Fact], gateway: FakeGateway) -> None:
    ledger = asyncio.run(_send([*facts[:700], *facts[:200]], gateway))
    folded = [told for told in facts[:700] if TOPIC_OF_TYPE[told.type] in EVENT_TOPICS]
    assert ledger.accepted == len(folded)
    assert ledger.by_account == Counter(told.subject for told in folded)
    assert ledger.elsewhere > 0
    assert len(gateway.accepted) == 900


async def _trickle(trickle: Trickle, gateway: FakeGateway, rate: float, for_s: float) -> Ledger:
    ledger, loop = Ledger(), asyncio.get_running_loop()
    end = loop.time() + for_s
    async with Gateway(Target(gateway.url), lambda: 0.0) as sender:
        pace = Pace(rate, lambda: loop.time() < end)
        async for _ in send_live(trickle, sender, ledger, pace, lambda: datetime.now(UTC)):
            pass
    return ledger


def test_a_trickle_keeps_its_rate_and_its_events_are_acceptable(gateway: FakeGateway) -> None:
    trickle = Trickle(["A-1", "A-2"], 3, "live-3")
    ledger = asyncio.run(_trickle(trickle, gateway, 100, 1.0))
    assert 80 <= ledger.accepted <= 105
    assert not ledger.refused
    assert len(set(gateway.ids())) == len(gateway.accepted)


def test_a_trickle_is_a_function_of_its_seed_and_the_clock() -> None:
    def tell(seed: int) -> list[bytes]:
        trickle = Trickle(["A-1", "A-2", "A-3"], seed, run_id(seed, NOW))
        return [trickle.next_fact(NOW + timedelta(seconds=second)).body for second in range(300)]

    assert tell(1) == tell(1)
    assert tell(1) != tell(2)


def test_a_trickle_opens_complaints_that_are_overdue_within_seconds_and_answers_some_later() -> None:
    trickle = Trickle(["A-1", "A-2", "A-3"], 1, "live-1")
    told = [json.loads(trickle.next_fact(NOW + timedelta(seconds=second)).body) for second in range(600)]
    due = [
        datetime.fromisoformat(event["data"]["answer_due_at"]) - datetime.fromisoformat(event["time"])
        for event in told
        if event["type"] == "complaint.opened.v1"
    ]
    assert any(timedelta(seconds=1) <= left <= timedelta(seconds=8) for left in due)
    kinds = Counter(event["type"] for event in told)
    assert 0 < kinds["complaint.resolved.v1"] <= kinds["complaint.answered.v1"] <= kinds["complaint.opened.v1"]


def test_a_complaint_that_goes_overdue_is_due_within_seconds() -> None:
    event = json.loads(soon_overdue(Trickle(["A-1"], 1, "live-1"), "A-1", NOW).body)
    left = datetime.fromisoformat(event["data"]["answer_due_at"]) - NOW
    assert timedelta(seconds=2) <= left <= timedelta(seconds=8)
