"""Who holds a data folder, and what is told of it."""

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pulse.errors import Held
from pulse.local.report import Output, notable
from pulse.local.running import find, holding, left_over
from tests.stack.test_supervisor import Told

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_folder_is_held_once_and_free_again_afterwards(tmp_path: Path) -> None:
    with (
        holding(tmp_path, NOW),
        pytest.raises(Held, match=r"pid \d+, since 2026-03-01T12:00:00\+00:00"),
        holding(tmp_path, NOW),
    ):
        pass
    with holding(tmp_path, NOW):
        pass


def test_looking_whether_somebody_holds_a_folder_does_not_keep_it_from_anybody(tmp_path: Path) -> None:
    (tmp_path / "stack.json").write_text("{}")
    over = threading.Event()

    def look() -> None:
        while not over.is_set():
            find(tmp_path)

    looking = threading.Thread(target=look)
    looking.start()
    try:
        for _ in range(50):
            with holding(tmp_path, NOW):
                pass
    finally:
        over.set()
        looking.join()


def test_a_description_that_cannot_be_read_describes_nothing(tmp_path: Path) -> None:
    (tmp_path / "stack.json").write_text("not json")
    with holding(tmp_path, NOW):
        assert find(tmp_path) is None
    assert left_over(tmp_path) == []


def test_a_process_number_that_is_another_programs_is_nobodys_left_over(tmp_path: Path) -> None:
    (tmp_path / "stack.json").write_text('{"processes": {"worker": 1}}')
    assert left_over(tmp_path) == []


def test_a_warning_is_told_once_and_everything_is_in_the_file(tmp_path: Path) -> None:
    told = Told()
    output = Output("sink", tmp_path, told)
    for line in ('{"event": "broker_away", "level": "warning"}',) * 3 + ('{"event": "fine", "level": "info"}', "plain"):
        output.line(line)
    output.close()
    assert told.lines == ["sink: broker_away"]
    assert len((tmp_path / "sink.log").read_text().splitlines()) == 5


def test_what_is_marked_for_people_is_told_at_any_level() -> None:
    assert notable('{"event": "replaying", "level": "info", "tell": true, "done": 5}') == "replaying done=5"
