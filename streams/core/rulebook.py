"""Which rules count for an account at a moment: those of its segment, of the version of the policy in force then.

A version is in force from a moment of event time on, so that every worker changes at the same point of the log. What
the state depends on (half-lives, dimensions) is the same in all versions: a rulebook of others cannot be made.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from streams.core.policy import COUNTED_SIGNALS, Floats, Ints, Policy
from streams.core.segments import SEGMENTS
from streams.core.tables import SlaHours, Tables, to_tables

ALWAYS: Final = float("-inf")
Codes = npt.NDArray[np.int8]


class Version(NamedTuple):
    """A policy and from when on it counts (event time, epoch seconds)."""

    from_at: float
    policy: Policy


class OtherSums(ValueError):
    """A policy that needs other sums than the state holds: `signals` have another half-life or dimension."""

    def __init__(self, name: str, signals: Sequence[str]) -> None:
        super().__init__(f"{name} has another half-life or dimension of {', '.join(signals)} than the state's sums")
        self.signals = tuple(signals)


def other_sums(state: Policy, policy: Policy) -> list[str]:
    """The signals whose sums a state kept under one policy does not hold for another."""
    found = [
        name
        for name in COUNTED_SIGNALS
        if (state.signals[name].half_life_d, state.signals[name].dimension)
        != (policy.signals[name].half_life_d, policy.signals[name].dimension)
    ]
    return found if state.currencies == policy.currencies else [*found, "amounts in currencies"]


class Rulebook:
    """Versions in the order of their moments, the first in force from always on."""

    def __init__(self, versions: Sequence[Version]) -> None:
        """Raises OtherSums when one of them needs other sums than the first."""
        for version in versions[1:]:
            if signals := other_sums(versions[0].policy, version.policy):
                raise OtherSums(version.policy.name, signals)
        self.versions = tuple(versions)
        self._from_at = np.array([version.from_at for version in versions[1:]])
        made: list[Tables] = []
        self._place = np.zeros((len(versions), len(SEGMENTS) + 1), np.int64)
        self._began_at: list[float] = []
        for number, version in enumerate(versions):
            for code, segment in enumerate((None, *SEGMENTS)):
                if segment is None or segment in version.policy.segments:
                    self._place[number, code:] = len(made)
                    made.append(to_tables(version.policy, segment))
                    self._began_at.append(version.from_at)
                else:
                    self._place[number, code] = self._place[number, 0]
        self.tables: tuple[Tables, ...] = tuple(made)
        """All rules there are, each once a version: those for everybody before those of a segment."""
        self.counting: Tables = replace(made[0], sla_h=SlaHours.shortest([one.sla_h for one in made]))
        """For folding, which knows no moment: the shortest times to answer by, so that nothing is looked at late."""
        self._by_digest: dict[int, Tables] = {tables.digest: tables for tables in made}

    @classmethod
    def of(cls, policy: Policy) -> "Rulebook":
        """One policy, always in force."""
        return cls([Version(ALWAYS, policy)])

    def at(self, moment: float) -> Tables:
        """The rules for everybody at a moment."""
        number = int(np.searchsorted(self._from_at, moment, side="right"))
        return self.tables[int(self._place[number, 0])]

    def known(self, digest: int) -> Tables | None:
        """Rules by what stands for them in a row; None where they are of no version of ours."""
        return self._by_digest.get(digest)

    def chosen(self, segment: Codes, at: Floats) -> Ints:
        """Which of `tables` counts, int64[n], for the segments `segment: int8[n]` read at `at: float64[n]`."""
        found: Ints = self._place[np.searchsorted(self._from_at, at, side="right"), segment]
        return found

    def groups(self, segment: Codes, at: Floats) -> Iterator[tuple[Tables, float, Ints]]:
        """The same by rules: the rules, since when they count, and the places of those they count for, int64[m]."""
        if len(self.tables) == 1:
            yield self.tables[0], ALWAYS, np.arange(len(at))
            return
        chosen = self.chosen(segment, at)
        for index in np.unique(chosen).tolist():
            yield self.tables[index], self._began_at[index], np.flatnonzero(chosen == index)
