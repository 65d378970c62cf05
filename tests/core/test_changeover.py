"""Another policy from a moment on, other rules for a segment: scores add up, bands begin anew, nobody is paged."""

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.alerts import AlertKind, AlertStep, StepKind
from schemas.catalogue import AnyEvent
from schemas.events.profiles import Segment
from schemas.health import Band, HealthSnapshot, Part, PartKind
from schemas.ids import AccountId
from streams.core.policy import BANDS, Policy
from streams.core.rulebook import ALWAYS, OtherSums, Rulebook, Version
from streams.core.segments import Document
from tests.core.bench import Bench, default_document
from tests.core.building import DAY, HOUR, MINUTE, At, clock, opened, order, profile
from tests.core.explaining import assert_explained
from tests.core.test_money import GROWING, STARTED
from tests.core.timelines import SPAN_S, shuffled, thorough, timelines

OTHER = AccountId("A-2")
Steps = list[tuple[AlertKind, StepKind]]


def policy(version: int = 1, segments: Document | None = None, **sections: Mapping[str, object]) -> Policy:
    """The default policy as another version, with values of some sections replaced."""
    document = default_document()
    for section, values in sections.items():
        under = document[section]
        assert isinstance(under, dict)
        for name, value in values.items():
            under[name] = {**under[name], **value} if isinstance(value, dict) else value
    return Policy.model_validate({**document, "version": version, "segments": segments or {}})


def switching(at_s: float, new: Policy, old: Policy | None = None) -> Rulebook:
    return Rulebook([Version(ALWAYS, old or policy()), Version(clock(at_s), new)])


def steps(told: list[AlertStep]) -> Steps:
    return [(step.kind, step.step) for step in told]


def of_bands(bench: Bench) -> Steps:
    return [one for one in steps(bench.told.steps) if one[0] is AlertKind.BAND_DROPPED]


def parts_of(snapshot: HealthSnapshot, kind: PartKind) -> list[Part]:
    return [part for part in snapshot.change if part.kind is kind]


HARSHER = policy(2, bands={"healthy_from": 90, "at_risk_below": 80, "critical_below": 70})
DEARER = policy(2, signals={"orders": {"points": 9}})


def test_a_score_that_a_new_version_moves_is_told_as_a_part_of_its_own() -> None:
    bench = Bench(rules=switching(DAY, DEARER))
    bench.live(order(0))
    before = bench.told.snapshots[-1]
    bench.flush(DAY + 1)
    after = bench.told.snapshots[-1]
    assert (before.policy, after.policy) == ("default/1", "default/2")
    [part] = parts_of(after, PartKind.POLICY)
    assert part.points == pytest.approx(3 * 0.5, abs=0.02), "three points more of a dimension that weighs a half"
    assert_explained(bench.told.snapshots)


def test_a_row_is_judged_by_the_policy_in_force_when_it_is_read() -> None:
    bench = Bench(rules=switching(DAY, DEARER))
    bench.live(order(0), order(At(DAY - 1, "b")), order(At(DAY, "c")))
    assert [snapshot.policy for snapshot in bench.told.snapshots] == ["default/1", "default/1", "default/2"]


def test_a_new_version_moves_bands_and_pages_nobody() -> None:
    bench = Bench(rules=switching(DAY, HARSHER))
    bench.live(order(0))
    bench.flush(DAY + 1)
    assert [snapshot.band for snapshot in bench.told.snapshots] == [Band.WATCH, Band.CRITICAL]
    assert bench.told.steps == []


def test_a_new_version_resolves_nothing_either() -> None:
    milder = policy(2, bands={"healthy_from": 20, "at_risk_below": 10, "critical_below": 5})
    bench = Bench(rules=switching(DAY, milder))
    bench.live(order(0), *fall(MINUTE))
    bench.flush(DAY + 1)
    assert [snapshot.band for snapshot in bench.told.snapshots][-1] is Band.HEALTHY
    assert of_bands(bench) == [(AlertKind.BAND_DROPPED, StepKind.OPENED)]


def fall(at_s: float) -> list[AnyEvent]:
    """Four complaints of the gravest kind at one moment."""
    return [opened(At(at_s, f"grave-{number}"), 4, complaint=f"C-{number}") for number in range(4)]


def test_what_happens_after_the_change_is_held_against_the_band_at_the_change() -> None:
    """Though nobody looked between the change and the fall."""
    bench = Bench(rules=switching(DAY, DEARER))
    bench.live(order(0))
    bench.feed(*fall(DAY + 5))
    bench.flush(DAY + 10)
    assert of_bands(bench) == [(AlertKind.BAND_DROPPED, StepKind.OPENED)]


def test_what_happened_before_the_change_is_told_by_the_rules_before() -> None:
    """Though it was read after the change, by which the account is critical in any case."""
    bench = Bench(rules=switching(DAY, HARSHER))
    bench.live(order(0))
    bench.feed(*fall(DAY - 5))
    bench.flush(DAY + 10)
    opened_step = bench.told.steps[0]
    assert of_bands(bench) == [(AlertKind.BAND_DROPPED, StepKind.OPENED)]
    assert opened_step.at.timestamp() == clock(DAY - 5)
    assert_explained(bench.told.snapshots)


def test_a_fade_before_the_change_is_told_by_the_rules_before() -> None:
    rules = switching(200 * DAY, HARSHER, policy(bands={"healthy_from": 54, "at_risk_below": 52, "critical_below": 2}))
    bench = Bench(rules=rules)
    bench.live(*(order(At(0, f"o-{number}")) for number in range(2)))
    bench.flush(201 * DAY)
    [step] = bench.told.steps
    assert step.step is StepKind.OPENED
    assert clock(0) < step.at.timestamp() < clock(200 * DAY)


@pytest.mark.parametrize("hours, told", [(3, []), (30, [(AlertKind.COMPLAINT_OVERDUE, StepKind.OPENED)])])
def test_a_shorter_time_to_answer_pages_for_what_becomes_overdue_after_it(hours: float, told: Steps) -> None:
    """Opened at 0, due after 48 h by the old rules: after 3 h it is overdue at the change, after 30 h not yet."""
    shorter = policy(2, complaints={"answer_sla_h": [hours] * 4})
    bench = Bench(rules=switching(DAY, shorter))
    bench.live(order(0), opened(MINUTE, 2))
    for hour in (25, 31, 40):
        bench.flush(hour * HOUR)
    assert [one for one in steps(bench.told.steps) if one[0] is AlertKind.COMPLAINT_OVERDUE] == told


@pytest.mark.parametrize("days, told", [(40, []), (2, [(AlertKind.COMPLAINT_REPEATED, StepKind.OPENED)])])
def test_complaints_that_repeat_one_another_by_the_new_rules_alone_page_nobody(days: float, told: Steps) -> None:
    """Opened 40 days apart, or 2: within 90 days by the new rules, within 30 by the old."""
    rules = switching(60 * DAY, policy(2, complaints={"repeated_within_d": 90}))
    bench = Bench(rules=rules)
    bench.live(order(0), opened(DAY, 1, "C-1"), opened((1 + days) * DAY, 1, "C-2"))
    bench.flush(61 * DAY)
    assert [one for one in steps(bench.told.steps) if one[0] is AlertKind.COMPLAINT_REPEATED] == told
    bench.live(opened(62 * DAY, 1, "C-3"))
    assert [one[0] for one in steps(bench.told.steps)].count(AlertKind.COMPLAINT_REPEATED) == len(told) + 1


@pytest.mark.parametrize("change_d, told", [(200, 0), (41, 1)])
def test_a_silence_that_is_long_by_the_new_rules_alone_is_told_when_it_becomes_so_later(
    change_d: float, told: int
) -> None:
    patient = policy(silence={"alerts": ["purchase_overdue"], "purchases": _patient(policy())})
    bench = Bench(rules=switching(change_d * DAY, policy(2), patient))
    bench.live(*(order(At(number * 10 * DAY, f"o-{number}")) for number in range(5)))
    for day in (195, 201, 205):
        bench.flush(day * DAY)
    assert [step.kind for step in bench.told.steps].count(AlertKind.PURCHASE_OVERDUE) == told


def _patient(shipped: Policy) -> dict[str, object]:
    """Nobody is overdue before years have gone by."""
    model = shipped.silence.purchases.model_dump(mode="json")
    everybody = {"all": model["segments"]["all"] | {"quantile_d": 20_000.0}}
    return {"segments": everybody, "alert": {"rule": "own_line", "risk": None}}


def test_signs_that_the_new_rules_alone_see_offer_nothing() -> None:
    """Four times the use is growth by the new line, and none by the old."""
    blind = policy(upsell={"grows_percent": 1000.0})
    rules = switching(163 * DAY, policy(2), blind)
    seeing, switched = Bench(rules=Rulebook.of(policy())), Bench(rules=rules)
    for bench in (seeing, switched):
        bench.live(*sorted([STARTED, *GROWING], key=lambda event: event.time))
        for day in (162, 163, 164, 165):
            bench.flush(day * DAY)
    assert [step.kind for step in seeing.told.steps].count(AlertKind.UPSELL_READY) == 1
    assert [step.kind for step in switched.told.steps].count(AlertKind.UPSELL_READY) == 0


def test_a_longer_time_to_answer_takes_no_alert_back() -> None:
    longer = policy(2, complaints={"answer_sla_h": [1000] * 4})
    bench = Bench(rules=switching(4 * DAY, longer))
    bench.live(order(0), opened(MINUTE, 2))
    bench.flush(3 * DAY)
    bench.flush(5 * DAY)
    assert steps(bench.told.steps) == [(AlertKind.COMPLAINT_OVERDUE, StepKind.OPENED)]


def test_rules_that_say_nothing_else_of_an_account_leave_its_band_where_it_is() -> None:
    """A band in the stretch of hysteresis would be another one if it were taken anew."""
    lines = {"healthy_from": 55}
    other = policy(2, bands=lines, signals={"complaint_4": {"points": -40}})
    bench = Bench(rules=switching(DAY, other, policy(bands=lines)))
    bench.live(order(0), order(At(HOUR, "b")))
    bench.flush(DAY + 1)
    row = bench.partition.rows[0]
    assert row["judged_by"] == bench.rules.tables[1].digest
    assert (row["told_score"] > 55, row["band"]) == (True, BANDS.index(Band.WATCH))


def test_an_account_of_a_segment_is_judged_by_its_rules() -> None:
    strategic = policy(segments={"strategic": {"bands": {"healthy_from": 90, "at_risk_below": 80}}})
    bench = Bench(rules=Rulebook.of(strategic))
    bench.live(profile(0, segment=Segment.STRATEGIC), order(1))
    bench.live(profile(At(2, account=OTHER)), order(At(3, account=OTHER)))
    last = {str(snapshot.account_id): snapshot for snapshot in bench.told.snapshots}
    assert (last["A-1"].policy, last["A-1"].band) == ("default/1/strategic", Band.AT_RISK)
    assert (last["A-2"].policy, last["A-2"].band) == ("default/1", Band.WATCH)


def test_another_segment_moves_the_score_and_pages_nobody() -> None:
    document = {"strategic": {"bands": {"at_risk_below": 60}, "signals": {"orders": {"points": 1}}}}
    bench = Bench(rules=Rulebook.of(policy(segments=document)))
    bench.live(order(0), profile(HOUR, segment=Segment.STRATEGIC))
    bench.flush(HOUR + 9)
    last = bench.told.snapshots[-1]
    assert (last.policy, last.band) == ("default/1/strategic", Band.AT_RISK)
    assert len(parts_of(last, PartKind.POLICY)) == 1
    assert bench.told.steps == []
    assert_explained(bench.told.snapshots)


def test_a_version_that_needs_other_sums_is_refused() -> None:
    with pytest.raises(OtherSums, match="contact") as caught:
        switching(0, policy(2, signals={"contact": {"half_life_d": 7}}))
    assert caught.value.signals == ("contact",)


@thorough
@given(st.data(), timelines(), st.floats(0, SPAN_S), st.integers(1, 5))
def test_a_change_at_a_moment_is_the_same_whatever_was_read_when(
    data: st.DataObject, told: list[AnyEvent], at_s: float, size: int
) -> None:
    """Shuffled, split, told twice and through crashes: the same scores, and parts that sum to every change."""
    segments = {"strategic": {"signals": {"orders": {"points": 2}}}}
    rules = switching(at_s, policy(2, segments, signals={"orders": {"points": 9}, "contact": {"points": -1}}))
    told = [*told, profile(SPAN_S / 2, segment=Segment.STRATEGIC)]
    straight, wild = Bench(rules=rules), Bench(rules=rules)
    straight.feed(*sorted(told, key=lambda event: event.time))
    straight.flush(SPAN_S + 9)
    mixed = data.draw(shuffled([*told, *told[: len(told) // 2]]))
    for start in range(0, len(mixed), size):
        wild.feed(*mixed[start : start + size])
        if data.draw(st.booleans()):
            wild.flush(SPAN_S * start / len(mixed))
        if data.draw(st.booleans()):
            wild.crash(lag=data.draw(st.integers(0, 3)))
    for bench in (straight, wild):
        bench.flush(SPAN_S + 9)
        bench.flush(SPAN_S + 30)
        assert_explained(bench.told.snapshots)
    one, other = straight.partition.rows, wild.partition.rows
    np.testing.assert_allclose(one["sums"], other["sums"], rtol=1e-9, atol=1e-9)
    assert (one["judged_by"] == other["judged_by"]).all()
