"""A row comes back from the changelog exactly as it went: bytes of the columns, and what is beside them."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.catalogue import AnyEvent
from streams.core.complaints import Complaint, CourseFact
from streams.core.state import NEVER, Episode, Extra, Output, Pending, Profile, empty_row
from streams.worker.rows import PartitionRecord, from_value, to_value
from tests.core.bench import Bench
from tests.core.building import DAY, opened, order, profile, withdrawn
from tests.core.timelines import SPAN_S, thorough, timelines


@thorough
@given(timelines(), st.booleans(), st.booleans())
def test_any_account_comes_back_as_it_was(told: list[AnyEvent], named: bool, flushed: bool) -> None:
    bench = Bench()
    bench.feed(*told, *([profile(0)] if named else []))
    if flushed:
        bench.flush(SPAN_S + 9)
        bench.feed(opened(SPAN_S, 4, "C-9", due_after_s=0.25))
    row, extra = bench.partition.rows[0], bench.partition.extras[0]
    again_row, again_extra = from_value(to_value(row, extra))
    assert again_row.tobytes() == row.tobytes()
    assert again_extra == extra


def test_an_empty_row_keeps_its_infinities_and_its_nan() -> None:
    row, extra = from_value(to_value(empty_row()[0], Extra()))
    assert np.isnan(row["told_score"][0])
    assert row["at"][0] == NEVER
    assert row["next_due"][0] == row["since"][0] == row["first_at"][0] == np.inf
    assert extra == Extra()


@pytest.mark.parametrize(
    "fill",
    [
        lambda extra: setattr(extra, "profile", Profile(1.5, "Müller & Søn “A”", "mid", "12000.00", "EUR", "M-1")),
        lambda extra: extra.complaints.update(C=Complaint(((CourseFact("opened", 0.1 + 0.2, 4), -1),))),
        lambda extra: extra.complaints.update({"": Complaint()}),
        lambda extra: extra.episodes.update(band_dropped=Episode(3, open=True, step_no=7, members=("a", "b"))),
        lambda extra: extra.pending.append(Pending("id", "/s", "t", 1.1, 24, -1.0, 1 / 3)),
        lambda extra: extra.outbox.append(Output("account.alerts", b'{"text":"\xc3\xa6 \\u0000 \\""}')),
        lambda extra: extra.pending.append(Pending("id", "/s", "t", NEVER, 24, float("inf"), NEVER)),
    ],
)
def test_what_is_beside_the_columns_comes_back_exactly(fill: Callable[[Extra], object]) -> None:
    extra = Extra()
    fill(extra)
    assert from_value(to_value(empty_row()[0], extra))[1] == extra


def test_the_row_that_comes_back_may_be_written() -> None:
    row, _ = from_value(to_value(empty_row()[0], Extra()))
    row["flush"] = 7
    assert row["flush"][0] == 7


def test_a_row_of_another_state_version_is_refused() -> None:
    value = to_value(empty_row()[0], Extra())
    with pytest.raises(ValueError, match="this code reads"):
        from_value(b"\x09" + value[1:])


@pytest.mark.parametrize("watermark", [None, 0.1 + 0.2])
def test_the_record_of_a_partition_comes_back_as_it_was(watermark: float | None) -> None:
    record = PartitionRecord(flush=12, generation=3, watermark=watermark)
    assert PartitionRecord.from_bytes(record.to_bytes()) == record


def test_a_restored_account_goes_on_where_it_was() -> None:
    mistake = order(DAY)
    live, restored = Bench(), Bench()
    for bench in (live, restored):
        bench.feed(order(0), opened(1))
        bench.flush(10)
    restored.crash()
    for bench in (live, restored):
        bench.feed(mistake, withdrawn(2 * DAY, mistake))
        bench.flush(2 * DAY)
    assert live.partition.rows.tobytes() == restored.partition.rows.tobytes()
    assert live.told == restored.told
