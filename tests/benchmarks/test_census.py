from collections import Counter
from datetime import UTC, datetime
from typing import Final

from benchmarks.census import census
from benchmarks.load import TOPICS
from schemas.catalogue import topic_of
from schemas.codec import STRUCTURED_HEADERS, decode

END: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_every_account_has_one_fact_that_we_accept() -> None:
    made = list(census(range(1_000), END))
    events = [decode(record.value, STRUCTURED_HEADERS, END) for record in made]
    assert len({event.subject for event in events}) == 1_000
    assert len({event.id for event in events}) == 1_000
    for record, event in zip(made, events, strict=True):
        assert topic_of(event) is record.topic
        assert event.subject.encode() == record.key


def test_the_mix_is_that_of_the_load() -> None:
    share = Counter(record.topic for record in census(range(1_000), END))
    assert [share[topic] for topic in TOPICS] == [700, 200, 100]


def test_portions_make_the_same_accounts_as_the_whole() -> None:
    whole = [record.key for record in census(range(100), END)]
    parts = [record.key for portion in (range(30), range(30, 100)) for record in census(portion, END)]
    assert whole == parts
