"""What a policy says otherwise for a segment: checked like the rest of it, each fault with its path and its line."""

import pytest

from pulse.policies.difference import differences
from pulse.policies.reading import parse_policy
from schemas.events.profiles import Segment
from streams.core.rulebook import Rulebook
from streams.core.tables import to_tables
from tests.policy.faulty import line_with, replaced, shipped
from tests.policy.test_reading import faults_in


def with_segments(text: str) -> str:
    return f"{shipped()}\nsegments:\n{text}\n"


def test_a_segment_takes_from_the_rest_what_it_leaves_out() -> None:
    said = "  strategic:\n    bands: {healthy_from: 80}\n    signals: {orders: {points: 7}}"
    policy = parse_policy(with_segments(said))
    strategic, everybody = to_tables(policy, Segment.STRATEGIC), to_tables(policy)
    assert (strategic.name, everybody.name) == ("default/1/strategic", "default/1")
    assert strategic.policy.bands.model_dump() == {**everybody.policy.bands.model_dump(), "healthy_from": 80}
    assert strategic.policy.signals["orders"].half_life_d == 90
    assert to_tables(policy, Segment.MID) is not None
    assert to_tables(policy, Segment.MID).digest == everybody.digest != strategic.digest


def test_the_name_a_policy_goes_by_decides_nothing() -> None:
    one, other = parse_policy(shipped()), parse_policy(replaced(("version: 1", "version: 7")))
    assert to_tables(one).digest == to_tables(other).digest


def test_a_policy_without_segments_is_one_set_of_rules() -> None:
    assert len(Rulebook.of(parse_policy(shipped())).tables) == 1


@pytest.mark.parametrize(
    "text, path, says",
    [
        ("  mid:\n    signals: {orders: {half_life_d: 3}}", "mid.signals.orders.half_life_d", "holds one decayed sum"),
        ("  mid:\n    signals: {orders: {dimension: service}}", "mid.signals.orders.dimension", "the same for every"),
        ("  mid:\n    alerts: {history_horizon_s: 3}", "mid.alerts.history_horizon_s", "same for every segment"),
        ("  mid:\n    signals: {ordrs: {points: 3}}", "mid.signals.ordrs", "no such signal; did you mean orders?"),
        ("  mid:\n    band: {hysteresis: 3}", "mid.band", "unknown; did you mean bands?"),
        ("  mid:\n    bands: {hysteresys: 3}", "mid.bands.hysteresys", "unknown; did you mean hysteresis?"),
        ("  mid:\n    bands: {hysteresis: x}", "mid.bands.hysteresis", "expected a number at least 0 and below 20"),
        ("  mid:\n    bands: {healthy_from: 40}", "mid.bands", "expected critical_below < at_risk_below"),
        ("  mid:\n    dimensions: {service: 0.5}", "mid.dimensions", "must sum to 1, they sum to 1.15"),
        ("  mid:\n    signals: {recovered_2: {points: 20}}", "mid.signals.recovered_2", "complaint_2"),
        ("  mid:\n    signals: 4", "mid.signals", "expected a mapping, got 4"),
        ("  mid: 4", "mid", "expected a mapping, got 4"),
        ("  midd: {}", "midd", "no such segment; did you mean mid?"),
    ],
)
def test_a_fault_in_a_segment_names_its_path_and_its_line(text: str, path: str, says: str) -> None:
    whole = with_segments(text)
    [(found, line, message)] = faults_in(whole)
    assert found == f"segments.{path}"
    assert says in message
    assert line == line_with(whole, text.rsplit("\n", 1)[-1])


def test_faults_of_segments_are_told_together_with_all_others() -> None:
    text = with_segments("  mid:\n    bands: {hysteresis: 99}\n    signals: {orders: {half_life_d: 3}}\n  midd: {}")
    paths = {path for path, _, _ in faults_in(text.replace("beta: 0.25", "beta: x"))}
    assert paths == {
        "complaints.beta",
        "segments.mid.bands.hysteresis",
        "segments.mid.signals.orders.half_life_d",
        "segments.midd",
    }


def test_what_differs_is_told_of_segments_too() -> None:
    one, other = parse_policy(shipped()), parse_policy(with_segments("  mid:\n    bands: {hysteresis: 2}"))
    [found] = differences(one, other)
    assert found.told() == "segments.mid.bands.hysteresis: as for everybody → 2"
