"""Promises 2 and 3: each fact counts once, in whatever order and batches it is told."""

import json
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.catalogue import EVENT, AnyEvent
from streams.core.decay import share_left
from streams.core.state import RING, Partition
from streams.core.tables import SlaHours
from tests.core.bench import Bench, assessed, folded, score_of, sums_at
from tests.core.building import (
    ACCOUNT,
    DAY,
    At,
    answered,
    complaint_withdrawn,
    contact,
    opened,
    order,
    reopened,
    resolved,
    withdrawn,
)
from tests.core.timelines import SPAN_S, shuffled, thorough, timelines, with_repeats

LATER = st.floats(0, 400 * DAY).map(lambda seconds: SPAN_S + seconds)


def assert_same(one: Partition, other: Partition, at_s: float) -> None:
    np.testing.assert_allclose(sums_at(one, at_s), sums_at(other, at_s), rtol=1e-9, atol=1e-9)
    assert assessed(one, at_s).score == pytest.approx(assessed(other, at_s).score, abs=1e-9)
    assert assessed(one, at_s).coverage == pytest.approx(assessed(other, at_s).coverage, abs=1e-12)


def by_time(told: Sequence[AnyEvent]) -> list[AnyEvent]:
    return sorted(told, key=lambda event: (event.time, event.id))


@thorough
@given(st.data(), timelines(), LATER)
def test_facts_told_in_any_order_give_the_same_sums_and_the_same_score(
    data: st.DataObject, told: list[AnyEvent], at_s: float
) -> None:
    assert_same(folded(*by_time(told)), folded(*data.draw(shuffled(told))), at_s)


@thorough
@given(st.data(), timelines(), LATER)
def test_facts_told_again_change_nothing(data: st.DataObject, told: list[AnyEvent], at_s: float) -> None:
    repeated = data.draw(st.composite(with_repeats)(told))
    bench = Bench()
    results = bench.feed(*repeated)
    assert sum(result.duplicates for result in results) == len(repeated) - len(told)
    assert_same(folded(*told), bench.partition, at_s)


@thorough
@given(timelines(), st.integers(1, 5), LATER)
def test_batches_of_any_size_give_the_same_sums(told: list[AnyEvent], size: int, at_s: float) -> None:
    bench = Bench()
    for start in range(0, len(told), size):
        bench.feed(*told[start : start + size])
    assert_same(folded(*told), bench.partition, at_s)


@thorough
@given(st.data(), timelines(), LATER)
def test_topics_may_be_read_in_any_interleaving(data: st.DataObject, told: list[AnyEvent], at_s: float) -> None:
    lanes: dict[str, list[AnyEvent]] = {}
    for event in told:
        lanes.setdefault(event.type.split(".")[0], []).append(event)
    interleaved: list[AnyEvent] = []
    while lanes:
        name = data.draw(st.sampled_from(sorted(lanes)))
        interleaved.append(lanes[name].pop(0))
        lanes = {lane: waiting for lane, waiting in lanes.items() if waiting}
    assert_same(folded(*told), folded(*interleaved), at_s)


@thorough
@given(st.data(), timelines(), timelines(), LATER)
def test_accounts_in_one_batch_do_not_touch_each_other(
    data: st.DataObject, told: list[AnyEvent], others: list[AnyEvent], at_s: float
) -> None:
    elsewhere = [_moved_to_another_account(event) for event in others]
    mixed = folded(*data.draw(shuffled([*told, *elsewhere])))
    assert_same(folded(*told), mixed, at_s)


def _moved_to_another_account(event: AnyEvent) -> AnyEvent:
    told = event.model_dump(mode="json", exclude_none=True) | {"subject": "A-2"}
    if event.type == "fact.withdrawn.v1":
        told["data"]["original"]["subject"] = "A-2"
    return EVENT.validate_json(json.dumps(told))


def test_the_worked_example_of_order_free_decay_holds() -> None:
    """Half-life 14 d: +10 on day 0 and +6 on day 14 make 11; withdrawing the first leaves 6."""
    fourteen = np.array([14 * DAY])
    in_order = 10 * share_left(fourteen, fourteen) + 6
    reversed_arrival = 6 + 10 * share_left(fourteen, fourteen)
    assert in_order[0] == reversed_arrival[0] == 11
    assert (in_order - 10 * share_left(fourteen, fourteen))[0] == 6


@pytest.mark.parametrize("half_life_d, left", [(7, 0.051), (14, 0.226), (30, 0.500), (90, 0.794)])
def test_what_is_left_after_thirty_days_follows_the_half_life(half_life_d: float, left: float) -> None:
    share = share_left(np.array([30 * DAY]), np.array([half_life_d * DAY]))
    assert share[0] == pytest.approx(left, abs=5e-4)


def test_a_late_fact_counts_as_of_its_own_time() -> None:
    late = score_of(contact(40 * DAY, 0.5), order(0), at_s=40 * DAY)
    assert late == pytest.approx(score_of(order(0), contact(40 * DAY, 0.5), at_s=40 * DAY), abs=1e-9)
    assert late < score_of(contact(40 * DAY, 0.5), order(40 * DAY), at_s=40 * DAY)


@pytest.mark.parametrize("first", ["the fact", "its withdrawal"])
def test_a_withdrawn_fact_leaves_no_points_whichever_came_first(first: str) -> None:
    mistake = contact(DAY, -1)
    pair: list[AnyEvent] = [mistake, withdrawn(3 * DAY, mistake)]
    told = pair if first == "the fact" else pair[::-1]
    partition = folded(*told)
    np.testing.assert_allclose(sums_at(partition, 5 * DAY), 0.0, atol=1e-12)


@pytest.mark.parametrize(
    "later, counts_like",
    [
        ([resolved(2 * DAY)], [opened(DAY), resolved(2 * DAY)]),
        ([reopened(3 * DAY), resolved(2 * DAY)], [opened(DAY)]),
        ([resolved(4 * DAY), reopened(3 * DAY)], [opened(DAY), resolved(2 * DAY)]),
        ([complaint_withdrawn(2 * DAY)], []),
        ([resolved(2 * DAY), complaint_withdrawn(3 * DAY)], []),
    ],
)
def test_what_became_of_a_complaint_may_be_told_before_its_opening(
    later: list[AnyEvent], counts_like: list[AnyEvent]
) -> None:
    base = order(0)
    told = score_of(base, *later, opened(DAY), at_s=9 * DAY)
    assert told == pytest.approx(score_of(base, *counts_like, at_s=9 * DAY), abs=1e-9)


@pytest.mark.parametrize("withdrawn_first", [True, False])
def test_a_withdrawn_course_fact_leaves_the_complaint_as_if_it_had_never_been_told(withdrawn_first: bool) -> None:
    base: list[AnyEvent] = [order(0), opened(DAY)]
    closing = resolved(2 * DAY)
    back = withdrawn(4 * DAY, closing)
    told = [*base, back, closing] if withdrawn_first else [*base, closing, back]
    assert score_of(*told, at_s=9 * DAY) == pytest.approx(score_of(*base, at_s=9 * DAY), abs=1e-9)


def test_a_withdrawn_answer_is_owed_again() -> None:
    answer = answered(2 * DAY)
    partition = folded(opened(DAY), answer, withdrawn(3 * DAY, answer))
    assert partition.extras[0].complaints["C-1"].owes_answer


@pytest.mark.parametrize("turned", [False, True])
def test_of_two_openings_of_one_complaint_the_earlier_stands(turned: bool) -> None:
    pair = [opened(At(DAY, "a"), 2, due_after_s=50.0), opened(At(2 * DAY, "b"), 4)]
    partition = folded(*(pair[::-1] if turned else pair))
    assert score_of(*pair, at_s=9 * DAY) == pytest.approx(score_of(pair[0], at_s=9 * DAY), abs=1e-9)
    assert partition.extras[0].complaints["C-1"].due(SlaHours((1, 1, 1, 1))) == pair[0].time.timestamp() + 50.0


@pytest.mark.parametrize("turned", [False, True])
def test_of_two_openings_at_the_same_moment_the_same_one_stands_in_either_order(turned: bool) -> None:
    pair = [opened(At(DAY, "a"), 2, due_after_s=50.0), opened(At(DAY, "b"), 2, due_after_s=90.0)]
    partition = folded(*(pair[::-1] if turned else pair))
    assert partition.extras[0].complaints["C-1"].due(SlaHours((1, 1, 1, 1))) == pair[0].time.timestamp() + 50.0


def test_a_withdrawal_dated_before_its_original_stays_finite() -> None:
    mistake = contact(0)
    bench = Bench()
    bench.feed(withdrawn(-40_000 * DAY, mistake))
    assert np.abs(bench.partition.rows["sums"]).max() == 1.0
    bench.feed(mistake)
    np.testing.assert_allclose(sums_at(bench.partition, DAY), 0.0, atol=1e-12)


def test_a_resent_fact_is_dropped_within_a_horizon_of_the_last_32_facts_and_counts_again_beyond() -> None:
    assert RING == 32
    for others, dropped in ((31, 1), (32, 0)):
        bench = Bench()
        bench.feed(order(At(0, "first")))
        for number in range(others):
            bench.feed(contact(At(1.0 + number, f"other-{number}")))
        assert bench.feed(order(At(0, "first")))[0].duplicates == dropped


def test_the_horizon_holds_when_many_facts_of_an_account_come_in_one_batch() -> None:
    bench = Bench()
    bench.feed(*(contact(At(number, f"c-{number}")) for number in range(100)))
    again = bench.feed(*(contact(At(number, f"c-{number}")) for number in range(68, 100)))
    assert again[0].duplicates == 32
    assert int(bench.partition.rows["applied"][0]) == 100


def test_the_same_id_of_another_source_is_another_fact() -> None:
    one = order(At(0, "x"))
    bench = Bench()
    results = bench.feed(one, one.model_copy(update={"source": "/another"}))
    assert [result.applied for result in results] == [2]


def test_late_facts_are_counted_as_late() -> None:
    bench = Bench()
    assert [result.late for result in bench.feed(order(0), contact(DAY), watermark=10.0)] == [1, 0]


def test_the_account_is_found_by_its_id() -> None:
    assert folded(order(0)).index == {ACCOUNT: 0}
