"""A dead letter gives back the record as it came."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.deadletters import DeadLetter, from_headers
from schemas.errors import Reason

AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
ORIGINAL = st.lists(st.tuples(st.text(max_size=20).map("x".__add__), st.none() | st.binary(max_size=50)), max_size=5)


def letter(detail: str = "time: naive") -> DeadLetter:
    return DeadLetter("account.purchases", 3, 42, Reason.NAIVE_TIME, detail, "worker 0.1.0", AT)


@given(ORIGINAL)
def test_the_headers_of_the_original_come_back_as_they_were(original: list[tuple[str, bytes | None]]) -> None:
    assert from_headers(letter().to_headers(original)) == (letter(), original)


def test_a_record_that_is_refused_again_carries_the_last_reason_alone() -> None:
    twice = letter("second").to_headers(letter("first").to_headers([("trace", b"1")]))
    assert from_headers(twice) == (letter("second"), [("trace", b"1")])


def test_an_empty_detail_is_kept() -> None:
    assert from_headers(letter("").to_headers([])) == (letter(""), [])


def test_a_long_detail_is_cut() -> None:
    assert len(from_headers(letter("x" * 5000).to_headers([]))[0].detail) == 1000


def test_a_record_of_somebody_else_is_no_dead_letter() -> None:
    with pytest.raises(KeyError):
        from_headers([("trace", b"1")])
