from collections import Counter
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Final

import pytest

from benchmarks.ahead import made_ahead
from benchmarks.load import TOPICS, Recipe, Record, records
from schemas.catalogue import topic_of
from schemas.codec import STRUCTURED_HEADERS, decode

END: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
COUNT: Final = 20_000


@pytest.fixture(scope="module")
def made() -> list[Record]:
    return list(records(Recipe(COUNT, END)))


def test_same_recipe_gives_the_same_bytes_and_another_seed_others() -> None:
    small = Recipe(500, END)
    assert list(records(small)) == list(records(small))
    assert list(records(small)) != list(records(Recipe(500, END, seed=2)))


def test_the_default_recipe_makes_the_bytes_it_has_always_made() -> None:
    digest = blake2b(digest_size=8)
    for record in records(Recipe(5_000, END)):
        digest.update(record.topic.name.encode() + record.key + record.value)
    assert digest.hexdigest() == "e40f4567aaa3f81f"


def test_skew_gives_few_accounts_most_of_the_traffic() -> None:
    def busiest(skew: float) -> float:
        traffic = Counter(record.key for record in records(Recipe(COUNT, END, accounts=1_000, skew=skew)))
        assert len(traffic) > 500
        return sum(count for _, count in traffic.most_common(10)) / COUNT

    assert busiest(0.0) == pytest.approx(0.01, abs=0.01)
    assert busiest(1.1) == pytest.approx(0.48, abs=0.05)


def test_every_record_is_an_event_we_accept_on_its_own_topic_and_key(made: list[Record]) -> None:
    for record in made:
        event = decode(record.value, STRUCTURED_HEADERS, END)
        assert topic_of(event) is record.topic
        assert event.subject.encode() == record.key


def test_seven_of_ten_are_interactions_two_purchases_one_a_complaint(made: list[Record]) -> None:
    share = Counter(record.topic for record in made)
    assert [share[topic] / COUNT for topic in TOPICS] == pytest.approx([0.7, 0.2, 0.1], abs=0.01)


def test_one_in_a_hundred_is_told_again_word_for_word(made: list[Record]) -> None:
    assert (COUNT - len(set(made))) / COUNT == pytest.approx(0.01, abs=0.003)


def test_one_in_a_hundred_is_earlier_than_what_came_before(made: list[Record]) -> None:
    newest, late = datetime.min.replace(tzinfo=UTC), 0
    for record in dict.fromkeys(made):
        at = decode(record.value, STRUCTURED_HEADERS, END).time
        late += at < newest
        newest = max(newest, at)
    assert late / COUNT == pytest.approx(0.01, abs=0.003)


def test_what_is_closed_was_opened_before_and_once(made: list[Record]) -> None:
    opened: set[str] = set()
    closed: list[str] = []
    for record in dict.fromkeys(made):
        event = decode(record.value, STRUCTURED_HEADERS, END)
        name = getattr(event.data, "complaint_id", None)
        if name is not None and event.type == "complaint.opened.v1":
            opened.add(name)
        elif name is not None:
            assert name in opened
            closed.append(name)
    assert len(closed) == len(set(closed)) > len(opened) / 2


def test_records_made_ahead_in_another_process_are_the_same() -> None:
    small = Recipe(9_001, END, skew=1.1)
    assert list(made_ahead(small)) == list(records(small))


def test_who_needs_no_more_records_can_leave() -> None:
    made = made_ahead(Recipe(1_000_000, END))
    assert next(iter(made)).key
    made.close()
