"""A short fuzzing holds every promise, and a promise that is broken is found, with the record that shows it."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from schemas.errors import Reason
from streams.worker.engine import Engine
from streams.worker.transport import Batch
from tests.fuzz import by_model
from tests.fuzz.course import Course, Outcome
from tests.fuzz.faults import Fault
from tests.fuzz.stream import Stream

SEED = 11
RECORDS = 20_000
FEW = 3_000


def ignore(outcome: Outcome) -> None:
    """Nobody listens."""


def test_whatever_comes_every_record_is_applied_or_dead_and_all_promises_hold() -> None:
    outcome = Course(SEED).run(RECORDS, ignore)
    assert outcome.records == RECORDS
    assert outcome.applied + outcome.duplicates + outcome.dead.total() == RECORDS
    assert outcome.applied > RECORDS / 2
    assert outcome.duplicates > 100
    assert outcome.by_model > RECORDS / 10
    every = {reason.value for reason in Reason} - {Reason.WRONG_SOURCE.value}  # the gateway's alone
    assert outcome.dead.keys() >= every - {Reason.NAIVE_TIME.value}  # rare


def test_a_seed_makes_the_same_records_and_the_same_sum() -> None:
    first, second = (list(Stream(SEED).stretch(1e9)) for _ in range(2))
    assert first == second
    assert first != list(Stream(SEED + 1).stretch(1e9))
    assert Course(SEED).run(FEW, ignore) == Course(SEED).run(FEW, ignore)


def _chokes(engine: Engine, batch: Batch, now: float) -> None:
    if any(b"severity" in (record.value or b"") for record in batch.records):
        raise ZeroDivisionError
    engine.take_in(batch, now)


def test_an_exception_is_told_with_the_first_record_that_ends_in_it_by_itself() -> None:
    with pytest.raises(Fault, match="ZeroDivisionError") as caught:
        Course(SEED, _chokes).run(FEW, ignore)
    record = caught.value.record
    assert record is not None
    assert b"severity" in (record.value or b"")
    assert f"--seed {SEED} --records {record.number}" in caught.value.lines(SEED)[-1]


def _loses(engine: Engine, batch: Batch, now: float) -> None:
    engine.take_in(replace(batch, records=batch.records[1:]), now)


def test_a_record_that_is_neither_applied_nor_dead_is_found() -> None:
    with pytest.raises(Fault, match="accounted for"):
        Course(SEED, _loses).run(FEW, ignore)


def _loses_count(engine: Engine, batch: Batch, now: float) -> None:
    engine.take_in(batch, now)
    partition = engine.owned[batch.partition].held.partition
    partition.rows["sums"][:, 0] = float("nan")


def test_a_sum_that_is_no_number_is_found() -> None:
    with pytest.raises(Fault, match="no number in"):
        Course(SEED, _loses_count).run(FEW, ignore)


def _spoils_letters(engine: Engine, batch: Batch, now: float) -> None:
    engine.take_in(batch, now)
    owned = engine.owned[batch.partition]
    owned.refused = [(key, (value or b"") + b" ", headers) for key, value, headers in owned.refused]


def test_a_dead_letter_that_is_not_the_record_as_it_came_is_found() -> None:
    with pytest.raises(Fault, match="not the record as it came"):
        Course(SEED, _spoils_letters).run(FEW, ignore)


def _any_home(home: int, partition: int) -> None:
    """Every partition is right."""


def test_what_batch_and_model_see_differently_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(by_model, "check_home", _any_home)
    with pytest.raises(Fault, match="the batch path refuses what the model accepts"):
        Course(SEED).run(RECORDS, ignore)


def test_a_row_that_is_read_back_differently_is_found() -> None:
    course = Course(SEED)
    course.run(FEW, ignore)
    values = course._changelog._values[0]
    first, second = list(values)[:2]
    values[first] = values[second]
    with pytest.raises(Fault, match="read back differently"):
        course._changelog.check(course._engine)


def test_the_program_ends_with_the_sum_as_one_object() -> None:
    command = [sys.executable, "-m", "tests.fuzz", "--records", "500", "--seed", "3", "--json"]
    root = Path(__file__).parents[2]
    ran = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    report = json.loads(ran.stdout.splitlines()[-1])
    assert report["seed"] == 3
    assert report["fault"] is None
    assert report["applied"] + report["duplicates"] + sum(report["dead"].values()) == report["records"] == 500
