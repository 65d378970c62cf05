"""The table a person reads says what the fold does, for facts of every type."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.plain import Plain
from streams.core.complaints import NO_COMPLAINT, advanced
from streams.core.counting import COUNTINGS, TAKING_BACK
from streams.core.effects import effects_of, on_scale
from streams.core.policy import COUNTED_SIGNALS, SEVERITIES
from tests.schemas.examples import TYPES, golden

AT = 1_000.0
VARIANTS: dict[str, list[dict[str, Any]]] = {
    "interaction.logged.v1": [{"sentiment": -1.0}, {"sentiment": 0.5}],
    "interaction.usage_reported.v1": [{"quantity": 0.0}, {"quantity": 3.0}],
    "purchase.subscription_changed.v1": [
        {"change": change} for change in ("started", "renewed", "expanded", "reduced", "cancelled")
    ],
    "complaint.opened.v1": [*({"severity": severity} for severity in SEVERITIES), {"category": "technical"}],
    "complaint.resolved.v1": [{"severity": severity} for severity in SEVERITIES],
}


def variants(event_type: str) -> Iterator[Plain]:
    for change in VARIANTS.get(event_type, [{}]):
        event = golden(event_type)
        yield {**event, "data": {**event["data"], **change}}


def counted(event: Plain) -> set[str]:
    """The signals that a fact counts in which its account did not count in before."""
    signals = {effect.signal for effect in effects_of(event, AT, {"EUR": 1.0})}
    before = NO_COMPLAINT
    if event["type"] != "complaint.opened.v1":
        opening = golden("complaint.opened.v1")
        opening["data"]["severity"] = event["data"].get("severity", 1)
        before = advanced(before, opening, AT - 1)
    after = advanced(before, event, AT)
    signals |= {signal for signal, _ in after.counts} - {signal for signal, _ in before.counts}
    return {COUNTED_SIGNALS[signal] for signal in signals}


@pytest.mark.parametrize("event_type", [name for name in TYPES if name != "fact.withdrawn.v1"])
def test_a_type_counts_in_the_signals_that_the_table_names(event_type: str) -> None:
    found = set().union(*(counted(event) for event in variants(event_type)))
    assert found == {one.signal for one in COUNTINGS if one.event_type == event_type}


def taken_back(event_type: str) -> bool:
    """Whether a fact of the type makes a complaint that was opened and resolved count for less."""
    before = NO_COMPLAINT
    for nth, told in enumerate(("complaint.opened.v1", "complaint.resolved.v1")):
        before = advanced(before, golden(told), AT - 2 + nth)
    return len(advanced(before, golden(event_type), AT).counts) < len(before.counts)


def test_what_the_table_says_takes_back_does_so() -> None:
    complaints = [name for name in TYPES if name.startswith("complaint.")]
    assert {name for name in complaints if taken_back(name)} == set(TAKING_BACK) - {"fact.withdrawn.v1"}
    assert not set(TAKING_BACK) & {one.event_type for one in COUNTINGS}


def test_every_signal_is_counted_in_by_something() -> None:
    assert {one.signal for one in COUNTINGS} == set(COUNTED_SIGNALS)


ENDS = st.floats(-1000, 1000, allow_nan=False)


@given(ENDS, ENDS, st.floats(0, 1))
def test_an_answer_lies_on_its_scale_from_minus_1_to_1_however_narrow_that_is(
    one: float, other: float, share: float
) -> None:
    bottom, top = min(one, other), max(one, other)
    if bottom < top:
        answer = min(top, max(bottom, bottom + share * (top - bottom)))
        assert -1.0 <= on_scale(answer, bottom, top) <= 1.0
        assert (on_scale(bottom, bottom, top), on_scale(top, bottom, top)) == (-1.0, 1.0)


@pytest.mark.parametrize("bottom, top", [(0.0, 5e-324), (-5e-324, 5e-324), (1.0, 1.0000000000000002)])
def test_the_narrowest_scale_there_is_stops_nothing(bottom: float, top: float) -> None:
    assert (on_scale(bottom, bottom, top), on_scale(top, bottom, top)) == (-1.0, 1.0)
