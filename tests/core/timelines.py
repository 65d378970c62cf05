"""Timelines drawn by hypothesis: the facts of one account in any order of arrival, withdrawals included."""

from collections.abc import Sequence
from typing import Final, get_args

from hypothesis import settings
from hypothesis import strategies as st

from schemas.catalogue import AnyEvent
from schemas.events.complaints import Category
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
    override_lifted,
    override_set,
    returned,
    subscription,
    usage,
    withdrawn,
)

SPAN_S: Final = 120 * DAY
"""Timelines lie in [0, SPAN_S) after the start."""

thorough: Final = settings(max_examples=60, deadline=None)
"""For every property here: the machine may be busy, so no deadline."""

_SECONDS: Final = st.integers(0, int(SPAN_S) - 1).map(float)
_COMPLAINT: Final = st.sampled_from(["C-1", "C-2"])
_LATER: Final = st.sampled_from(get_args(Course))


_AT: Final = st.builds(At, _SECONDS)
_FACTS: Final[st.SearchStrategy[list[Withdrawable]]] = st.lists(
    st.one_of(
        st.builds(
            order,
            _AT,
            st.sampled_from(["0", "12.5", "100", "99999"]),
            st.sampled_from(["EUR", "JPY", "XOF"]),
            st.sampled_from([0, 1, 7]),
        ),
        st.builds(returned, _AT),
        st.builds(usage, _AT, st.sampled_from([0.0, 0.5, 12.0, 1e6]), st.sampled_from([3600, 86_400])),
        st.builds(invoice, _AT) | st.builds(dispute, _AT),
        st.builds(contact, _AT, st.none() | st.floats(-1, 1)),
        st.builds(subscription, _AT, st.sampled_from(SubscriptionChange)),
        st.builds(
            opened,
            _AT,
            st.integers(1, 4),
            _COMPLAINT,
            st.none() | st.floats(0, 5 * DAY),
            st.sampled_from([Category.DELIVERY, Category.PRODUCT, Category.TECHNICAL]),
        ),
        st.builds(course, _LATER, _AT, _COMPLAINT),
        st.builds(course, _LATER, _AT, _COMPLAINT),
    ),
    min_size=1,
    max_size=14,
)
_TAKEN_BACK: Final = st.lists(st.tuples(st.integers(0, 13), st.integers(0, 13), _SECONDS), max_size=3)


@st.composite
def timelines(draw: st.DrawFn) -> list[AnyEvent]:
    """Distinct facts of one account, in no order of time; a withdrawal may stand before or after its original."""
    originals = [event.model_copy(update={"id": f"e-{index}"}) for index, event in enumerate(draw(_FACTS))]
    told: list[AnyEvent] = [*originals]
    for number, (which, place, at_s) in enumerate(draw(_TAKEN_BACK)):
        if which < len(originals):
            told.insert(place % len(told), withdrawn(At(at_s, f"w-{number}"), originals[which]))
    return told


_OVERRIDES: Final = st.lists(
    st.builds(override_set, _AT, st.floats(0, 100), st.floats(1, 90 * DAY)) | st.builds(override_lifted, _AT),
    min_size=1,
    max_size=8,
)


@st.composite
def overridden(draw: st.DrawFn) -> list[AnyEvent]:
    """A timeline with overrides in it, some of them taken back; in any order."""
    more: list[AnyEvent] = []
    for number, event in enumerate(draw(_OVERRIDES)):
        named = event.model_copy(update={"id": f"o-{number}"})
        more.append(named)
        if draw(st.integers(0, 3)) == 0:
            more.append(withdrawn(At(SPAN_S, f"ow-{number}"), named))
    return draw(shuffled([*draw(timelines()), *more]))


def shuffled(told: Sequence[AnyEvent]) -> st.SearchStrategy[list[AnyEvent]]:
    return st.permutations(list(told))


def with_repeats(draw: st.DrawFn, told: Sequence[AnyEvent]) -> list[AnyEvent]:
    """Some facts told again, somewhere after their first telling."""
    result = list(told)
    for event in draw(st.lists(st.sampled_from(list(told)), max_size=5)):
        first = next(index for index, seen in enumerate(result) if seen.id == event.id)
        result.insert(draw(st.integers(first + 1, len(result))), event)
    return result
