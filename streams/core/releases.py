"""What account.policies says: the versions of the policy in their order, and the one tried out beside them.

A fold of the topic's records, the latest of a key counting. What is in force before the first promotion is the policy
that the worker was started with.
"""

from typing import Any, Final

from pydantic import ValidationError

from schemas.policies import PolicyRelease, ReleaseKind
from streams.core.policy import Policy
from streams.core.rulebook import ALWAYS, Rulebook, Version, other_sums

_SHOWN: Final = 3


class Unfit(ValueError):
    """A release that cannot count: its policy does not hold here, or needs other sums than the state has."""


class Releases:
    """`base` is in force until the first promotion."""

    def __init__(self, base: Policy) -> None:
        self.base = base
        self._known: dict[str, tuple[PolicyRelease, Policy | None]] = {}

    def learn(self, release: PolicyRelease) -> None:
        """Take a record in; the order of the topic counts.

        Raises:
            Unfit: it cannot count, and is left out.
        """
        policy = None if release.kind is ReleaseKind.SHADOW_ENDED else _policy_in(release.document)
        if policy is not None and (signals := other_sums(self.base, policy)):
            raise Unfit(f"{release.policy} needs other sums of {', '.join(signals)} than the state holds")
        self._known[release.key] = (release, policy)

    def forget(self, key: str) -> None:
        """A record without a value: what was decided under its key does not count any more."""
        self._known.pop(key, None)

    @property
    def history(self) -> list[PolicyRelease]:
        """Everything that counts, by the moment it counts from."""
        return sorted((release for release, _ in self._known.values()), key=lambda one: (one.in_force_from, one.kind))

    @property
    def versions(self) -> list[Version]:
        """The versions in force, the base first."""
        promoted = [
            Version(release.in_force_from.timestamp(), policy)
            for release, policy in self._known.values()
            if release.kind is ReleaseKind.PROMOTED and policy is not None
        ]
        return [Version(ALWAYS, self.base), *sorted(promoted, key=lambda version: version.from_at)]

    @property
    def rules(self) -> Rulebook:
        """The rules of all versions."""
        return Rulebook(self.versions)

    @property
    def shadow(self) -> Policy | None:
        """The policy tried out at present; None where none is."""
        return self.trial.policy if self.trial else None

    @property
    def trial(self) -> Version | None:
        """The same, with the moment since which it is tried out."""
        trials = [one for one in self._known.values() if one[0].kind is not ReleaseKind.PROMOTED]
        release, policy = max(trials, key=lambda one: one[0].in_force_from, default=(None, None))
        return Version(release.in_force_from.timestamp(), policy) if release and policy else None

    def documents(self, name: str) -> list[Policy]:
        """All policies that ever went by a name and version."""
        known = [self.base, *(policy for _, policy in self._known.values() if policy is not None)]
        return [policy for policy in known if policy.name == name]


def _policy_in(document: dict[str, Any] | None) -> Policy:
    try:
        return Policy.model_validate(document)
    except ValidationError as error:
        faults = [".".join(map(str, fault["loc"])) for fault in error.errors(include_url=False)]
        raise Unfit(f"its policy does not hold here: {', '.join(faults[:_SHOWN])}") from None
