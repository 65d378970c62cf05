"""Timelines drawn by hypothesis: the facts of one account in any order of arrival, withdrawals included."""

from collections.abc import Sequence
from typing import Final, get_args

from hypothesis import settings
from hypothesis import strategies as st

from schemas.catalogue import AnyEvent
from schemas.events.purchases import SubscriptionChange
from schemas.events.withdrawals import Withdrawable
from tests.core.building import (
    DAY,
    At,
    Course,
    contact,
    course,
    dispute,
    invoice,
    opened,
    order,
    subscription,
    withdrawn,
)

SPAN_S: Final = 120 * DAY
"""Timelines lie in [0, SPAN_S) after the start."""

thorough: Final = settings(max_examples=60, deadline=None)
"""For every property here: the machine may be busy, so no deadline."""

_SECONDS: Final = st.integers(0, int(SPAN_S) - 1).map(float)
_COMPLAINT: Final = st.sampled_from(["C-1", "C-2"])
_LATER: Final = st.sampled_from(get_args(Course))


@st.composite
def _event(draw: st.DrawFn, number: int) -> Withdrawable:
    at = At(draw(_SECONDS), f"e-{number}")
    made: tuple[st.SearchStrategy[Withdrawable], ...] = (
        st.builds(order, st.just(at)),
        st.builds(invoice, st.just(at)) | st.builds(dispute, st.just(at)),
        st.builds(contact, st.just(at), st.none() | st.floats(-1, 1)),
        st.builds(subscription, st.just(at), st.sampled_from(SubscriptionChange)),
        st.builds(opened, st.just(at), st.integers(1, 4), _COMPLAINT, st.none() | st.floats(0, 5 * DAY)),
        st.builds(course, _LATER, st.just(at), _COMPLAINT),
        st.builds(course, _LATER, st.just(at), _COMPLAINT),
    )
    return draw(made[draw(st.integers(0, len(made) - 1))])


@st.composite
def timelines(draw: st.DrawFn, max_size: int = 14) -> list[AnyEvent]:
    """Distinct facts of one account, in no order of time; a withdrawal may stand before or after its original."""
    count = draw(st.integers(1, max_size))
    originals = [draw(_event(number)) for number in range(count)]
    told: list[AnyEvent] = [*originals]
    for number in draw(st.lists(st.integers(0, count - 1), max_size=3, unique=True)):
        back = withdrawn(At(draw(_SECONDS), f"w-{number}"), originals[number])
        told.insert(draw(st.integers(0, len(told))), back)
    return told


def shuffled(told: Sequence[AnyEvent]) -> st.SearchStrategy[list[AnyEvent]]:
    return st.permutations(list(told))


def with_repeats(draw: st.DrawFn, told: Sequence[AnyEvent]) -> list[AnyEvent]:
    """Some facts told again, somewhere after their first telling."""
    result = list(told)
    for event in draw(st.lists(st.sampled_from(list(told)), max_size=5)):
        first = next(index for index, seen in enumerate(result) if seen.id == event.id)
        result.insert(draw(st.integers(first + 1, len(result))), event)
    return result
