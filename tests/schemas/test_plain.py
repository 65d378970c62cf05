"""The plain reading accepts nothing that the models refuse, and says the same as they do of what it accepts."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from pydantic_core import to_json

from schemas import plain
from schemas.catalogue import EVENT, AnyEvent
from schemas.codec import to_structured
from schemas.limits import FIRST_TIME
from tests.schemas.examples import TYPES, events, golden, raw

TIMES = [
    "2026-02-30T00:00:00Z",
    "2026-03-01T12:00:00",
    "2026-03-01T12:00:00+02:00",
    "1772366400",
    "2024-02-29T00:00:00Z",
]
OUT_OF_RANGE = ["1899-12-31T23:59:59Z", "2200-01-01T00:00:00Z"]
AMOUNTS = ["12", "12.34567", "-1", "1e3", "NaN", "eur", "EUR", "١٢"]
OTHERS: list[object] = [None, True, 0, -1, 2.5, 1e20, "", "x", "\x00", "x" * 3000, [], {}, [1]]
JUNK = st.sampled_from([*TIMES, *OUT_OF_RANGE, *AMOUNTS, *OTHERS])


def by_model(value: bytes) -> AnyEvent | None:
    try:
        return EVENT.validate_json(value)
    except ValidationError:
        return None


def by_plain(value: bytes) -> plain.Plain | None:
    try:
        return plain.read(value)
    except ValidationError:
        return None


@given(events())
def test_an_event_of_ours_reads_plainly_as_its_model_lays_it_out(event: AnyEvent) -> None:
    laid_out = plain.to_plain(event)
    assert by_plain(to_json(laid_out)) == laid_out or _has_leap_day(laid_out)


def _has_leap_day(value: object) -> bool:
    return "-02-29T" in json.dumps(value)


@pytest.mark.parametrize("name", TYPES)
@given(st.data())
def test_what_reads_plainly_is_what_the_model_reads(name: str, data: st.DataObject) -> None:
    event = golden(name)
    for _ in range(data.draw(st.integers(0, 2))):
        _spoil(event, data)
    value = raw(event)
    read, model = by_plain(value), by_model(value)
    if read is not None:
        assert model is not None, f"the model refuses {value!r}"
        assert EVENT.validate_json(to_json(read)) == model


def test_a_null_extension_is_read_alike_wherever_it_stands() -> None:
    event = golden("fact.withdrawn.v1")
    event["surplus"] = event["data"]["original"]["surplus"] = None
    read = by_plain(raw(event))
    assert read is not None
    assert EVENT.validate_json(to_json(read)) == by_model(raw(event))


def _spoil(event: dict[str, Any], data: st.DataObject) -> None:
    """Put junk somewhere, leave something out, or add something."""
    target = event
    while nested := [name for name, value in target.items() if isinstance(value, dict) and value]:
        if not data.draw(st.booleans()):
            break
        target = target[data.draw(st.sampled_from(sorted(nested)))]
    name = data.draw(st.sampled_from([*sorted(target), "surplus"]))
    if data.draw(st.booleans()):
        target[name] = data.draw(JUNK)
    else:
        target.pop(name, None)


@given(
    st.datetimes(FIRST_TIME.replace(tzinfo=None), datetime(2199, 12, 31)),  # noqa: DTZ001 - made aware below
    st.sampled_from(["Z", "+00:00"]),
    st.integers(0, 6),
)
def test_every_time_in_utc_but_a_leap_day_is_plain(at: datetime, zone: str, digits: int) -> None:
    text = at.isoformat(timespec="microseconds")[: 20 + digits].rstrip(".") + zone
    event = golden("complaint.resolved.v1") | {"time": text}
    assert (by_plain(raw(event)) is not None) is not (at.month == 2 and at.day == 29)


@pytest.mark.parametrize("value", [b"", b"null", b"[]", b'{"id":"e1"}', b"\xff", b"{} {}"])
def test_what_is_no_event_is_left_to_the_model(value: bytes) -> None:
    assert by_plain(value) is None


def test_two_events_in_one_record_are_none() -> None:
    one = to_structured(EVENT.validate_json(raw(golden("complaint.resolved.v1"))))
    assert by_plain(one + one) is None
    assert by_plain(one + b"," + one) is None


def test_a_time_of_another_zone_is_left_to_the_model() -> None:
    at = datetime(2026, 3, 1, 12, tzinfo=UTC) + timedelta(hours=2)
    event = golden("complaint.resolved.v1") | {"time": at.isoformat().replace("+00:00", "+02:00")}
    assert by_plain(raw(event)) is None
    assert by_model(raw(event)) is not None
