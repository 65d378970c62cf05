"""What a record is, without a broker or a database."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from consumers.clickhouse.blocks import to_blocks
from consumers.clickhouse.reading import sort
from schemas.catalogue import AnyEvent, topic_of
from schemas.codec import STRUCTURED_HEADERS, to_binary, to_structured
from schemas.deadletters import DeadLetter
from schemas.errors import Reason
from schemas.topics import ALERTS, DEAD_LETTERS, HEALTH, MANAGERS, PROFILES
from tests.clickhouse.facts import NOW, A, logged, manager, opened, ordered, profile, snapshot

PARTITION = 3
"""Where murmur2 puts A-1 among 4."""


@dataclass
class Record:
    topic: str
    value: bytes | None
    key: bytes | None = A.encode()
    headers: Sequence[tuple[str, bytes | None]] = field(default_factory=lambda: list(STRUCTURED_HEADERS))
    partition: int = PARTITION
    offset: int = 7
    timestamp: int = 1_700_000_000_000


GOOD = Record("account.complaints", to_structured(opened()))


def test_events_pass_with_the_bytes_they_came_in() -> None:
    events: list[AnyEvent] = [opened(), ordered(), logged(), profile()]
    records = [Record(topic_of(event).name, b" " + to_structured(event)) for event in events]
    done = sort(records, 4, NOW)
    assert [(read.record, read.event, read.payload) for read in done.events] == [
        (record, event, record.value) for record, event in zip(records, events, strict=True)
    ]


def test_an_event_in_binary_mode_is_kept_as_one_object() -> None:
    value, headers = to_binary(opened())
    (read,) = sort([GOOD, Record("account.complaints", value, headers=headers)], 4, NOW).events[1:]
    assert (read.event.data, read.payload) == (opened().data, to_structured(read.event))


@pytest.mark.parametrize(
    "bad, reason",
    [
        (Record("account.complaints", None), Reason.NO_VALUE),
        (Record("account.complaints", b"not json"), Reason.NOT_JSON),
        (Record("account.complaints", b'"\xff"'), Reason.NOT_UTF8),
        (Record("account.complaints", b"x" * 40_000), Reason.TOO_LARGE),
        (Record("account.complaints", b"{},{}"), Reason.NOT_JSON),
        (Record("account.complaints", b'{"type": "complaint.opened.v1"}'), Reason.NO_SUBJECT),
        (Record("account.purchases", GOOD.value), Reason.WRONG_TOPIC),
        (Record("account.complaints", GOOD.value, key=b"A-2"), Reason.WRONG_KEY),
        (Record("account.complaints", GOOD.value, key=None), Reason.WRONG_KEY),
        (Record("account.complaints", GOOD.value, partition=(PARTITION + 1) % 4), Reason.WRONG_PARTITION),
        (Record("account.complaints", to_structured(opened(at=NOW + timedelta(hours=1)))), Reason.FUTURE_TIME),
        (Record(PROFILES.name, None), Reason.NO_VALUE),
    ],
)
def test_what_the_worker_refuses_is_refused_and_stops_nothing(bad: Record, reason: Reason) -> None:
    done = sort([GOOD, bad, GOOD], 4, NOW)
    assert len(done.events) == 2
    assert [(record, why.reason) for record, why in done.refused] == [(bad, reason)]


def test_managers_need_no_partition_and_may_be_deleted() -> None:
    one = Record(MANAGERS.name, to_structured(manager()), key=b"M-1", partition=0)
    gone = Record(MANAGERS.name, None, key=b"M-1", partition=0)
    done = sort([one, gone], 4, NOW)
    assert ([read.record for read in done.events], done.deleted) == ([one], [gone])


@pytest.mark.parametrize("value", [b"{}", b"\xff", None, b"{},{}"])
def test_an_output_nobody_can_read_is_set_apart_with_its_bytes(value: bytes | None) -> None:
    bad = Record(ALERTS.name, value, headers=[("x", b"\xfe")], offset=9)
    fine = Record(HEALTH.name, snapshot(1).model_dump_json().encode(), headers=[])
    done = sort([fine, bad], 4, NOW)
    assert done.outputs[HEALTH.name] == [fine]
    assert [record for record, _ in done.unreadable] == [bad]
    (letter,) = (block for block in to_blocks(done, NOW) if block.table == "dead_letters")
    row = dict(zip(letter.types, (column[0] for column in letter.columns), strict=True))
    assert (row["topic"], row["offset"], row["value"], row["headers"]) == (
        ALERTS.name,
        9,
        value or b"",
        [("x", b"\xfe")],
    )
    assert row["letter_topic"] == ""


@pytest.mark.parametrize("cut", range(1, 4))
def test_two_halves_in_two_records_are_not_one_output(cut: int) -> None:
    """Cut where a comma stood, two would read as one in one call, and a third that holds two make up the count."""
    whole = snapshot(1).model_dump_json().encode()
    pieces = whole.split(b",")
    halves = [b",".join(pieces[:cut]), b",".join(pieces[cut:]), whole + b"," + whole]
    bad = [Record(HEALTH.name, half, headers=[], offset=number) for number, half in enumerate(halves)]
    fine = Record(HEALTH.name, whole, headers=[], offset=3)
    done = sort([*bad, fine], 4, NOW)
    assert done.outputs[HEALTH.name] == [fine]
    assert [record for record, _ in done.unreadable] == bad


@pytest.mark.parametrize("value", [b"null", b"null,\nnull"])
def test_nothing_written_as_json_is_no_output(value: bytes) -> None:
    bad = Record(HEALTH.name, value, headers=[])
    assert [record for record, _ in sort([bad, bad], 4, NOW).unreadable] == [bad, bad]


def test_a_dead_letter_stands_at_the_place_of_its_original() -> None:
    letter = DeadLetter("account.purchases", 3, 42, Reason.NOT_JSON, "broken", "worker 1", NOW)
    headers = letter.to_headers([("content-type", b"\xff\x00")])
    (block, _) = to_blocks(sort([Record(DEAD_LETTERS.name, b"\xfe", key=b"\xfd", headers=headers)], 4, NOW), NOW)
    row = dict(zip(block.types, (column[0] for column in block.columns), strict=True))
    assert (row["topic"], row["partition"], row["offset"]) == ("account.purchases", 3, 42)
    assert (row["key"], row["value"], row["headers"]) == (b"\xfd", b"\xfe", [("content-type", b"\xff\x00")])
    assert (row["reason"], row["letter_topic"], row["letter_offset"]) == ("not_json", DEAD_LETTERS.name, 7)


def test_a_dead_letter_without_our_headers_stands_for_itself() -> None:
    (block, _) = to_blocks(sort([Record(DEAD_LETTERS.name, b"x", headers=[("pulse_dl_offset", b"no")])], 4, NOW), NOW)
    row = dict(zip(block.types, (column[0] for column in block.columns), strict=True))
    assert (row["topic"], row["partition"], row["offset"]) == (DEAD_LETTERS.name, PARTITION, 7)
