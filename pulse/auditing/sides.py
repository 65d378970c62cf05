"""The three results of an account, each read or computed in its own way, as columns beside one another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

import numpy as np

from consumers.runtime.clickhouse import Client, rows
from pulse.rebuilding.chunks import IN_CHUNK, Chunk
from pulse.rebuilding.reading import Stored
from pulse.rebuilding.run import seconds_of
from streams.core.policy import COUNTED_SIGNALS, LEVELS, SIGNAL_INDEX, Floats, Ints, Level
from streams.core.rebuilding import PART_NAMES, rebuild
from streams.core.tables import Tables

_PART: Final = {name: place for place, name in enumerate(PART_NAMES)}
_NEVER_FADES_S: Final = 1e300
_SQL: Final = files("pulse.auditing").joinpath("score.sql").read_text(encoding="utf-8").replace("{in_chunk}", IN_CHUNK)
_LIVE: Final = f"""
    WITH latest AS (SELECT account_id, produced_at, version, as_of, policy,
        if(override_value IS NULL, score, computed_score) AS score, events_applied FROM health FINAL
        WHERE {IN_CHUNK})
    SELECT h.account_id AS account_id, h.as_of AS as_of, h.policy AS policy, h.score AS score,
        h.events_applied AS facts, c.named AS named, c.points AS points
    FROM latest AS h
    LEFT JOIN (
        SELECT account_id, produced_at, version, groupArray((name, dimension)) AS named, groupArray(points) AS points
        FROM contributions FINAL
        WHERE {IN_CHUNK} AND name != 'override'
        AND (account_id, produced_at, version) IN (SELECT account_id, produced_at, version FROM latest)
        GROUP BY account_id, produced_at, version) AS c
    ON h.account_id = c.account_id AND h.produced_at = c.produced_at AND h.version = c.version"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Side:
    """One way's results of a accounts: `facts: int64[a]`, `score: float64[a]`, nan for none, `parts: float64[a, P]`."""

    facts: Ints
    score: Floats
    parts: Floats

    @classmethod
    def empty(cls, many: int) -> "Side":
        """Of which nothing is known."""
        return cls(np.zeros(many, np.int64), np.full(many, np.nan), np.zeros((many, len(PART_NAMES))))

    def put(self, places: Ints, other: "Side") -> None:
        """The results of `other` for the accounts at `places`."""
        self.facts[places], self.score[places], self.parts[places] = (
            other.facts[places],
            other.score[places],
            other.parts[places],
        )


@dataclass(frozen=True, slots=True)
class Snapshots:
    """What was told live of `accounts`: the policy ('' without a snapshot), `as_of: float64[a]`, and the results."""

    accounts: list[str]
    policy: list[str]
    as_of: Floats
    told: Side


def live(client: Client, chunk: Chunk, accounts: Sequence[str]) -> Snapshots:
    """The latest snapshots of a chunk: of `accounts`, and behind them of those that have nothing but a snapshot.

    What a person set in place of a score is no fact's doing: the score computed below it is what is compared.
    """
    found = rows(client, _LIVE, chunk.params)
    named = list(dict.fromkeys([*accounts, *(row["account_id"] for row in found)]))
    place = {account: index for index, account in enumerate(named)}
    side, policy, as_of = Side.empty(len(named)), [""] * len(named), np.zeros(len(named))
    for row in found:
        index = place[row["account_id"]]
        policy[index], as_of[index] = row["policy"], seconds_of(row["as_of"])
        _fill(side, index, row)
        for (name, dimension), points in zip(row["named"], row["points"], strict=True):
            side.parts[index, _place_of(name, dimension)] += points
    return Snapshots(named, policy, as_of, side)


def rebuilt(stored: Stored, as_of: Floats, tables: Tables) -> Side:
    """The same from the facts, by the core. All facts count: how many there are is part of what is compared."""
    found = rebuild(stored.facts, as_of, tables, until=np.full(len(as_of), np.inf))
    return Side(found.applied, found.now.score, found.parts)


def by_sql(client: Client, chunk: Chunk, accounts: Sequence[str], tables: Tables) -> Side:
    """The same by SQL alone, for accounts whose snapshot is of this policy; of others nothing is known."""
    place = {account: index for index, account in enumerate(accounts)}
    side = Side.empty(len(accounts))
    for row in rows(client, _SQL, {**chunk.params, **_numbers(tables)}):
        index = place.get(row["account_id"])
        if index is not None:
            _fill(side, index, row)
            side.parts[index] = row["parts"]
    return side


def _fill(side: Side, index: int, row: Mapping[str, Any]) -> None:
    side.facts[index] = row["facts"]
    side.score[index] = np.nan if row["score"] is None else row["score"]


def _place_of(name: str, dimension: str) -> int:
    """Which summand of ours a contribution is; base and saturation are there once a dimension."""
    return _PART[(name, dimension)] if (name, dimension) in _PART else _PART[(name, "")]


def _levels(tables: Tables) -> Mapping[str, Any]:
    """Of each level the places of its signals, from 1, and its rules."""
    places = zip(*([SIGNAL_INDEX[signal] + 1 for signal in level] for level in LEVELS.values()), strict=True)
    return {
        **dict(zip(Level._fields, map(list, places), strict=True)),
        "shrink": tables.level_shrink.tolist(),
        "cap": tables.level_cap.tolist(),
    }


def _numbers(tables: Tables) -> Mapping[str, Any]:
    return {
        "policy": tables.name,
        "signals": list(COUNTED_SIGNALS),
        "points": tables.points.tolist(),
        "half_lives_s": np.where(np.isinf(tables.half_life_s), _NEVER_FADES_S, tables.half_life_s).tolist(),
        "dimensions": (tables.dimension + 1).tolist(),
        "weights": tables.weight.tolist(),
        "beta": tables.policy.complaints.beta,
        "gamma": tables.policy.complaints.gamma,
        "delta": tables.policy.complaints.delta,
        "kappa": tables.policy.returns.kappa,
        "currencies": list(tables.rates),
        "rates": list(tables.rates.values()),
        **_levels(tables),
    }
