"""`pulse dead-letters replay` puts a record back as it came, once, or says why not."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pulse.deadletters.errors import NotAllSent
from pulse.deadletters.judging import Judge, Parcel, Refusal, home_of
from pulse.deadletters.letters import Letter
from pulse.deadletters.replaying import replay
from pulse.exit_codes import ExitCode
from schemas.broker import Broker
from schemas.codec import STRUCTURED_HEADERS, to_structured
from schemas.errors import Reason
from schemas.topics import COMPLAINTS, DEAD_LETTERS, HEALTH, PROFILES, PURCHASES
from tests.deadletters.running import AT, MARKS, DeadLetters, bury, letter, only
from tests.waiting import until
from tests.worker.running import Log, event, order, worker

SETTLED_S = 45.0
GOOD = to_structured(order("A1", 1, AT))


def test_key_value_and_headers_come_back_as_they_were_and_ours_are_gone(dead_letters: DeadLetters, log: Log) -> None:
    misplaced = bury(log, letter(17, Reason.WRONG_PARTITION), GOOD)
    told = dead_letters.json("replay", misplaced)
    record = only(log.read(PURCHASES))
    assert (record.key, record.value, list(record.headers)) == (b"A1", GOOD, MARKS)
    assert record.partition == home_of(b"A1", 4) != 0
    assert told["sent"] == [
        {"id": misplaced, "topic": PURCHASES.name, "partition": record.partition, "offset": record.offset}
    ]


def test_what_is_still_bad_is_refused_and_the_rest_goes(dead_letters: DeadLetters, log: Log) -> None:
    good, bad = bury(log, letter(1), GOOD), bury(log, letter(2, Reason.NOT_JSON), b"{")
    alien = bury(log, letter(3, topic=COMPLAINTS), GOOD)
    ours = bury(log, letter(4, topic=HEALTH), GOOD)
    ran = dead_letters.run("replay", "--all")
    assert ran.returncode == ExitCode.FAILED
    assert f"sent: 1\n  account.purchases/{home_of(b'A1', 4)}: 1\nrefused again: 3\n" in ran.stdout.decode()
    refused = dead_letters.json("replay", "--all", "--dry-run", code=ExitCode.FAILED)
    assert {one["id"]: one["reason"] for one in refused["refused"]} == {
        bad: "not_json",
        alien: "wrong_topic",
        ours: "wrong_topic",
    }
    assert [(one["id"], one["offset"]) for one in refused["sent"]] == [(good, None)]
    assert [record.value for record in log.read(PURCHASES)] == [GOOD], "a rehearsal sends nothing"
    assert log.read(COMPLAINTS) == []


def test_a_wrong_key_is_mended_by_a_key_and_force_sends_what_is_bad(dead_letters: DeadLetters, log: Log) -> None:
    misnamed = bury(log, letter(1, Reason.WRONG_KEY), GOOD, key=b"other")
    (refused,) = dead_letters.json("replay", "--reason", "wrong_key", code=ExitCode.FAILED)["refused"]
    assert refused["reason"] == "wrong_key"
    dead_letters.json("replay", misnamed, "--key", "A1")
    dead_letters.json("replay", bury(log, letter(2), b"{", key=None), "--force")
    assert {(record.key, record.value) for record in log.read(PURCHASES)} == {(b"A1", GOOD), (None, b"{")}


def test_an_old_profile_does_not_take_the_place_of_a_newer_one(dead_letters: DeadLetters, log: Log) -> None:
    data = {"name": "Example Retail 1", "segment": "mid", "annual_value": "1", "currency": "EUR", "owner": "M-1"}
    old, newer, newest = (
        event("account.profile_set.v1", "A1", day, AT + timedelta(days=day), data) for day in range(3)
    )
    log.send(newer)
    first = bury(log, letter(1, topic=PROFILES), to_structured(old))
    second = bury(log, letter(2, topic=PROFILES), to_structured(newest))
    told = dead_letters.json("replay", "--all", code=ExitCode.FAILED)
    assert [(one["id"], one["reason"]) for one in told["refused"]] == [(first, "superseded")]
    assert [one["id"] for one in told["sent"]] == [second]
    dead_letters.json("replay", first, "--force")
    assert [record.value for record in log.read(PROFILES)] == [to_structured(one) for one in (newer, newest, old)]


def test_a_missing_letter_stops_the_others_before_anything_is_sent(dead_letters: DeadLetters, log: Log) -> None:
    there = bury(log, letter(1), GOOD)
    ran = dead_letters.run("replay", there, "account.purchases/0/99")
    assert ran.returncode == ExitCode.FAILED
    assert log.read(PURCHASES) == []


@pytest.mark.parametrize(
    "arguments", [(), ("--all", "--reason", "invalid"), ("--all", "--key", "A1"), ("a.b/0/1", "--all")]
)
def test_what_is_meant_must_be_said_plainly(arguments: tuple[str, ...], tmp_path: Path) -> None:
    ran = DeadLetters(Broker(), tmp_path).run("replay", *arguments)
    assert ran.returncode == ExitCode.USAGE, ran.stderr


def test_a_mended_record_counts_once_however_often_it_is_replayed(
    broker: Broker, dead_letters: DeadLetters, log: Log, tmp_path: Path
) -> None:
    mended = tmp_path / "mended.json"
    mended.write_bytes(to_structured(order("A1", 1, datetime.now(UTC))))
    with worker(broker):
        log.send_raw(PURCHASES, key=b"A1", value=mended.read_bytes().replace(b"EUR", b"E"), headers=MARKS)
        until(lambda: log.read(DEAD_LETTERS), SETTLED_S)
        (bad,) = dead_letters.ids("--reason", "bad_money")
        for _ in range(2):
            dead_letters.json("replay", bad, "--value-file", str(mended))
        log.send(order("A1", 2, datetime.now(UTC)))
        until(lambda: _applied(log) == 2, SETTLED_S)
    assert len(log.read(PURCHASES)) == 4
    assert _applied(log) == 2


def test_a_fact_of_the_future_goes_back_once_its_time_has_come() -> None:
    early = Letter(letter(1, Reason.FUTURE_TIME), b"A1", GOOD, tuple(STRUCTURED_HEADERS))
    before = Judge({PURCHASES.name: 4}, AT - timedelta(hours=1)).judge(early)
    after = Judge({PURCHASES.name: 4}, AT).judge(early)
    assert isinstance(before, Refusal)
    assert before.reason == Reason.FUTURE_TIME
    assert isinstance(after, Parcel)


def test_on_the_in_memory_broker_more_than_it_keeps_waits_for_readers(fresh_embedded_broker: Broker) -> None:
    parcel = Parcel("p/0/1", PURCHASES.name, 0, b"A1", b" " * 30_000, ())
    with pytest.raises(NotAllSent, match="nobody reads") as stopped:
        replay(fresh_embedded_broker, [parcel] * 1500, room_s=1.0)
    assert stopped.value.acknowledged < 1500


def _applied(log: Log) -> int:
    snapshots: list[dict[str, Any]] = log.snapshots(HEALTH).get("A1", [])
    return int(snapshots[-1]["events_applied"]) if snapshots else 0
