"""What a flush of the worker must look like whatever it was fed."""

import math
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np
import orjson

from schemas.alerts import AlertStep
from schemas.deadletters import PREFIX, from_headers
from schemas.health import HealthSnapshot
from schemas.topics import HEALTH
from streams.core.state import Output, Partition
from streams.worker.engine import Taken
from tests.fuzz.faults import Fault
from tests.fuzz.records import Read

_BY_MODEL_ONE_IN: Final = 50
_EXACT: Final = 1e-6


class Site(NamedTuple):
    """Where a record stands."""

    topic: str
    partition: int
    offset: int


def check_letters(taken: Taken, read: Mapping[Site, Read]) -> Counter[str]:
    """Every refused record is told once, bytes, key and headers intact, with its reason; returns how many by reason.

    Raises:
        Fault: one is not.
    """
    reasons: Counter[str] = Counter()
    told: set[Site] = set()
    for key, value, headers in taken.refused:
        letter, kept = from_headers(headers)
        site = Site(letter.topic, letter.partition, letter.offset)
        record = read[site]
        original = [(name, raw) for name, raw in record.headers if not name.startswith(PREFIX)]
        if (key, value, kept) != (record.key, record.value, original):
            raise Fault("the dead letter is not the record as it came", record)
        if site in told or not letter.detail:
            raise Fault("a dead letter is told twice, or without a detail", record)
        told.add(site)
        reasons[letter.reason.value] += 1
    return reasons


def check_outputs(taken: Taken) -> int:
    """Scores told are finite and in [0, 100], and a sample of messages reads as its model; returns how many were told.

    Raises:
        Fault: one is not.
    """
    for nth, (account, output) in enumerate(taken.outputs):
        told: dict[str, Any] = orjson.loads(output.value)
        if output.topic == HEALTH.name:
            numbers = [told["score"], *(dimension["score"] for dimension in told["dimensions"])]
            lost = told["score"] is None and told["coverage"] > 0
            if lost or not all(number is None or 0.0 <= number <= 100.0 for number in numbers):
                raise Fault(f"a score of {account!r} is no number in [0, 100]: {output.value!r}")
        if nth % _BY_MODEL_ONE_IN == 0:
            _check_by_model(output)
    return len(taken.outputs)


def _check_by_model(output: Output) -> None:
    if output.topic != HEALTH.name:
        AlertStep.model_validate_json(output.value)
        return
    snapshot = HealthSnapshot.model_validate_json(output.value)
    if abs((snapshot.score or 0.0) - math.fsum(part.points for part in snapshot.contributions)) > _EXACT:
        raise Fault(f"contributions do not sum to the score: {output.value!r}")


def check_rows(partition: Partition) -> None:
    """The sums of every account are finite, and its score in [0, 100], or none where it has no signal.

    Raises:
        Fault: one is not.
    """
    finite = np.isfinite(partition.rows["sums"]).all(axis=1)
    score = partition.rows["told_score"]
    none = np.isnan(score) & partition.rows["told_seen"].any(axis=1)
    wrong = np.flatnonzero(~finite | none | (score < 0.0) | (score > 100.0))
    if len(wrong):
        account, row = partition.accounts[int(wrong[0])], partition.rows[int(wrong[0])]
        raise Fault(f"{account!r} has the score {row['told_score']} and the sums {row['sums'].tolist()}")
