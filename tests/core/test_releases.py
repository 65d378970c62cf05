"""What the topic of policies says follows from its records, the latest of a key counting."""

from collections.abc import Callable

import pytest

from schemas.policies import PolicyRelease, ReleaseKind
from streams.core.policy import Policy
from streams.core.releases import Releases, Unfit
from tests.core.building import DAY, clock, when
from tests.core.test_changeover import policy


def release(at_s: float, of: Policy, kind: ReleaseKind = ReleaseKind.PROMOTED, written_s: float = 0.0) -> PolicyRelease:
    document = None if kind is ReleaseKind.SHADOW_ENDED else of.model_dump(mode="json")
    return PolicyRelease(
        kind=kind,
        policy=of.name,
        document=document,
        in_force_from=when(at_s),
        written_at=when(written_s),
        author="Example Author",
        reason="tried out",
    )


def learned(*told: PolicyRelease) -> Releases:
    known = Releases(policy(1))
    for one in told:
        known.learn(one)
    return known


def test_versions_count_from_their_moments_whatever_was_written_first() -> None:
    known = learned(release(2 * DAY, policy(3)), release(DAY, policy(2)))
    rules = known.rules
    assert [rules.at(clock(at)).name for at in (0, DAY - 1, DAY, 2 * DAY)] == [
        "default/1",
        "default/1",
        "default/2",
        "default/3",
    ]


def test_of_two_for_one_moment_the_later_written_counts() -> None:
    known = learned(release(DAY, policy(2)), release(DAY, policy(3)))
    assert [version.policy.name for version in known.versions] == ["default/1", "default/3"]


def test_what_was_deleted_does_not_count() -> None:
    one = release(DAY, policy(2))
    known = learned(one)
    known.forget(one.key)
    assert len(known.versions) == 1


def test_a_shadow_lasts_until_it_is_ended_or_another_takes_its_place() -> None:
    first, other = release(0, policy(2), ReleaseKind.SHADOW), release(DAY, policy(3), ReleaseKind.SHADOW)
    assert learned(first).shadow == policy(2)
    assert learned(other, first).shadow == policy(3)
    assert learned(first, release(DAY, policy(2), ReleaseKind.SHADOW_ENDED)).shadow is None
    assert len(learned(first).versions) == 1


@pytest.mark.parametrize(
    "spoil, says",
    [
        (lambda one: one.model_copy(update={"document": {"policy": "x"}}), "does not hold here: version"),
        (lambda one: one.model_copy(update={"document": None}), "does not hold here"),
        (lambda _: release(DAY, policy(2, signals={"delivered": {"half_life_d": 5}})), "needs other sums of delivered"),
    ],
)
def test_a_release_that_cannot_count_is_refused_and_changes_nothing(
    spoil: Callable[[PolicyRelease], PolicyRelease], says: str
) -> None:
    known = learned()
    with pytest.raises(Unfit, match=says):
        known.learn(spoil(release(DAY, policy(2))))
    assert len(known.versions) == 1
