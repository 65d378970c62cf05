"""A row comes back from the changelog exactly as it went: bytes of the columns, and what is beside them."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.catalogue import AnyEvent
from schemas.plain import to_plain
from streams.core.complaints import NO_COMPLAINT, Complaint, CourseFact
from streams.core.escalation.climb import Climb
from streams.core.ledgers import keep
from streams.core.phases import Phase
from streams.core.state import NEVER, Episode, Extra, Output, Partition, Profile
from streams.core.subscriptions import Change, Subscription
from streams.worker.rows import Beside, PartitionRecord, Waiting, from_value, to_values
from tests.core.bench import Bench
from tests.core.building import DAY, opened, order, profile, withdrawn
from tests.core.owing import disputed, paid, promised, shipped, to_deliver
from tests.core.timelines import SPAN_S, overridden, thorough, timelines

ONLY = np.array([0])
CLIMB = Climb("M-1", "M-2", 3, "M-9", ("M-1", "M-9"), 0.1 + 0.2, 14_400.0, 7.5)
EPISODE = Episode(
    3, Phase.SNOOZED, 7, ("a", "b"), 1.5, 2.5, CLIMB, "band_worsened", {"score": "41.0", "band_to": "at_risk"}
)


@thorough
@given(timelines() | overridden(), st.booleans(), st.booleans())
def test_any_account_comes_back_as_it_was(told: list[AnyEvent], named: bool, flushed: bool) -> None:
    bench = Bench()
    bench.feed(*told, *([profile(0)] if named else []))
    if flushed:
        bench.flush(SPAN_S + 9)
        bench.feed(opened(SPAN_S, 4, "C-9", due_after_s=0.25))
    partition = bench.partition
    [value] = to_values(partition, ONLY)
    row, beside = from_value(value)
    assert row.tobytes() == partition.rows[0].tobytes()
    assert (beside.extra or Extra()) == partition.extras.get(0, Extra())
    assert beside.waiting == waiting_in(partition)
    assert beside.outbox == partition.outbox.get(0, [])


def waiting_in(partition: Partition) -> list[Waiting]:
    effects = partition.pending.all()
    columns = (effects.said.tolist(), effects.signal.tolist(), effects.amount.tolist(), effects.at.tolist())
    return [Waiting(*fact) for fact in zip(*columns, strict=True)]


def of_one(extra: Extra | None = None, outbox: list[Output] | None = None) -> bytes:
    """The value of an account of which nothing else is known."""
    partition = Partition()
    partition.rows_of(["A-1"])
    if extra is not None:
        partition.extras[0] = extra
    if outbox:
        partition.outbox[0] = outbox
    [value] = to_values(partition, ONLY)
    return value


def test_an_empty_row_keeps_its_infinities_and_its_nan() -> None:
    row, beside = from_value(of_one())
    assert np.isnan(row["told_score"][0])
    assert row["at"][0] == NEVER
    assert row["next_due"][0] == row["since"][0] == row["first_at"][0] == np.inf
    assert beside == Beside()


@pytest.mark.parametrize(
    "fill",
    [
        lambda extra: setattr(extra, "profile", Profile(1.5, "Müller & Søn “A”", "mid", "12000.00", "EUR", "M-1")),
        lambda extra: extra.put("C", NO_COMPLAINT, Complaint(((CourseFact("opened", 0.1 + 0.2, 4), -1),))),
        lambda extra: extra.put("", NO_COMPLAINT, Complaint()),
        lambda extra: extra.put("C", NO_COMPLAINT, Complaint(((CourseFact("opened", 1.5, 4, "product", 7.25), 1),))),
        lambda extra: keep(extra.ledgers, to_plain(promised(0)), 0.1 + 0.2, 1),
        lambda extra: keep(extra.ledgers, to_plain(paid(0, amount="7.5")), 1.5, -1),
        lambda extra: keep(extra.ledgers, to_plain(to_deliver(0)), 0.1 + 0.2, 1),
        lambda extra: keep(extra.ledgers, to_plain(to_deliver(0, shipped_after_s=0.5)), 1.5, -1),
        lambda extra: keep(extra.ledgers, to_plain(shipped(0)), 1.5, -1),
        lambda extra: keep(extra.ledgers, to_plain(disputed(0)), 1.5, 1),
        lambda extra: setattr(
            extra, "subscription", Subscription(((Change(1.5, 0.1, "EUR"), -1), (Change(2.5, 7.0, "USD", 9.25), 2)))
        ),
        lambda extra: extra.episodes.update(band_dropped=EPISODE),
    ],
)
def test_what_is_beside_the_columns_comes_back_exactly(fill: Callable[[Extra], object]) -> None:
    extra = Extra()
    fill(extra)
    assert from_value(of_one(extra))[1] == Beside(extra)


def test_messages_that_wait_to_be_told_come_back_exactly() -> None:
    outbox = [Output("account.alerts", b'{"text":"\xc3\xa6 \\u0000 \\""}'), Output("account.health", b"")]
    assert from_value(of_one(outbox=outbox))[1] == Beside(outbox=outbox)


def test_the_row_that_comes_back_may_be_written() -> None:
    row, _ = from_value(of_one())
    row["flush"] = 7
    assert row["flush"][0] == 7


def test_a_row_of_another_state_version_is_refused() -> None:
    value = of_one()
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
