"""Everything that is wrong with a policy file is said at once, each fault with its path and its line."""

from contextlib import suppress
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pulse.exit_codes import ExitCode
from pulse.policies.errors import PolicyFaults
from pulse.policies.reading import MAX_BYTES, parse_policy, policy_named, read_policy
from streams.core.policies import default_tables
from tests.policy.faulty import line_with, replaced, shipped, write


def faults_in(text: str) -> list[tuple[str, int | None, str]]:
    with pytest.raises(PolicyFaults) as caught:
        parse_policy(text, "mine.yaml")
    return [(fault.path, fault.line, fault.message) for fault in caught.value.faults]


def test_the_policy_shipped_holds() -> None:
    assert parse_policy(shipped()) == default_tables().policy == policy_named("default")


def test_a_fault_is_told_as_file_line_path_and_what_was_expected() -> None:
    text = replaced(("contact: {dimension: relationship, points: 0.8", "contact: {dimension: relationship, points: x"))
    with pytest.raises(PolicyFaults) as caught:
        parse_policy(text, "mine.yaml")
    line = line_with(text, "points: x")
    said = f'mine.yaml:{line}: signals.contact.points: expected a number between -100 and 100, got "x"'
    assert said in str(caught.value)
    assert caught.value.exit_code is ExitCode.USAGE


@pytest.mark.parametrize(
    "old, new, path, at, says",
    [
        ("hysteresis: 3", "hysteresys: 3", "bands.hysteresys", "hysteresys", "unknown; did you mean hysteresis?"),
        ("hysteresis: 3", "qqq: 3", "bands.qqq", "qqq", "unknown; known are healthy_from, "),
        ("hysteresis: 3", "", "bands.hysteresis", "bands:", "missing; expected a number at least 0 and below 20"),
        ("  contact:", "  contcat:", "signals.contcat", "contcat", "no such signal; did you mean contact?"),
        ("  contact:", "  contcat:", "signals.contact", "signals:", "missing; expected a mapping"),
        ("service: 0.35", "service: 0.45", "dimensions", "dimensions:", "must sum to 1, they sum to 1.1"),
        ("_below: 25", "_below: 45", "bands", "bands:", "expected critical_below < at_risk_below < healthy_from"),
        ("points: 14, half_life_d: 60", "points: 21, half_life_d: 60", "signals.recovered_3", "s: 21,", "complaint_3"),
        (
            "complaint_2: {dimension: service",
            "complaint_2: {dimension: commerce",
            "signals.complaint_2.dimension",
            "complaint_2: {",
            "expected service, the dimension that every account has",
        ),
        ("min_purchases: 5", "min_purchases: 1", "silence.purchases.min_purchases", "es: 1", "at least 2, got 1"),
        ("      all: {gaps", "      al: {gaps", "silence.purchases.segments", "    segments:", "expected `all`"),
        ("{all: 60, str", "{all: 60, big: 3, str", "silence.contacts.line_d", "big", "long_tail), got big"),
        ("rule: own_line", "rule: risk", "silence.purchases.alert", "alert: {", "expected a risk with the rule risk"),
        ("overdue, gone_silent]", "overdue, sad]", "silence.alerts.1", "sad", 'overdue or gone_silent, got "sad"'),
        (
            "by_category: {}",
            "by_category: {tecnical: [1, 1, 1, 1]}",
            "complaints.answer_sla_h_by_category.tecnical",
            "{tecnical:",
            "unknown; did you mean technical?",
        ),
        (
            "by_category: {}",
            "by_category: {billing: [1, 1, 0, 1]}",
            "complaints.answer_sla_h_by_category.billing.2",
            "billing: [",
            "expected a number above 0, got 0",
        ),
        ("  survey:", "  survey: {}\n  survey:", "signals.survey", "survey: {dim", "given twice, first in line 19"),
        ("_life_d: 21", "_life_d: .inf", "signals.usage.half_life_d", ".inf", "at most 3650 or null, got Infinity"),
        ("version: 1", "version: 1.5", "version", "1.5", "expected a whole number at least 1, got 1.5"),
        ("policy: default", "policy: A B", "policy", "A B", 'a text that matches ^[a-z0-9_-]{1,64}$, got "A B"'),
        ("48, 24, 8]", "48, -1, 8]", "complaints.answer_sla_h.2", "-1,", "expected a number above 0, got -1"),
        ("48, 24, 8]", "48, 24]", "complaints.answer_sla_h.3", "24]", "missing; expected a number above 0"),
        ("[72, 48, 24, 8]", "72", "complaints.answer_sla_h", "h: 72", "expected a list of 4, each a number above 0"),
        ("USD: 0.87", "USD: x", "currencies.rates.USD", "USD: x", 'a number above 0 and at most 1e+06, got "x"'),
        ("USD: 0.87", "XYZ: 0.87", "currencies.rates.XYZ", "XYZ:", "expected an ISO 4217 currency code such as EUR"),
        ("EUR: 1,", "EUR: 2,", "currencies", "currencies:", "expected a rate of 1 for the base, EUR"),
        (
            "value_normal: {dimension: commerce, points: 0, half_life_d: 365",
            "value_normal: {dimension: commerce, points: 0, half_life_d: 90",
            "signals.order_value_normal",
            "order_value_normal",
            "a longer half-life",
        ),
        (
            "usage_reports: {dimension: relationship, points: 0, half_life_d: 21",
            "usage_reports: {dimension: relationship, points: 1, half_life_d: 21",
            "signals.usage_reports",
            "usage_reports:",
            "and no points",
        ),
        (
            "products: {dimension: commerce, points: 0, half_life_d: 90",
            "products: {dimension: commerce, points: 0, half_life_d: 60",
            "signals.products",
            "products:",
            "expected the dimension and half-life of orders, and no points",
        ),
        (
            "product_complaint: {dimension: service, points: -3",
            "product_complaint: {dimension: service, points: 3",
            "signals.product_complaint.points",
            "product_complaint:",
            "expected 0 points or less: a complaint never raises a score",
        ),
        ("from: at_risk", "from: dire", "alerts.band_dropped_from", "dire", 'at_risk or critical, got "dire"'),
        ("{complaint_overdue:", "{complaint_overdu:", "escalation.pace.complaint_overdu", "overdu:", "no such kind of"),
        ("director: 16", "director: 0", "escalation.delay_h.director", "director: 0", "between 0.001 and 1000, got 0"),
        ("s: account_manager", "s: boss", "escalation.starts_with.revenue_disagrees", "s: boss", "director or vice_"),
        ("days: [0, 1", "days: [7, 1", "escalation.working_days.0", "[7, 1", "a whole number between 0 and 6, got 7"),
        (
            "[upsell_ready, rec",
            "[upsell_redy, rec",
            "escalation.stays.0",
            "[upsell_redy,",
            "did you mean upsell_ready?",
        ),
        ('ends: "17:00"', 'ends: "late"', "escalation.day_ends", '"late"', 'a time of day such as 09:00, got "late"'),
        ("heartbeat_s: 8", "heartbeat_s: 8\n  7: 2", "publish.7", "  7: 2", "a key must be a text"),
    ],
)
def test_every_kind_of_fault_names_its_path_and_its_line(old: str, new: str, path: str, at: str, says: str) -> None:
    text = replaced((old, new))
    [(_, line, message)] = [fault for fault in faults_in(text) if fault[0] == path]
    assert line == line_with(text, at)
    assert says in message


def test_a_complaint_signal_is_of_the_dimension_that_every_account_has() -> None:
    pairs = [
        (f"{name}_2: {{dimension: service", f"{name}_2: {{dimension: commerce") for name in ("complaint", "recovered")
    ]
    [(path, line, message)] = faults_in(replaced(*pairs))
    assert (path, line) == ("signals.complaint_2.dimension", line_with(shipped(), "complaint_2:"))
    assert message.startswith("expected service, the dimension that every account has")


def test_faults_of_all_kinds_come_together_in_the_order_of_their_lines() -> None:
    text = replaced(
        ("  contact:", "  contcat:"),
        ("service: 0.35", "service: 0.45"),
        ("points: 14, half_life_d: 60", "points: 21, half_life_d: 60"),
        ("  delivered:", "  delivered: {}\n  delivered:"),
        ("hysteresis: 3", "hysteresis: -3"),
        ("critical_below: 25", "critical_below: 45"),
        ("heartbeat_s: 8", "heartbeat_s: soon"),
    )
    found = faults_in(text)
    assert {path for path, _, _ in found} == {
        "dimensions",
        "signals.contact",
        "signals.contcat",
        "signals.delivered",
        "signals.recovered_3",
        "bands",
        "bands.hysteresis",
        "publish.heartbeat_s",
    }
    lines = [line or 0 for _, line, _ in found]
    assert lines == sorted(lines)


def test_a_value_that_is_null_by_right_counts_where_several_are_seen_together() -> None:
    old = "complaint_3: {dimension: service, points: -20, half_life_d: 60"
    text = replaced((old, old.replace("60", "null")), ("heartbeat_s: 8", "heartbeat_s: soon"))
    assert {path for path, _, _ in faults_in(text)} == {"signals.recovered_3", "publish.heartbeat_s"}


def test_what_rests_on_a_faulty_value_is_not_told_as_a_fault_of_its_own() -> None:
    text = replaced(
        ("complaint_3: {dimension: service, points: -20", "complaint_3: {dimension: service, points: x"),
        ("critical_below: 25", "critical_below: x"),
        ("service: 0.35", "service: x"),
        ("points: 14, half_life_d: 60", "points: 21, half_life_d: 60"),
    )
    assert {path for path, _, _ in faults_in(text)} == {
        "signals.complaint_3.points",
        "bands.critical_below",
        "dimensions.service",
    }


@pytest.mark.parametrize(
    "text, line, says",
    [
        ("", None, "expected a mapping, got null"),
        ("- one\n", 1, "expected a mapping, got a list"),
        ("policy: [\n", 2, "not YAML: while parsing a flow node"),
        ("policy: a\n---\npolicy: b\n", 2, "not YAML: expected a single document"),
        ("policy: \x07", None, "not YAML: unacceptable character"),
        ("? [a]\n: 1\n", 1, "not YAML: while constructing a mapping"),
        ("version: 2026-02-30\n", None, "not YAML that can be read: day is out of range"),
        ("[" * 5_000, None, "not YAML that can be read: maximum recursion"),
        ("&a [*a]", 1, "expected a mapping, got a list"),
        ("!!python/object/apply:os.getcwd []", 1, "not YAML: could not determine a constructor"),
    ],
)
def test_what_is_no_policy_at_all_is_one_fault(text: str, line: int | None, says: str) -> None:
    [fault] = faults_in(text)
    assert fault[:2] == ("", line)
    assert says in fault[2]


def test_a_file_that_cannot_be_read_is_a_fault(tmp_path: Path) -> None:
    for path, says in (
        (tmp_path / "missing.yaml", "cannot be read: No such file"),
        (tmp_path, "cannot be read: Is a directory"),
        (write(tmp_path, "# " + "x" * MAX_BYTES), "are no policy"),
    ):
        with pytest.raises(PolicyFaults, match=says):
            read_policy(path)
    latin = tmp_path / "latin.yaml"
    latin.write_bytes(b"policy: \xfc")
    with pytest.raises(PolicyFaults, match="byte 8 is not UTF-8"):
        read_policy(latin)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | st.integers(), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_whatever_stands_somewhere_in_a_policy_it_is_read_or_refused(data: st.DataObject) -> None:
    document = yaml.safe_load(shipped())
    target = document
    while isinstance(nested := target[name := data.draw(st.sampled_from(sorted(target)))], dict):
        if data.draw(st.booleans()):
            break
        if not nested:
            return
        target = nested
    target[name] = data.draw(_VALUES)
    with suppress(PolicyFaults):
        parse_policy(yaml.safe_dump(document, allow_unicode=True))
