"""What a record says never depends on the records it is read together with."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.codec import STRUCTURED_HEADERS, decode, to_structured
from schemas.errors import BadEvent
from schemas.records import read_events, read_plain
from tests.schemas.examples import NOW, events, golden, raw


@dataclass
class Record:
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]] = field(default_factory=lambda: list(STRUCTURED_HEADERS))
    offset: int = 0
    timestamp: int = 0
    key: bytes | None = None


def outcomes(*values: bytes | None) -> list[object]:
    return [_plain(read) for read in read_events([Record(value) for value in values], NOW)]


def apart(*values: bytes | None) -> list[object]:
    return [outcome for value in values for outcome in outcomes(value)]


def _plain(read: object) -> object:
    return (read.reason, read.detail) if isinstance(read, BadEvent) else read


@given(
    st.lists(
        events().map(to_structured) | st.binary(max_size=20) | st.sampled_from([None, b"null", b"", b"[]"]), max_size=5
    )
)
def test_records_read_together_say_what_each_says_alone(values: list[bytes | None]) -> None:
    assert outcomes(*values) == apart(*values)


def test_two_halves_that_only_together_are_events_stay_two_bad_records() -> None:
    order, call = raw(golden("purchase.order_placed.v1")), raw(golden("interaction.logged.v1"))
    for between in (b'"amount"', b'{"sku": "LAB-050"', b'"source"'):
        head, tail = (part.strip() for part in order.split(between, 1))
        head, tail = head.rstrip(b", "), between + tail
        assert json.loads(head + b", " + tail) == golden("purchase.order_placed.v1")
        assert outcomes(call + b"," + head, tail) == apart(call + b"," + head, tail)


def test_two_halves_of_a_text_stay_two_bad_records() -> None:
    call = raw(golden("interaction.logged.v1"))
    head, tail = call.split(b" where ", 1)
    for glue in (b",", b",null,", b",\nnull,"):
        assert outcomes(call + glue + head, tail) == apart(call + glue + head, tail)


STRUCTURED = ("content-type", b"application/cloudevents+json")


@pytest.mark.parametrize(
    "headers",
    [
        [STRUCTURED, ("content-type", b"application/json"), ("ce_type", b"\xff")],
        [("content-type", b"application/json"), ("ce_type", b"\xff"), STRUCTURED],
        [STRUCTURED, ("Content-Type", b"text/plain"), ("ce_type", b"complaint.opened.v1")],
        [STRUCTURED, ("content-type", None), ("ce_type", b"complaint.opened.v1")],
    ],
)
def test_of_several_content_types_the_last_counts_however_a_record_is_read(
    headers: list[tuple[str, bytes | None]],
) -> None:
    record = Record(raw(golden("interaction.logged.v1")), headers)
    try:
        expected: object = decode(record.value, headers, NOW)
    except BadEvent as bad:
        expected = (bad.reason, bad.detail)
    assert [_plain(read) for read in read_events([record], NOW)] == [expected]
    [plainly] = read_plain([record], NOW)
    assert isinstance(plainly, BadEvent) is isinstance(expected, tuple)
