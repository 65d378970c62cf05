"""What should have come of telling people and did not, over real tables; the receipts are what delivery writes."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consumers.clickhouse.blocks import to_blocks
from consumers.clickhouse.reading import sort
from consumers.clickhouse.writer import Writer
from consumers.console.queries import NOTIFICATION
from consumers.runtime.clickhouse import ClickHouse, Client, rows
from pulse.doctor.findings import State
from pulse.doctor.telling import told
from schemas.alerts import AlertStep, StepKind
from schemas.deliveries import DeliveryReceipt, Outcome
from schemas.ids import ManagerId
from schemas.topics import ALERTS, DELIVERIES
from tests.clickhouse.test_reading import Record
from tests.delivery.desk import Desk
from tests.delivery.samples import OWNER, band_dropped, manager

LEAD, BOSS, STRANGER = (ManagerId(name) for name in ("M-01", "M-02", "M-99"))
PEOPLE: Final = (OWNER, LEAD, BOSS, STRANGER)
LONG_AGO: Final = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
GAPS: Final = "SELECT step_id, recipient FROM delivery_gaps ORDER BY step_id, recipient"
OVERDUE: Final = "SELECT recipient, channel, reason, attempts, due_at FROM deliveries_overdue ORDER BY ALL"


def lay(
    place: ClickHouse, steps: Iterable[AlertStep], receipts: Iterable[DeliveryReceipt], at: datetime = LONG_AGO
) -> None:
    """Write them as the sink does, as told at a moment."""
    laid = [(ALERTS, str(one.account_id), one.model_dump_json()) for one in steps]
    laid += [(DELIVERIES, one.notification_id, one.model_dump_json()) for one in receipts]
    records = [
        Record(topic.name, value.encode(), key.encode(), [], partition=0, offset=offset, timestamp=_ms(at))
        for offset, (topic, key, value) in enumerate(laid)
    ]
    assert Writer(place).write(to_blocks(sort(records, 1, LONG_AGO), LONG_AGO)) == []


def delivered(steps: Sequence[AlertStep], *, most: int = 3) -> list[DeliveryReceipt]:
    """What delivery writes when these steps reach it, `most` at a time. Nobody takes its mails: they are put off."""
    desk = Desk()
    for name in (LEAD, BOSS):
        desk.directory.learn(manager(name))
    for start in range(0, len(steps), most):
        desk.handle(*steps[start : start + most])
    return desk.log.receipts


def empty(client: Client) -> None:
    for table in ("alerts", "deliveries"):
        client.command(f"TRUNCATE TABLE {table}")


def gaps(client: Client) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in rows(client, GAPS)]


def made(random: Random, account: str) -> list[AlertStep]:
    """An episode in which anything may happen to anybody."""
    kinds = [StepKind.OPENED, *random.choices(list(StepKind), k=random.randrange(5))]
    historic = random.random() < 0.2
    return [_any_step(random, account, number, kind, historic) for number, kind in enumerate(kinds, 1)]


def _any_step(random: Random, account: str, number: int, kind: StepKind, historic: bool) -> AlertStep:
    chain = tuple(random.sample(PEOPLE, random.randrange(3)))
    away = ", ".join(random.sample(PEOPLE, random.randrange(3)))
    return band_dropped(
        account,
        step_no=number,
        step=kind,
        historic=historic,
        owner=random.choice((OWNER, None)),
        escalation_chain=chain,
        actor=random.choice((None, *PEOPLE)),
        facts={"absent": away} if away else {},
    )


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32))
def test_whatever_delivery_decides_leaves_no_gap(clickhouse: ClickHouse, client: Client, seed: int) -> None:
    empty(client)
    random = Random(seed)
    steps = [one for number in range(8) for one in made(random, f"A-{number}")]
    lay(clickhouse, steps, delivered(steps, most=random.randrange(1, 6)))
    assert gaps(client) == []


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32))
def test_a_step_whose_receipts_are_missing_is_named_with_whoever_was_due(
    clickhouse: ClickHouse, client: Client, seed: int
) -> None:
    """Of a step that somebody in particular is told of: the receipts say who."""
    empty(client)
    random = Random(seed)
    steps = [one for number in range(4) for one in made(random, f"A-{number}")]
    receipts = delivered(steps)
    lost = random.choice(steps).step_id
    lay(clickhouse, steps, [one for one in receipts if one.step_id != lost])
    due = {one.recipient or "" for one in receipts if one.step_id == lost}
    found = {name for step, name in gaps(client) if step == lost}
    assert found == due or (found == {""} and any(one.step_id == lost and one.historic for one in steps))


def test_one_of_two_who_were_due_is_named_alone(clickhouse: ClickHouse, client: Client) -> None:
    steps = [band_dropped(), band_dropped(step_no=2, step=StepKind.ESCALATED, escalation_chain=(LEAD,))]
    end = band_dropped(step_no=3, step=StepKind.RESOLVED)
    receipts = delivered([*steps, end])
    lay(clickhouse, [*steps, end], [one for one in receipts if (one.step_id, one.recipient) != (end.step_id, LEAD)])
    assert gaps(client) == [(end.step_id, LEAD)]


def test_a_receipt_that_nobody_is_told_stands_for_all_who_might_have_been(
    clickhouse: ClickHouse, client: Client
) -> None:
    """As when delivery no longer remembers who was told of the beginning."""
    steps = [band_dropped(), band_dropped(step_no=2, step=StepKind.RESOLVED)]
    lay(clickhouse, steps, [*delivered(steps[:1]), *delivered(steps[1:])])
    assert gaps(client) == []


def test_what_was_decided_within_the_last_minute_is_no_gap_yet(clickhouse: ClickHouse, client: Client) -> None:
    lay(clickhouse, [band_dropped("A-1")], [], at=datetime.now(UTC) - timedelta(seconds=30))
    assert gaps(client) == []
    lay(clickhouse, [band_dropped("A-2")], [], at=datetime.now(UTC) - timedelta(seconds=61))
    assert gaps(client) == [(band_dropped("A-2").step_id, OWNER)]


@pytest.mark.parametrize(("late", "overdue"), [(timedelta(minutes=14), False), (timedelta(minutes=16), True)])
def test_what_was_put_off_and_not_tried_when_it_was_due_is_overdue(
    clickhouse: ClickHouse, client: Client, late: timedelta, *, overdue: bool
) -> None:
    (waiting,) = (one for one in delivered([band_dropped()]) if one.outcome is Outcome.DEFERRED)
    due_at = (datetime.now(UTC) - late).replace(microsecond=0)
    lay(clickhouse, [], [waiting.model_copy(update={"due_at": due_at})])
    wanted = {"recipient": OWNER, "channel": "email", "reason": "receiver_away", "attempts": 1, "due_at": due_at}
    assert rows(client, OVERDUE) == ([wanted] if overdue else [])


def test_the_last_try_says_when_it_is_due_and_an_end_that_nothing_is(clickhouse: ClickHouse, client: Client) -> None:
    (waiting,) = (one for one in delivered([band_dropped()]) if one.outcome is Outcome.DEFERRED)
    again = waiting.model_copy(update={"attempt": 2, "due_at": datetime.now(UTC) + timedelta(hours=1), "step": None})
    lay(clickhouse, [], [waiting])
    assert len(rows(client, OVERDUE)) == 1
    lay(clickhouse, [], [waiting, again])
    assert rows(client, OVERDUE) == []
    empty(client)
    lay(clickhouse, [], [waiting, again.model_copy(update={"outcome": Outcome.DELIVERED, "due_at": None})])
    assert rows(client, OVERDUE) == []


def test_one_notification_among_many_is_found_without_reading_them_all(client: Client) -> None:
    """What a signed link asks. A granule is 8,192 rows."""
    client.command("""
        INSERT INTO deliveries (notification_id, account_id, attempt, outcome)
        SELECT lower(hex(MD5(toString(number)))), concat('A-', toString(number % 500)), 1, 'delivered'
        FROM numbers(100000)
    """)
    client.command("OPTIMIZE TABLE deliveries FINAL")
    (name,) = rows(client, "SELECT notification_id FROM deliveries LIMIT 1 OFFSET 54321")
    asked = {"notification": name["notification_id"]}
    plan = [next(iter(row.values())).strip() for row in rows(client, f"EXPLAIN indexes = 1 {NOTIFICATION}", asked)]
    assert [line for line in plan if line.startswith("Granules:")] == ["Granules: 13/13", "Granules: 1/13"]


def test_the_doctor_names_what_is_missing_and_where_to_look(clickhouse: ClickHouse, client: Client) -> None:
    steps = [band_dropped()]
    receipts = delivered(steps)
    lay(clickhouse, steps, [])
    found = told(client)
    assert (found.state, found.detail[:26]) == (State.FAULT, "1 steps have no receipt, t")
    assert "delivery_gaps" in found.advice
    lay(clickhouse, steps, receipts)
    found = told(client)
    assert found.state is State.FAULT
    assert found.detail.startswith("1 notifications should have gone over email, the oldest since 2026-03-02 09:30 UTC")
    empty(client)
    lay(clickhouse, steps, [one for one in receipts if one.outcome is Outcome.DELIVERED])
    assert told(client).state is State.OK


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
