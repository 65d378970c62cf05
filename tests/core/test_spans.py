"""What moved a score between two moments: parts that sum to the difference, wherever the moments lie."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import plain
from schemas.catalogue import AnyEvent
from schemas.codec import to_structured
from schemas.events.withdrawals import WITHDRAWN
from schemas.health import HealthSnapshot, OverrideReason, PartKind
from streams.core.policies import default_tables
from streams.core.spans import span
from tests.core.bench import score_of
from tests.core.building import DAY, HOUR, clock, contact, opened, order, override_set, profile, withdrawn
from tests.core.timelines import SPAN_S, overridden, shuffled, thorough


def between(
    events: Sequence[AnyEvent], start_s: float | None, end_s: float
) -> tuple[HealthSnapshot | None, HealthSnapshot] | None:
    read = [plain.read(to_structured(event)) for event in events]
    start = None if start_s is None else clock(start_s)
    found = span(read, start, clock(end_s), default_tables())
    if found is None:
        return None
    first = HealthSnapshot.model_validate_json(found.start) if found.start else None
    return first, HealthSnapshot.model_validate_json(found.end)


def reasons(snapshot: HealthSnapshot) -> set[PartKind]:
    return {part.kind for part in snapshot.change}


@thorough
@given(overridden(), st.floats(-DAY, SPAN_S), st.floats(1, 90 * DAY))
def test_parts_sum_to_the_difference_of_the_scores_at_any_two_moments(
    told: list[AnyEvent], start_s: float, length_s: float
) -> None:
    found = between(told, start_s, start_s + length_s)
    if found is None:
        late = clock(start_s + length_s)
        assert all(event.time.timestamp() > late for event in told if event.type != WITHDRAWN)
        return
    first, last = found
    before = (first.score or 0.0) if first else 0.0
    assert sum(part.points for part in last.change) == pytest.approx((last.score or 0.0) - before, abs=1e-9)
    assert sum(part.points for part in last.contributions) == pytest.approx(last.score or 0.0, abs=1e-9)


@thorough
@given(st.data(), overridden(), st.floats(0, SPAN_S), st.floats(1, 90 * DAY))
def test_the_order_in_which_facts_were_told_is_of_no_account(
    data: st.DataObject, told: list[AnyEvent], start_s: float, length_s: float
) -> None:
    one = between(told, start_s, start_s + length_s)
    other = between(data.draw(shuffled(told)), start_s, start_s + length_s)
    if one is None or other is None:
        assert one is other
        return
    assert one[1].score == pytest.approx(other[1].score, abs=1e-9)
    assert one[1].override == other[1].override


def test_it_is_the_score_of_what_had_happened_by_then() -> None:
    told: list[AnyEvent] = [order(0), opened(HOUR, 3), contact(2 * DAY)]
    found = between(told, DAY, 3 * DAY)
    assert found is not None
    assert found[0] is not None
    assert found[0].score == pytest.approx(score_of(*told[:2], at_s=DAY))
    assert found[1].score == pytest.approx(score_of(*told, at_s=3 * DAY))


def test_without_an_event_between_them_it_is_decay_alone() -> None:
    found = between([order(0)], DAY, 9 * DAY)
    assert found is not None
    assert reasons(found[1]) == {PartKind.DECAY}


def test_from_before_the_first_event_all_of_the_score_came_meanwhile() -> None:
    found = between([order(0)], -DAY, DAY)
    assert found is not None
    assert found[0] is None
    assert PartKind.BASE in reasons(found[1])


def test_an_override_that_ended_between_them_is_a_part() -> None:
    found = between([order(0), override_set(HOUR, 90.0, DAY)], 2 * HOUR, 3 * DAY)
    assert found is not None
    [part] = [part for part in found[1].change if part.kind is PartKind.OVERRIDE]
    assert part.reason is OverrideReason.EXPIRED


def test_a_withdrawal_takes_back_nothing_before_it_happened() -> None:
    mistake = contact(HOUR, -1.0)
    found = between([order(0), mistake, withdrawn(2 * DAY, mistake)], DAY, 3 * DAY)
    assert found is not None
    assert found[0] is not None
    assert found[0].score == pytest.approx(score_of(order(0), mistake, at_s=DAY))


def test_nothing_had_happened_by_then() -> None:
    assert between([order(0)], -2 * DAY, -DAY) is None
    assert between([], None, DAY) is None


def test_a_profile_alone_has_no_score_to_move() -> None:
    found = between([profile(0)], HOUR, DAY)
    assert found is not None
    assert (found[1].score, found[1].change) == (None, ())
