"""A policy run over a history decides as the worker does, whatever the order and the company facts are read in."""

from random import Random

from pulse.rehearsing.course import Opened, rehearse
from pulse.rehearsing.run import impatient
from schemas.alerts import StepKind
from schemas.catalogue import AnyEvent
from schemas.events.complaints import ComplaintAnswered
from schemas.ids import AccountId
from streams.core.policies import default_policy, default_tables
from streams.core.policy import Policy
from streams.core.rulebook import Rulebook
from streams.core.tables import Tables, to_tables
from tests.core.bench import Bench, tables_with
from tests.core.building import DAY, HOUR, MINUTE, START, At, clock, contact, course, opened, order, profile
from tests.rehearsing.histories import WATCHFUL, complaints, days, flapping, run, told

LOOKS_EVERY = 2 * HOUR


def as_the_worker(events: list[AnyEvent], until_s: float, tables: Tables) -> list[Opened]:
    """What a worker opens that reads every event when it happens and looks at everybody every two hours."""
    bench, now_s = Bench(tables), 0.0
    for event in sorted(events, key=lambda one: one.time):
        at_s = (event.time - START).total_seconds()
        while now_s + LOOKS_EVERY < at_s:
            now_s += LOOKS_EVERY
            bench.flush(now_s)
        bench.feed(event, watermark=at_s)
        bench.flush(at_s)
    while now_s < until_s:
        now_s = min(now_s + LOOKS_EVERY, until_s)
        bench.flush(now_s)
    steps = [step for step in bench.told.steps if step.step is StepKind.OPENED]
    return sorted(Opened(one.at.timestamp(), one.account_id, one.kind, one.owner or "") for one in steps)


def test_a_complaint_answered_too_late_on_the_day_it_was_due_is_told_and_one_in_time_is_not() -> None:
    found = run(complaints(), 3 * DAY)
    due = clock(DAY + HOUR)
    assert [one[:3] for one in found.opened] == [(due, f"A-{number}", "complaint_overdue") for number in (1, 2)]
    assert [one.owner for one in found.opened] == ["M-1", "M-1"]
    assert found.owners == {"M-1", "M-2"}


def test_what_falls_due_and_is_settled_within_an_hour_is_told_whoever_stands_beside() -> None:
    """Opened a day before, and within the same hour: what was opened before folds in another batch than the answer."""
    before, within, on_time = (AccountId(f"A-{number}") for number in (1, 2, 3))
    events: list[AnyEvent] = [
        opened(At(HOUR, "before", before), due_after_s=DAY + 10 * MINUTE),
        course(ComplaintAnswered, At(DAY + HOUR + 40 * MINUTE, "late", before)),
        opened(At(HOUR, "within", within), due_after_s=10 * MINUTE),
        course(ComplaintAnswered, At(HOUR + 40 * MINUTE, "late too", within)),
        opened(At(HOUR, "on time", on_time), due_after_s=50 * MINUTE),
        course(ComplaintAnswered, At(HOUR + 40 * MINUTE, "in time", on_time)),
    ]
    overdue = [one[:3] for one in run(events, 3 * DAY).opened if one.kind == "complaint_overdue"]
    assert overdue == [
        (clock(HOUR + 10 * MINUTE), "A-2", "complaint_overdue"),
        (clock(DAY + HOUR + 10 * MINUTE), "A-1", "complaint_overdue"),
    ]


def test_what_is_due_in_the_last_hours_is_told() -> None:
    assert len(run(complaints()[:6], DAY + 2 * HOUR).opened) == 3


def test_a_score_that_fades_below_a_line_drops_when_it_crosses_it_and_not_when_somebody_looks() -> None:
    orders: list[AnyEvent] = [order(number * 0.5) for number in range(3)]
    tables = tables_with(bands={"at_risk_below": 57})
    [drop] = [one for one in run(orders, 45 * DAY, tables).opened if one.kind == "band_dropped"]
    [live] = [one for one in as_the_worker(orders, 45 * DAY, tables) if one.kind == "band_dropped"]
    assert abs(drop.at - live.at) < 1
    assert drop.at % DAY not in (0, clock(0) % DAY)


def test_what_lies_after_the_end_is_not_told() -> None:
    assert run(complaints()[:6], DAY).opened == []


def test_it_opens_what_a_worker_opens_that_reads_every_event_when_it_happens() -> None:
    events = complaints() + flapping() + _regular(AccountId("A-4"), 16, 1)
    for tables in (default_tables(), WATCHFUL, to_tables(impatient(WATCHFUL.policy))):
        found = run(events, 52 * DAY, tables).opened
        assert found == as_the_worker(events, 52 * DAY, tables)
        assert {one.kind for one in found} >= {"complaint_overdue", "gone_silent"}


def _regular(account: AccountId, times: int, every_d: float) -> list[AnyEvent]:
    """An account that orders by a rhythm and then stops, with a contact an hour after each order."""
    found: list[AnyEvent] = [profile(At(0, "regular", account), "M-3")]
    for number in range(times):
        at_s = number * every_d * DAY
        found += [
            order(At(at_s, f"order-{number}", account)),
            contact(At(at_s + HOUR, f"call-{number}", account), -0.5),
        ]
    return found


def test_the_order_in_which_facts_are_read_and_the_accounts_beside_change_nothing() -> None:
    events = complaints() + flapping() + _regular(AccountId("A-4"), 16, 1)
    whole = run(events, 52 * DAY)
    shuffled = list(events)
    Random(7).shuffle(shuffled)
    assert run(shuffled, 52 * DAY) == whole
    names = sorted({event.subject for event in events})
    apart = [run([event for event in events if event.subject == name], 52 * DAY) for name in names]
    assert sorted(one for part in apart for one in part.opened) == whole.opened


def test_facts_of_one_account_in_one_hour_are_judged_together_and_of_two_hours_apart() -> None:
    close: list[AnyEvent] = [order(At(0.0, "1")), order(At(10.0, "2")), order(At(HOUR, "3"))]
    heard: list[int] = []
    rehearse(told(close), Rulebook.of(default_policy()), clock(DAY), heard.append)
    assert heard == [2, 1]


def test_nothing_comes_of_nothing() -> None:
    assert run([], DAY).opened == []


def test_impatience_reaches_into_segments() -> None:
    document = WATCHFUL.policy.model_dump(mode="json") | {
        "segments": {"mid": {"bands": {"dwell_worse_s": 5}}, "strategic": {"bands": {"healthy_from": 75}}}
    }
    found = impatient(Policy.model_validate(document))
    for segment in (None, *found.segments):
        bands = found.of_segment(segment).bands
        assert (bands.hysteresis, bands.dwell_worse_s, bands.dwell_better_s) == (0, 0, 0)
    assert found.segments.keys() == {"mid", "strategic"}


def test_an_alert_about_a_drop_that_must_hold_is_not_told_of_one_that_does_not() -> None:
    patient, raw = (run(flapping(), 40 * DAY, tables) for tables in (WATCHFUL, to_tables(impatient(WATCHFUL.policy))))
    assert [one for one in days(patient.opened) if one[1] == "band_dropped"] == []
    assert [one for one in days(raw.opened) if one[1] == "band_dropped"] == [
        ("A-1", "band_dropped", float(day)) for day in (15, 20, 25)
    ]


def test_who_did_not_waver_drops_by_no_policy_and_need_not_be_run_again() -> None:
    events = flapping() + _regular(AccountId("A-4"), 16, 1)
    found = run(events, 40 * DAY, WATCHFUL)
    assert found.wavered == {"A-1"}
    raw = to_tables(impatient(WATCHFUL.policy))
    whole, part = (run(some, 40 * DAY, raw) for some in (events, flapping()))
    assert part.opened == [one for one in whole.opened if one.account == "A-1"]
    assert not [one for one in whole.opened if one.kind == "band_dropped" and one.account != "A-1"]
