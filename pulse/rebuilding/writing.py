"""A chunk's scores into ClickHouse, as columns."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np

from consumers.runtime.clickhouse import Client
from pulse.rebuilding.ledger import Asked
from schemas.health import Dimension
from streams.core.policy import DIMENSIONS, Floats
from streams.core.rebuilding import PART_NAMES, Rebuilt

PART_LABELS: Final = tuple(" ".join(filter(None, name)) for name in PART_NAMES)
"""Such as `base service` and `orders`."""
_TYPES: Final = {
    "rebuild_id": "String",
    "account_id": "String",
    "as_of": "DateTime64(6, 'UTC')",
    "policy": "LowCardinality(String)",
    "score": "Nullable(Float64)",
    "coverage": "Float64",
    **{dimension.value: "Nullable(Float64)" for dimension in Dimension},
    "contributions": "Map(LowCardinality(String), Float64)",
    "events_applied": "UInt64",
}


def write(client: Client, asked: Asked, accounts: Sequence[str], names: Sequence[str], rebuilt: Rebuilt) -> int:
    """Write the scores of `accounts` that have a fact that counts, each by the rules of its name; returns how many.

    Written again it changes nothing.

    Raises:
        clickhouse_connect.driver.exceptions.DatabaseError: ClickHouse is away or refuses.
    """
    places = np.flatnonzero(rebuilt.applied > 0)
    if not len(places):
        return 0
    many, now = len(places), rebuilt.now.at(places)
    columns: list[Sequence[Any]] = [
        [asked.rebuild_id] * many,
        [accounts[place] for place in places.tolist()],
        [asked.as_of] * many,
        [names[place] for place in places.tolist()],
        _or_none(now.score),
        now.coverage.tolist(),
        *(_or_none(np.where(now.share[:, d] > 0, now.dimension[:, d], np.nan)) for d in range(len(DIMENSIONS))),
        _named(rebuilt.parts[places]),
        rebuilt.applied[places].tolist(),
    ]
    client.insert(
        "rebuilt_health",
        columns,
        column_names=list(_TYPES),
        column_type_names=list(_TYPES.values()),
        column_oriented=True,
    )
    return many


def _or_none(values: Floats) -> list[float | None]:
    return [None if value != value else value for value in values.tolist()]  # noqa: PLR0124 - nan alone differs


def _named(parts: Floats) -> list[dict[str, float]]:
    """The summands of each score that are not 0, by name."""
    kept = parts != 0
    columns = zip(kept.nonzero()[1].tolist(), parts[kept].tolist(), strict=True)
    named = [(PART_LABELS[column], points) for column, points in columns]
    ends = np.cumsum(kept.sum(axis=1)).tolist()
    return [dict(named[begin:end]) for begin, end in pairwise([0, *ends])]
