"""Signed links: what is read is what was signed, by our keys, for this purpose, in time."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import URLSafeSerializer
from pydantic import SecretStr

from consumers.runtime.message_links import BadLink, ExpiredLink, MessageLinks, checked_keys

OLD, NEW, OTHER = ("o" * 40, "n" * 40, "x" * 40)
NAME = "0123456789abcdef0123456789abcdef"
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def links(*keys: str, purpose: str = "message-link-v1") -> MessageLinks:
    return MessageLinks(SecretStr(" ".join(keys)), purpose)


def test_a_link_is_read_until_its_time_is_over() -> None:
    token = links(NEW).sign(NAME, NOW + timedelta(hours=72))
    assert links(NEW).read(token, NOW) == NAME
    assert links(NEW).read(token, NOW + timedelta(hours=72)) == NAME
    with pytest.raises(ExpiredLink):
        links(NEW).read(token, NOW + timedelta(hours=72, seconds=1))


def test_a_link_is_the_same_each_time_it_is_made() -> None:
    assert links(NEW).sign(NAME, NOW) == links(NEW).sign(NAME, NOW)


def test_while_keys_are_replaced_links_of_both_are_read_and_then_no_longer() -> None:
    old = links(OLD).sign(NAME, NOW)
    assert links(NEW, OLD).read(old, NOW) == NAME
    assert links(NEW, OLD).sign(NAME, NOW) == links(NEW).sign(NAME, NOW), "the first of the list signs"
    with pytest.raises(BadLink):
        links(NEW).read(old, NOW)


def test_what_was_signed_for_something_else_is_no_link() -> None:
    with pytest.raises(BadLink):
        links(NEW).read(links(NEW, purpose="something-else").sign(NAME, NOW), NOW)


@given(st.text(max_size=200))
def test_what_was_not_signed_is_no_link(token: str) -> None:
    with pytest.raises(BadLink):
        links(NEW).read(token, NOW)


@given(st.integers(0, 10_000), st.sampled_from("abcXYZ019-_.~="))
def test_a_link_that_was_changed_in_one_place_is_none_or_the_same(place: int, sign: str) -> None:
    token = links(NEW).sign(NAME, NOW)
    at = place % len(token)
    changed = token[:at] + sign + token[at + 1 :]
    try:
        assert links(NEW).read(changed, NOW) == NAME
        assert changed[-3:-1] == token[-3:-1], "only the unused bits of the last sign may differ"
    except BadLink:
        assert changed != token


def test_nothing_but_the_notification_and_a_time_can_be_read_off_a_link() -> None:
    token = links(NEW).sign(NAME, NOW)
    assert URLSafeSerializer("any key").loads_unsafe(token)[1] == [NAME, 1772443800]
    assert len(token) < 120


@pytest.mark.parametrize("keys", ["", "  ", "short", f"{NEW} short"])
def test_a_key_that_could_be_guessed_is_refused(keys: str) -> None:
    with pytest.raises(ValueError, match="at least 32 characters"):
        checked_keys(SecretStr(keys))
