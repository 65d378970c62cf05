"""`pulse dead-letters list` and `show` say what is there, whole and safely."""

from datetime import timedelta
from pathlib import Path

from pulse.deadletters.wording import MEANINGS
from pulse.exit_codes import ExitCode
from pulse.local.ports import free_port
from schemas.broker import Broker
from schemas.errors import Reason
from schemas.topics import COMPLAINTS, DEAD_LETTERS
from tests.deadletters.running import AT, MARKS, DeadLetters, bury, letter
from tests.worker.running import Log


def test_every_reason_says_what_it_means_and_what_mends_it() -> None:
    assert set(MEANINGS) == set(Reason)


def test_the_list_is_newest_last_and_every_filter_narrows_it(dead_letters: DeadLetters, log: Log) -> None:
    newest = bury(log, letter(3, refused_at=AT + timedelta(hours=2)), b"{")
    oldest = bury(log, letter(1, Reason.NOT_JSON), b"{")
    middle = bury(log, letter(2, topic=COMPLAINTS, refused_at=AT + timedelta(hours=1)), b"{")
    assert dead_letters.ids() == [oldest, middle, newest]
    assert dead_letters.ids("--reason", "not_json") == [oldest]
    assert dead_letters.ids("--topic", COMPLAINTS.name) == [middle]
    assert dead_letters.ids("--since", (AT + timedelta(hours=1)).isoformat()) == [middle, newest]
    assert dead_letters.ids("--since", "90s") == []
    assert dead_letters.ids("--limit", "2") == [middle, newest]
    assert dead_letters.json("list", "--limit", "2")["fitting"] == 3


def test_what_a_crash_left_twice_is_one_letter_and_what_is_none_is_said(dead_letters: DeadLetters, log: Log) -> None:
    once = bury(log, letter(1), b"{")
    bury(log, letter(1), b"{")
    log.send_raw(DEAD_LETTERS, key=b"A1", value=b"a stranger's")
    ran = dead_letters.run("list")
    assert [line.split("\t")[1] for line in ran.stdout.decode().splitlines()] == [once]
    assert b"1 records of account.dead-letters are no dead letters" in ran.stderr


def test_a_letter_is_shown_with_its_bytes_and_nothing_steers_the_terminal(dead_letters: DeadLetters, log: Log) -> None:
    value = b"\x1b[2J" + b"x" * 10
    shown = bury(log, letter(1), value, key=b"\xff\x00")
    said = dead_letters.run("show", shown).stdout
    assert b"\x1b" not in said
    for part in (b"hex ff00", value.hex().encode(), b"trace: hex 00ff", b"the test says so", b"its data are not what"):
        assert part in said
    assert dead_letters.run("show", shown, "--value").stdout == value
    whole = dead_letters.json("show", shown)
    assert [header["name"] for header in whole["headers"]] == [name for name, _ in MARKS]
    assert whole["key"] == {"hex": "ff00"}


def test_an_unknown_letter_and_wrong_arguments_are_told_apart(dead_letters: DeadLetters, log: Log) -> None:
    gone = dead_letters.run("show", "account.purchases/0/99")
    assert (gone.returncode, gone.stdout) == (ExitCode.FAILED, b"")
    assert b"no such dead letter: account.purchases/0/99" in gone.stderr
    for wrong in (
        ("show", "nonsense"),
        ("list", "--since", "soon"),
        ("list", "--topic", "x"),
        ("list", "--reason", "x"),
    ):
        assert dead_letters.run(*wrong).returncode == ExitCode.USAGE


def test_a_broker_that_is_away_is_said(tmp_path: Path) -> None:
    ran = DeadLetters(Broker(bootstrap=f"127.0.0.1:{free_port()}"), tmp_path).run("list")
    assert ran.returncode == ExitCode.UNAVAILABLE
    assert b"no Kafka broker answers" in ran.stderr
