"""The life of a policy: promoted, rolled back, tried out as a shadow. Decides what is written, writes nothing.

The moment from which a version counts lies ahead of every worker by a margin, so that all of them know of it in time.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from pulse.errors import PulseError
from pulse.exit_codes import ExitCode
from pulse.policies.difference import Difference, differences
from schemas.policies import PolicyRelease, ReleaseKind
from streams.core.policy import Policy
from streams.core.releases import Releases
from streams.core.rulebook import other_sums

MARGIN: Final = timedelta(seconds=30)
"""So far ahead of the clock a version must come into force: the watermark never passes the clock, and workers look for
policies every second."""


class NotReleased(PulseError):
    """A policy that cannot be released like this; nothing was written."""

    exit_code = ExitCode.USAGE


@dataclass(frozen=True, slots=True)
class Author:
    """Who decides, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What a command would write: `release` None where nothing changes, and why in `said`."""

    release: PolicyRelease | None
    said: str
    changes: tuple[Difference, ...] = ()


def named(releases: Releases, name: str) -> Policy | None:
    """The policy of a name such as `default/2` that was released before, or is the one workers start with."""
    known = releases.documents(name)
    return known[-1] if known else None


def promotion(releases: Releases, policy: Policy, from_at: datetime | None, author: Author, now: datetime) -> Plan:
    """What promoting a policy means.

    Raises:
        NotReleased: it needs other sums, its version is taken, or the moment is not far enough ahead.
    """
    _fits(releases, policy)
    moment = _moment(from_at, now)
    last = releases.versions[-1]
    if last.policy == policy and from_at is None:
        return Plan(None, f"{policy.name} is {_standing(last.from_at, now)}: nothing to do")
    before = _in_force_at(releases, moment)
    release = _release(ReleaseKind.PROMOTED, policy, moment, author, now)
    later = [one for one in releases.versions[1:] if one.from_at > moment.timestamp()]
    until = f", until {later[0].policy.name} from {_iso(later[0].from_at)}" if later else ""
    said = f"{policy.name} in force from {moment.isoformat()}{until}, after {before.name}"
    return Plan(release, said, tuple(differences(before, policy)))


def rollback(releases: Releases, author: Author, now: datetime) -> Plan:
    """What taking the last promotion back means: the one before it comes into force again.

    One that lies ahead gives its moment to it, so that nothing changes then.

    Raises:
        NotReleased: nothing was promoted.
    """
    versions = releases.versions
    if len(versions) == 1:
        raise NotReleased(f"nothing was promoted: {versions[0].policy.name} is what workers start with")
    last, before = versions[-1], versions[-2]
    ahead = datetime.fromtimestamp(last.from_at, UTC) > now + MARGIN
    moment = datetime.fromtimestamp(last.from_at, UTC) if ahead else _moment(None, now)
    release = _release(ReleaseKind.PROMOTED, before.policy, moment, author, now)
    said = f"{before.policy.name} in force again from {moment.isoformat()}, after {last.policy.name}"
    if ahead:
        said = f"{last.policy.name} does not come into force at {moment.isoformat()}: {before.policy.name} stays"
    return Plan(release, said, tuple(differences(last.policy, before.policy)))


def shadowing(releases: Releases, policy: Policy, author: Author, now: datetime) -> Plan:
    """What trying a policy out beside the one in force means.

    Raises:
        NotReleased: it needs other sums, or its version is taken.
    """
    _fits(releases, policy)
    if releases.shadow == policy:
        return Plan(None, f"{policy.name} is tried out already: nothing to do")
    before = _in_force_at(releases, now)
    release = _release(ReleaseKind.SHADOW, policy, now, author, now)
    return Plan(release, f"{policy.name} tried out beside {before.name}", tuple(differences(before, policy)))


def shadow_ended(releases: Releases, author: Author, now: datetime) -> Plan:
    """What ending the trial means."""
    shadow = releases.shadow
    if shadow is None:
        return Plan(None, "no policy is tried out: nothing to do")
    release = _release(ReleaseKind.SHADOW_ENDED, shadow, now, author, now)
    return Plan(release.model_copy(update={"document": None}), f"{shadow.name} is tried out no more")


def _fits(releases: Releases, policy: Policy) -> None:
    if signals := other_sums(releases.base, policy):
        raise NotReleased(
            f"{policy.name} has another half-life or dimension of {', '.join(signals)}. Workers keep one decayed sum of"
            " each signal, which new numbers cannot turn into another: nothing was written. Score the history under it"
            " with `pulse rebuild --policy FILE`; to go over to it, start workers with it as worker.policy_file on an"
            " empty changelog, so that they fold the log anew."
        )
    if any(known != policy for known in releases.documents(policy.name)):
        raise NotReleased(f"another policy went by {policy.name}: raise the version, so that snapshots say which")


def _moment(from_at: datetime | None, now: datetime) -> datetime:
    if from_at is None:
        return (now + MARGIN + timedelta(seconds=1)).replace(microsecond=0)
    if from_at < now + MARGIN:
        raise NotReleased(
            f"{from_at.isoformat()} is not {MARGIN.seconds} s ahead of now, {now.isoformat(timespec='seconds')}:"
            " workers may have passed it. Without --from it is in force as soon as can be."
        )
    return from_at


def _in_force_at(releases: Releases, moment: datetime) -> Policy:
    return [one.policy for one in releases.versions if one.from_at <= moment.timestamp()][-1]


def _standing(from_at: float, now: datetime) -> str:
    if from_at == float("-inf"):
        return "what workers start with"
    return f"in force {'since' if from_at <= now.timestamp() else 'from'} {_iso(from_at)}"


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()


def _release(kind: ReleaseKind, policy: Policy, moment: datetime, author: Author, now: datetime) -> PolicyRelease:
    document = policy.model_dump(mode="json")
    return PolicyRelease(
        kind=kind,
        policy=policy.name,
        document=document,
        in_force_from=moment,
        written_at=now,
        author=author.name,
        reason=author.reason,
    )
