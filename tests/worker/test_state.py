"""What a changelog gives back, who may overwrite whom, and what is told again after a crash."""

import json
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from schemas.alerts import AlertKind, alert_id
from schemas.broker import Broker
from schemas.catalogue import AnyEvent
from schemas.codec import STRUCTURED_HEADERS, to_structured
from schemas.events.managers import ManagerProfileSet
from schemas.ids import AccountId
from schemas.topics import ACTIONS, ALERTS, CHANGELOG, HEALTH, PROFILES, PURCHASES
from streams.core.policies import default_policy, default_rules
from streams.core.policy import Policy
from streams.core.rulebook import Rulebook
from streams.worker.engine import TOPIC_INDEX, Engine, Owned, Taken
from streams.worker.outbound import Message
from streams.worker.rows import MARK, PARTITION_KEY
from streams.worker.store import Held
from streams.worker.transport import Batch
from tests.worker.reporting_line import manager, owned_by
from tests.worker.running import complaint, event, order

NOW = datetime.now(UTC)


@dataclass
class Record:
    offset: int
    key: bytes | None
    value: bytes | None
    timestamp: int = field(default_factory=lambda: int(time.time() * 1000))
    headers: list[tuple[str, bytes]] = field(default_factory=lambda: list(STRUCTURED_HEADERS))


def batch(topic: str, start: int, events: list[AnyEvent]) -> Batch:
    records = [Record(start + n, one.subject.encode(), to_structured(one)) for n, one in enumerate(events)]
    return Batch(topic, 0, start, start + len(events), start + len(events), records)


def engine_over(held: Held, generation: int = 1, rules: Rulebook | None = None) -> Engine:
    engine = Engine(Broker(partitions=1), rules or default_rules(), 1.0, None)
    engine.own(0, held, generation)
    engine.seek_to({(topic, 0): 0 for topic in TOPIC_INDEX})
    return engine


def managed_engine(held: Held) -> Engine:
    """As `engine_over`, and it knows the managers."""
    engine = engine_over(held)
    for one in (
        manager("Ann", "account_manager", "Leo"),
        manager("Leo", "lead", "Vic"),
        manager("Vic", "vice_president", None),
    ):
        assert isinstance(one, ManagerProfileSet)
        engine.managers.learn(one)
    return engine


def pass_time(engine: Engine) -> None:
    """Every topic was read to its end and is quiet: the clock says what time it is."""
    for topic in TOPIC_INDEX:
        owned(engine).watermark.mark_end(TOPIC_INDEX[topic], time.time(), caught_up=True)
    owned(engine).watermark.read_at = [0.0] * len(TOPIC_INDEX)


def flushed(engine: Engine) -> Taken:
    (taken,) = engine.take(time.time())
    return taken


def changelog(held: Held, *parts: Taken, told: bool = True) -> None:
    """Apply what flushes wrote to the changelog; `told` False is a crash before the outputs were told."""
    rows: list[Message] = []
    for part in parts:
        rows += part.rows
        if told and part.outputs:
            rows.append((PARTITION_KEY, part.told.to_bytes(), ()))
    records = [Record(held.offset + 1 + n, key, value) for n, (key, value, _) in enumerate(rows)]
    start = held.offset + 1
    held.apply(Batch(CHANGELOG.name, 0, start, start + len(records), start + len(records), records))


def owned(engine: Engine) -> Owned:
    return engine.owned[0]


def test_a_recovered_partition_holds_what_was_flushed() -> None:
    engine = engine_over(Held())
    engine.take_in(batch(PURCHASES.name, 0, [order("A1", 1, NOW), order("A2", 2, NOW)]), time.time())
    recovered = Held()
    changelog(recovered, flushed(engine))
    before, after = owned(engine).held.partition, recovered.partition
    assert after.accounts == before.accounts
    assert after.rows.tobytes() == before.rows.tobytes()
    assert recovered.offset == 2


def test_a_worker_with_another_policy_finds_anew_by_when_a_purchase_is_expected() -> None:
    days = [order("A1", number, NOW - timedelta(days=10 * number)) for number in range(5)]
    engine = engine_over(Held())
    engine.take_in(batch(PURCHASES.name, 0, days), time.time())
    recovered = Held()
    changelog(recovered, flushed(engine))
    (before,) = recovered.partition.rows["order_by"].tolist()
    document = default_policy().model_dump(mode="json")
    document["silence"]["purchases"]["segments"]["all"]["quantile_d"] += 24
    other = engine_over(recovered, 2, Rulebook.of(Policy.model_validate(document)))
    other.take(time.time())
    assert recovered.partition.rows["order_by"].tolist() == [before + 20]  # 4 own gaps weigh 4 / 24


def test_a_record_read_again_after_a_crash_is_skipped_by_its_fence() -> None:
    engine = engine_over(Held())
    facts = batch(PURCHASES.name, 0, [order("A1", 1, NOW)])
    engine.take_in(facts, time.time())
    recovered = Held()
    changelog(recovered, flushed(engine))
    again = engine_over(recovered)
    again.take_in(facts, time.time())
    assert recovered.partition.rows["applied"].tolist() == [1]


def test_a_row_of_an_older_generation_never_replaces_a_newer_one() -> None:
    zombie, heir = engine_over(Held(), generation=1), engine_over(Held(), generation=2)
    zombie.take_in(batch(PURCHASES.name, 0, [order("A1", 1, NOW)]), time.time())
    heir.take_in(batch(PURCHASES.name, 0, [order("A1", 1, NOW), order("A1", 2, NOW)]), time.time())
    recovered = Held()
    changelog(recovered, flushed(heir))
    changelog(recovered, flushed(zombie))
    assert recovered.partition.rows["applied"].tolist() == [2]


def test_whoever_takes_over_outranks_all_that_wrote_before() -> None:
    first = engine_over(Held(), generation=7)
    first.take_in(batch(PURCHASES.name, 0, [order("A1", 1, NOW)]), time.time())
    recovered = Held()
    changelog(recovered, flushed(first))
    assert owned(engine_over(recovered, generation=1)).generation == 8


def test_a_stalled_worker_that_gets_its_partition_back_outranks_who_had_it_meanwhile() -> None:
    held = Held()
    stalled, heir = engine_over(held, generation=1), engine_over(Held(), generation=5)
    heir.take_in(batch(PURCHASES.name, 0, [order("A1", 1, NOW)]), time.time())
    changelog(held, flushed(heir))
    stalled.own(0, held, 3)
    assert owned(stalled).generation == 6


@pytest.mark.parametrize("told", [True, False])
def test_what_a_flush_decided_is_told_again_only_if_it_was_not_told(told: bool) -> None:
    engine = engine_over(Held())
    overdue = NOW - timedelta(seconds=30)
    engine.take_in(
        batch("account.complaints", 0, [complaint("A1", 1, NOW - timedelta(minutes=1), overdue)]), time.time()
    )
    engine.fold_queued(time.time())
    pass_time(engine)
    taken = flushed(engine)
    recovered = Held()
    changelog(recovered, taken, told=told)
    again = engine_over(recovered)
    expected = [] if told else [output for _, output in taken.outputs]
    assert {output.topic for _, output in taken.outputs} == {HEALTH.name, ALERTS.name}
    assert [output for _, output in owned(again).untold] == expected


def test_who_acts_first_after_a_restart_is_found_in_the_reporting_line() -> None:
    engine = managed_engine(Held())
    engine.take_in(batch(PROFILES.name, 0, [owned_by("Ann", 9)]), time.time())
    overdue = NOW - timedelta(seconds=30)
    engine.take_in(
        batch("account.complaints", 0, [complaint("A1", 1, NOW - timedelta(minutes=1), overdue)]), time.time()
    )
    engine.fold_queued(time.time())
    pass_time(engine)
    recovered = Held()
    changelog(recovered, flushed(engine))
    again = managed_engine(recovered)
    data = {"alert_id": alert_id(AccountId("A1"), AlertKind.COMPLAINT_OVERDUE, 1), "actor": "Leo"}
    again.take_in(batch(ACTIONS.name, 0, [event("alert.acknowledged.v1", "A1", 2, NOW, data)]), time.time())
    again.fold_queued(time.time())
    steps = [json.loads(output.value) for _, output in flushed(again).outputs if output.topic == ALERTS.name]
    assert [(step["step"], step["escalation_chain"]) for step in steps] == [("acknowledged", ["Leo", "Vic"])]


def test_positions_are_durable_only_once_the_flush_is() -> None:
    engine = engine_over(Held())
    engine.take_in(batch(PURCHASES.name, 0, [order("A1", 1, NOW)]), time.time())
    taken = flushed(engine)
    engine.take_in(batch(PURCHASES.name, 1, [order("A1", 2, NOW)]), time.time())
    assert owned(engine).durable[PURCHASES.name] == 0
    assert taken.positions[PURCHASES.name] == 1


def test_a_changelog_with_a_hole_is_not_half_believed() -> None:
    engine = engine_over(Held())
    engine.take_in(batch(PURCHASES.name, 0, [order("A1", 1, NOW), order("A2", 2, NOW)]), time.time())
    recovered = Held()
    changelog(recovered, flushed(engine))
    after_a_hole = Batch(CHANGELOG.name, 0, recovered.offset + 2, recovered.offset + 3, recovered.offset + 3, [])
    with pytest.raises(ValueError, match="were left out"):
        recovered.apply(after_a_hole)


def test_changelog_records_read_again_put_nothing_back() -> None:
    engine = engine_over(Held())
    recovered = Held()
    engine.take_in(batch(PURCHASES.name, 0, [order("A1", 1, NOW)]), time.time())
    first = flushed(engine)
    changelog(recovered, first)
    engine.take_in(batch(PURCHASES.name, 1, [order("A1", 2, NOW)]), time.time())
    changelog(recovered, flushed(engine))
    [(key, value, _)] = first.rows
    recovered.apply(Batch(CHANGELOG.name, 0, 0, 1, recovered.offset + 1, [Record(0, key, value)]))
    assert recovered.partition.rows["applied"].tolist() == [2]


def test_a_row_that_somebody_else_wrote_meanwhile_loses_what_waited_beside_ours() -> None:
    stalled_held, heirs = Held(), Held()
    stalled, heir = engine_over(stalled_held), engine_over(heirs, generation=2)
    events = [order("A1", number, NOW) for number in (1, 2, 3)]
    stalled.take_in(batch(PURCHASES.name, 0, events[:2]), time.time())
    stalled.fold_queued(time.time())
    assert len(stalled_held.partition.pending.all()) == 8  # an order counts for four signals
    heir.take_in(batch(PURCHASES.name, 0, events), time.time())
    changelog(stalled_held, flushed(heir))
    stalled.own(0, stalled_held, 3)
    assert stalled_held.partition.rows["applied"].tolist() == [3]
    assert len(stalled_held.partition.pending.all()) == len(heirs.partition.pending.all())


def test_the_last_of_several_rows_of_an_account_says_what_is_beside_it() -> None:
    engine = engine_over(Held())
    engine.take_in(batch(PURCHASES.name, 0, [order("A1", 1, NOW)]), time.time())
    first = flushed(engine)
    empty = Record(1, b"A1", MARK + owned(engine).held.partition.rows[:1].tobytes())
    recovered = Held()
    [(key, value, _)] = first.rows
    recovered.apply(Batch(CHANGELOG.name, 0, 0, 2, 2, [Record(0, key, value), empty]))
    assert not recovered.outbox
    assert not recovered.waiting


@pytest.mark.parametrize("told", [True, False])
def test_recovery_keeps_no_message_that_was_told(told: bool) -> None:
    engine = engine_over(Held())
    engine.take_in(batch(PURCHASES.name, 0, [order("A1", 1, NOW)]), time.time())
    recovered = Held()
    taken = flushed(engine)
    changelog(recovered, taken, told=False)
    if told:
        at = recovered.offset + 1
        recovered.apply(
            Batch(CHANGELOG.name, 0, at, at + 1, at + 1, [Record(at, PARTITION_KEY, taken.told.to_bytes())])
        )
    assert bool(recovered.outbox) is not told
