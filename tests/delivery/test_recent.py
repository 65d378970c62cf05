"""When alerts last came: counted as by going through them all, in whatever order they were noted."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from consumers.delivery.attention.recent import Recent
from schemas.ids import AlertId

_BEGIN = datetime(2026, 3, 2, tzinfo=UTC)
_KEPT = timedelta(hours=50)
_alerts = st.integers(0, 9).map(lambda number: AlertId(f"a{number}"))
_hours = st.integers(0, 49)


@given(st.lists(st.tuples(_alerts, _hours)), _alerts, st.integers(0, 60), st.sets(_alerts))
def test_others_are_counted_as_by_going_through_them_all(
    noted: list[tuple[AlertId, int]], alert: AlertId, since_h: int, soon: set[AlertId]
) -> None:
    """As long as nothing is forgotten."""
    recent = Recent[str](_KEPT)
    first: dict[AlertId, int] = {}
    for one, hour in sorted(noted, key=lambda it: it[1] // 5):  # what other processes wrote comes a little later
        recent.note("m", one, _BEGIN + timedelta(hours=hour))
        first.setdefault(one, hour)
    expected = ({one for one, hour in first.items() if hour >= since_h} | soon) - {alert}
    assert recent.others("m", alert, _BEGIN + timedelta(hours=since_h), soon) == len(expected)
    assert recent.others("n", alert, _BEGIN, soon) == len(soon - {alert})


def test_what_is_older_than_is_kept_is_forgotten() -> None:
    recent = Recent[str](_KEPT)
    for number in range(500):
        recent.note("m", AlertId(f"a{number}"), _BEGIN + timedelta(hours=number))
    assert recent.others("m", AlertId("b"), _BEGIN, ()) == 51
