"""What promoting, rolling back and trying out write, and what they refuse."""

from datetime import timedelta

import pytest

from pulse.policies.releasing import (
    MARGIN,
    Author,
    NotReleased,
    Plan,
    promotion,
    rollback,
    shadow_ended,
    shadowing,
)
from schemas.policies import ReleaseKind
from streams.core.policy import Policy
from streams.core.releases import Releases
from tests.core.building import when
from tests.core.test_changeover import policy

NOW = when(0)
ME = Author("Example Author", "tried out")


def after(*plans: Plan, known: Releases | None = None) -> Releases:
    known = known or Releases(policy(1))
    for plan in plans:
        assert plan.release is not None
        known.learn(plan.release)
    return known


def promoted(known: Releases, chosen: Policy, after_s: float | None = None) -> Plan:
    return promotion(known, chosen, None if after_s is None else when(after_s), ME, NOW)


def test_without_a_moment_it_comes_into_force_as_soon_as_all_workers_know() -> None:
    release = promoted(Releases(policy(1)), policy(2)).release
    assert release is not None
    assert MARGIN <= release.in_force_from - NOW <= MARGIN + timedelta(seconds=2)
    assert (release.policy, release.kind, release.author, release.reason) == (
        "default/2",
        ReleaseKind.PROMOTED,
        ME.name,
        ME.reason,
    )


@pytest.mark.parametrize("after_s", [-1.0, 0.0, MARGIN.seconds - 1.0])
def test_a_moment_that_workers_may_have_passed_is_refused(after_s: float) -> None:
    with pytest.raises(NotReleased, match="workers may have passed it"):
        promoted(Releases(policy(1)), policy(2), after_s)


def test_a_name_that_another_policy_went_by_is_refused() -> None:
    other = policy(1, bands={"hysteresis": 1})
    with pytest.raises(NotReleased, match="raise the version"):
        promoted(Releases(policy(1)), other)
    with pytest.raises(NotReleased, match="raise the version"):
        shadowing(Releases(policy(1)), other, ME, NOW)


def test_another_half_life_is_refused_with_the_signals_and_what_to_do() -> None:
    other = policy(2, signals={"delivered": {"half_life_d": 5}, "paid": {"dimension": "service"}})
    with pytest.raises(NotReleased, match=r"of delivered, paid\. .*pulse rebuild --policy"):
        promoted(Releases(policy(1)), other)


def test_the_same_policy_again_changes_nothing() -> None:
    known = after(promoted(Releases(policy(1)), policy(2)))
    assert promoted(known, policy(2)).release is None
    assert promoted(Releases(policy(1)), policy(1)).release is None


def test_a_promotion_says_what_it_changes() -> None:
    plan = promoted(Releases(policy(1)), policy(2, bands={"hysteresis": 1}))
    assert [change.path for change in plan.changes] == ["version", "bands.hysteresis"]


def test_rolling_back_puts_the_one_before_in_force_again() -> None:
    known = after(promoted(Releases(policy(1)), policy(2)))
    plan = rollback(known, ME, NOW + timedelta(hours=1))
    assert [version.policy.name for version in after(plan, known=known).versions] == [
        "default/1",
        "default/2",
        "default/1",
    ]


def test_rolling_back_a_promotion_that_lies_ahead_calls_it_off() -> None:
    known = after(promoted(Releases(policy(1)), policy(2), 3600.0))
    plan = rollback(known, ME, NOW)
    assert [version.policy.name for version in after(plan, known=known).versions] == ["default/1", "default/1"]


def test_nothing_promoted_is_nothing_to_roll_back() -> None:
    with pytest.raises(NotReleased, match="nothing was promoted"):
        rollback(Releases(policy(1)), ME, NOW)


def test_a_shadow_is_set_once_and_ended_once() -> None:
    known = Releases(policy(1))
    assert shadow_ended(known, ME, NOW).release is None
    after(shadowing(known, policy(2), ME, NOW), known=known)
    assert known.shadow == policy(2)
    assert shadowing(known, policy(2), ME, NOW).release is None
    after(shadow_ended(known, ME, NOW + timedelta(seconds=1)), known=known)
    assert known.shadow is None
