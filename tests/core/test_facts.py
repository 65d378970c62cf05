"""The columns say of every fact what the fact says."""

from datetime import UTC, datetime

import orjson
from hypothesis import given
from hypothesis import strategies as st

from schemas.plain import Plain
from streams.core.facts import FEW, digest_of, facts_of, seconds, seconds_of

TIMES = st.datetimes(datetime(1900, 1, 1), datetime(2199, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - they are made aware
IDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)


def written(at: datetime, digits: int) -> str:
    return at.isoformat(timespec="microseconds")[: 20 + digits].rstrip(".") + "Z"


@given(st.lists(st.builds(written, TIMES, st.integers(0, 6)), max_size=20))
def test_many_times_read_at_once_are_those_read_singly(texts: list[str]) -> None:
    many = texts * (FEW + 1)
    assert seconds_of(many).tolist() == [seconds(text) for text in many]


def fact(source: str, event_id: str) -> Plain:
    time = "2026-03-01T12:00:00Z"
    return {"subject": "A-1", "source": source, "id": event_id, "type": "complaint.resolved.v1", "time": time}


@given(st.lists(st.builds(fact, IDS, IDS), min_size=1, max_size=5))
def test_what_a_part_says_of_a_fact_is_json_whatever_its_id(events: list[Plain]) -> None:
    for event, told in zip(events, facts_of(events, range(len(events)), [0.0] * len(events)).told, strict=True):
        said = orjson.loads("{" + told.rstrip(",") + "}")
        assert (said["event_id"], said["source"]) == (event["id"], event["source"])
        assert (said["event_type"], said["event_time"]) == (event["type"], event["time"])


def test_no_fact_is_an_empty_batch() -> None:
    assert len(facts_of([], [], [])) == 0


def test_an_identity_is_its_source_and_its_id() -> None:
    assert digest_of("a", "bc") != digest_of("ab", "c")
