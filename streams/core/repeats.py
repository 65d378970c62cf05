"""Complaints about one matter that came close on one another: the second of a category within some days is an alert.

All follows from the account's complaints as they stand, so the order in which they are told is of no account.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from math import ceil
from typing import Final, NamedTuple

from schemas.alerts import AlertKind, StepKind, StepReason
from streams.core.complaints import Complaint, CourseFact
from streams.core.episodes import Step, closed, following, opened
from streams.core.policy import DAY_S
from streams.core.state import Episode

_KIND: Final = AlertKind.COMPLAINT_REPEATED


class Standing(NamedTuple):
    """A complaint that was opened and not withdrawn: when, which, and whether it is settled."""

    at: float
    name: str
    is_settled: bool


class Chain(NamedTuple):
    """Two or more complaints of a category, oldest first, each within the policy's days of the one before."""

    category: str
    links: Sequence[Standing]

    @property
    def names(self) -> frozenset[str]:
        """Their ids."""
        return frozenset(link.name for link in self.links)

    @property
    def is_settled(self) -> bool:
        """Whether all of them are."""
        return all(link.is_settled for link in self.links)


def chains(complaints: Mapping[str, Complaint], within_d: float) -> Iterator[Chain]:
    """The account's chains, in no order of time."""
    by_category: dict[str, list[tuple[float, str, bool]]] = {}
    for name, record in complaints.items():
        opening: CourseFact | None = record.opening
        if opening is not None:
            by_category.setdefault(opening.category, []).append((opening.at, name, record.is_resolved))
    for category, standing in by_category.items():
        if len(standing) > 1:
            yield from _linked(category, sorted(standing), within_d * DAY_S)


def _linked(category: str, standing: Sequence[tuple[float, str, bool]], within_s: float) -> Iterator[Chain]:
    begin = 0
    for place in range(1, len(standing) + 1):
        if place == len(standing) or standing[place][0] - standing[place - 1][0] > within_s:
            if place - begin > 1:
                yield Chain(category, [Standing(*one) for one in standing[begin:place]])
            begin = place


def of_repeats(episode: Episode, complaints: Mapping[str, Complaint], within_d: float, now_at: float) -> Step | None:
    """The step after looking at an account's complaints; `now_at` (epoch seconds) is when an alert is over."""
    found = list(chains(complaints, within_d))
    waiting = [chain for chain in found if not chain.is_settled]
    if not waiting:
        return _over(episode, found, now_at) if episode.open else None
    # What a person closed the episode over is settled for us; only another one opens the next.
    told = frozenset(episode.members)
    fresh = [chain for chain in waiting if chain.names - told]
    if not fresh:
        return None
    newest = max(fresh, key=lambda chain: _latest(chain, told))
    members = tuple(sorted(frozenset[str]().union(*(chain.names for chain in waiting))))
    step, after = (StepKind.UPDATED, following(episode)) if episode.open else (StepKind.OPENED, opened(episode))
    at, _ = _latest(newest, told)
    return Step(_KIND, replace(after, members=members), step, StepReason.COMPLAINED_AGAIN, at, _facts(newest))


def _latest(chain: Chain, told: Collection[str]) -> tuple[float, str]:
    """When the newest complaint of a chain that was not told of came, and which it is."""
    return max((link.at, link.name) for link in chain.links if link.name not in told)


def _facts(chain: Chain) -> dict[str, str]:
    """`days` is within how many whole days all of them came."""
    names = ", ".join(link.name for link in chain.links)
    days = max(1, ceil((chain.links[-1].at - chain.links[0].at) / DAY_S))
    return {"complaint_ids": names, "category": chain.category, "count": str(len(chain.links)), "days": str(days)}


def _over(episode: Episode, settled: Sequence[Chain], now_at: float) -> Step:
    """Nothing waits any more: all were settled, or one was withdrawn and the others repeat nothing."""
    told, facts = frozenset(episode.members), {"complaint_ids": ", ".join(episode.members)}
    step, reason = StepKind.RETRACTED, StepReason.CAUSE_WITHDRAWN
    if any(len(chain.names & told) > 1 for chain in settled):
        step, reason = StepKind.RESOLVED, StepReason.ALL_SETTLED
    return Step(_KIND, replace(closed(episode, step), members=()), step, reason, now_at, facts)
