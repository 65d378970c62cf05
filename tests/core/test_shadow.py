"""A policy tried out: it differs where it would, it changes nothing, and the same rules differ nowhere."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.alerts import AlertKind
from schemas.catalogue import AnyEvent
from schemas.events.profiles import Segment
from schemas.health import Band
from schemas.shadow import ShadowChange, ShadowDifference
from streams.core.policy import BANDS, Policy
from streams.core.rulebook import Rulebook, Version
from streams.core.shadow import Shadow
from streams.worker.rows import to_values
from tests.core.bench import Bench
from tests.core.building import DAY, HOUR, MINUTE, At, clock, opened, order, profile, settled_by_person
from tests.core.test_changeover import HARSHER, OTHER, fall, policy, switching
from tests.core.timelines import SPAN_S, overridden

few = settings(max_examples=25, deadline=None)
"""Each example is two folds with many flushes."""
SEGMENTS = {"strategic": {"bands": {"healthy_from": 90, "at_risk_below": 80}}}
STRICTER = policy(
    3,
    {"strategic": {"signals": {"orders": {"points": 1}}}},
    bands={"healthy_from": 62, "at_risk_below": 52, "critical_below": 40},
    signals={"contact": {"points": -3}},
)


def tried(tested: Policy, began_s: float = 0) -> Shadow:
    return Shadow(Version(clock(began_s), tested), clock(began_s))


def live(bench: Bench, told: list[AnyEvent]) -> None:
    """Fed in the order of `told`, flushed as time goes by with and without facts."""
    for number, event in enumerate(told):
        bench.feed(event)
        bench.flush(SPAN_S * number / len(told))
    for days in range(0, 100, 20):
        bench.flush(SPAN_S + days * DAY)


@few
@given(overridden(), st.integers(0, 5))
def test_the_same_rules_differ_nowhere(told: list[AnyEvent], begin: int) -> None:
    """From whatever moment on they are tried out: bands held by hysteresis and alerts that are open are theirs too."""
    bench = Bench(rules=Rulebook.of(policy(1, SEGMENTS)))
    told = [*told, profile(SPAN_S / 2, segment=Segment.STRATEGIC), *told[:2]]
    for event in told[:begin]:
        bench.feed(event)
        bench.flush(SPAN_S / 3)
    bench.shadow = tried(policy(2, SEGMENTS))
    live(bench, told[begin:])
    assert bench.told.differences == []


@few
@given(overridden())
def test_it_differs_as_a_fold_of_its_own_would(told: list[AnyEvent]) -> None:
    told = [profile(0, segment=Segment.MID), *told, profile(SPAN_S / 2, segment=Segment.STRATEGIC)]
    bench, alone = Bench(shadow=tried(STRICTER)), Bench(rules=Rulebook.of(STRICTER))
    for number, event in enumerate(told):
        for one in (bench, alone):
            one.feed(event)
            one.flush(SPAN_S * number / len(told))
        assert_differs_as(bench, alone)
    for days in range(0, 100, 20):
        for one in (bench, alone):
            one.flush(SPAN_S + days * DAY)
        assert_differs_as(bench, alone)


def assert_differs_as(bench: Bench, alone: Bench) -> None:
    """What was published last is what two folds say, each under its own policy."""
    last = bench.told.differences[-1] if bench.told.differences else None
    counts, would = band_of(bench), band_of(alone)
    said = (last.band, last.shadow_band) if last and last.band != last.shadow_band else (counts, counts)
    assert said == (counts, would)
    now = last.alerts[0].now if last and last.alerts else None
    expected = {1: ShadowChange.ADDED, -1: ShadowChange.REMOVED}.get(is_open(alone) - is_open(bench))
    assert now == expected


def band_of(bench: Bench) -> Band | None:
    code = int(bench.partition.rows["band"][0])
    return BANDS[code] if code >= 0 else None


def is_open(bench: Bench) -> bool:
    extra = bench.partition.extras.get(0)
    return extra is not None and extra.is_open(AlertKind.BAND_DROPPED)


@few
@given(overridden())
def test_it_changes_nothing_of_what_counts(told: list[AnyEvent]) -> None:
    watched, alone = Bench(shadow=tried(STRICTER)), Bench()
    for bench in (watched, alone):
        live(bench, told)
    assert watched.told.steps == alone.told.steps
    assert watched.told.snapshots == alone.told.snapshots
    rows = np.arange(len(alone.partition))
    assert to_values(watched.partition, rows) == to_values(alone.partition, rows)


def test_a_difference_is_told_once_and_again_when_it_is_gone() -> None:
    bench = Bench(rules=switching(DAY, HARSHER), shadow=tried(HARSHER))
    bench.live(order(0))
    for minute in range(1, 9):
        bench.flush(minute * MINUTE)
    [differs] = bench.told.differences
    assert (differs.band, differs.shadow_band) == (Band.WATCH, Band.CRITICAL)
    assert (differs.policy, differs.shadow_policy) == ("default/1", "default/2")
    bench.flush(DAY + 1)
    agrees = bench.told.differences[-1]
    assert (agrees.band, agrees.shadow_band, agrees.policy) == (Band.CRITICAL, Band.CRITICAL, "default/2")


def test_an_alert_that_it_alone_would_raise_is_counted_and_sent_to_nobody() -> None:
    bench = Bench(shadow=tried(policy(2, bands={"at_risk_below": 54.5, "critical_below": 5, "healthy_from": 56})))
    bench.live(order(0), order(At(1, "b")), order(At(2, "c")))
    bench.live(opened(2 * HOUR, 3))
    bench.flush(3 * HOUR)
    bench.flush(2 * DAY)
    assert [step for step in bench.told.steps if step.kind is AlertKind.BAND_DROPPED] == []
    [alert] = bench.told.differences[-1].alerts
    assert (alert.kind, alert.now, alert.added) == (AlertKind.BAND_DROPPED, ShadowChange.ADDED, 1)


def test_an_alert_that_stands_when_it_begins_stands_under_it_until_a_person_closes_it() -> None:
    bench = Bench()
    bench.live(order(0), *fall(MINUTE))
    bench.flush(HOUR)
    [step] = [step for step in bench.told.steps if step.kind is AlertKind.BAND_DROPPED]
    bench.shadow = tried(policy(2, bands={"at_risk_below": 44}), HOUR)
    bench.flush(2 * HOUR)
    bench.live(settled_by_person(3 * HOUR, step.alert_id))
    assert not is_open(bench)
    assert [change for change in bench.told.differences if change.alerts] == []


def test_every_account_is_looked_at_though_nothing_is_told_of_it() -> None:
    bench = Bench()
    bench.live(order(0), order(At(0, account=OTHER)))
    bench.shadow = tried(HARSHER, HOUR)
    bench.flush(HOUR)
    assert {one.shadow_band for one in bench.told.differences} == {Band.CRITICAL}


def test_what_it_publishes_says_since_when_and_whose_the_account_is() -> None:
    bench = Bench(shadow=Shadow(Version(clock(5), HARSHER), clock(7)))
    bench.live(profile(0), order(1))
    said: ShadowDifference = bench.told.differences[-1]
    assert (said.tried_since.timestamp(), said.began_at.timestamp()) == (clock(5), clock(7))
    assert said.owner == profile(0).data.owner


def test_rules_that_say_nothing_else_of_an_account_begin_with_its_band_as_it_is() -> None:
    """Its band is held by hysteresis: taken anew it would be another one."""
    lines = {"healthy_from": 55}
    bench = Bench(rules=Rulebook.of(policy(bands=lines)))
    bench.live(order(0), order(At(HOUR, "b")))
    bench.shadow = tried(policy(2, bands=lines, signals={"complaint_4": {"points": -40}}), DAY)
    bench.flush(DAY + 1)
    assert (bench.partition.rows["told_score"][0] > 55, band_of(bench)) == (True, Band.WATCH)
    assert bench.told.differences == []


def test_a_band_that_time_alone_changes_under_it_is_found_by_looking() -> None:
    """The account fades by less than is worth a snapshot, so that by what counts nobody looks at it."""
    bench = Bench(shadow=tried(policy(2, bands={"healthy_from": 52.9, "at_risk_below": 45, "critical_below": 5})))
    bench.live(order(0))
    bench.flush(3 * DAY)
    bench.flush(5 * DAY)
    bench.flush(7 * DAY)
    told = len(bench.told.snapshots)
    assert (told, bench.told.differences[-1].shadow_band) == (1, Band.WATCH)
