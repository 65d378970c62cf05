"""A fitted model goes into a policy file, and the rest of the file stays as somebody wrote it."""

import doctest

import pytest
import yaml

from pulse.policies import splicing
from pulse.policies.errors import PolicyFaults
from pulse.policies.fitted import with_model
from pulse.policies.reading import parse_policy
from pulse.policies.splicing import with_section
from streams.core.policies import default_tables
from streams.core.silence.document import AlertLine, Rule, SegmentGaps
from tests.policy.faulty import replaced, shipped

POLICY = default_tables().policy
MODEL = POLICY.silence.purchases.model_copy(
    update={
        "min_purchases": 3,
        "segments": {"all": SegmentGaps(gaps=900, quantile_d=41.5, mean_log=2.1)},
        "alert": AlertLine(rule=Rule.RISK, risk=0.7),
    }
)


def test_worked_examples_are_right() -> None:
    assert doctest.testmod(splicing).failed == 0


def test_the_model_is_the_section_and_the_version_is_raised() -> None:
    policy = parse_policy(with_model(shipped(), POLICY, MODEL))
    assert policy.silence.purchases == MODEL
    assert policy.name == "default/2"
    assert policy.model_copy(update={"version": 1, "silence": POLICY.silence}) == POLICY


def test_nothing_else_of_the_file_changes_and_a_second_fit_replaces_the_first() -> None:
    before = shipped().splitlines()
    once = with_model(shipped(), POLICY, MODEL)
    gone = set(before) - set(once.splitlines())
    begin, end = before.index("  purchases:"), before.index("  contacts:")
    assert gone - {"version: 1"} <= set(before[begin:end])
    assert "  # Days on which the client did or said anything: with fewer, nothing is said of an account." in once
    again = with_model(once, parse_policy(once), MODEL)
    assert again == once.replace("version: 2", "version: 3", 1)


def test_however_the_section_was_written_it_is_found() -> None:
    text = yaml.safe_dump(POLICY.model_dump(mode="json"), default_flow_style=False, sort_keys=False)
    assert parse_policy(with_model(text, POLICY, MODEL)).silence.purchases == MODEL


def test_a_section_within_braces_is_left_alone_and_told_with_its_line() -> None:
    text = "version: 1\nsilence: {alerts: [],\n  purchases: {}}\n"
    with pytest.raises(PolicyFaults) as caught:
        with_model(text, POLICY, MODEL)
    [fault] = caught.value.faults
    assert (fault.path, fault.line) == ("silence.purchases", 3)


def test_what_is_not_there_is_not_replaced() -> None:
    with pytest.raises(PolicyFaults, match=r"silence\.purchase: missing"):
        with_section(shipped(), ("silence", "purchase"), {})


def test_a_policy_that_does_not_hold_afterwards_is_refused() -> None:
    text = replaced(("heartbeat_s: 8", "heartbeat_s: soon"))
    with pytest.raises(PolicyFaults, match="heartbeat_s"):
        with_model(text, POLICY, MODEL)
