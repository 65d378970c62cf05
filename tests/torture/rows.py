"""The worker's rows as they lie on its changelog, in plain values: the one place that knows how they are packed."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from streams.core.policy import COUNTED_SIGNALS
from streams.worker.rows import from_value


class Stored(NamedTuple):
    """One record of the changelog."""

    key: bytes | None
    value: bytes | None


@dataclass(frozen=True, slots=True)
class Row:
    """What a row says that the log can vouch for; `sums` by signal as of `at`."""

    applied: int
    at: float
    sums: dict[str, float]
    generation: int
    fence: tuple[int, ...] = ()


def in_force(changelog: Iterable[Stored]) -> dict[str, Row]:
    """Each account's last row, of records in the order of the log.

    A row of an older generation than one before it was written by a worker that no longer owned the account.
    """
    newest: dict[str, tuple[int, bytes]] = {}
    for key, value in changelog:
        if key is None or value is None or key.startswith(b"\x00"):
            continue
        generation = read(value).generation
        account = key.decode()
        if account not in newest or generation >= newest[account][0]:
            newest[account] = (generation, value)
    return {account: read(value) for account, (_, value) in newest.items()}


def read(value: bytes) -> Row:
    """One row."""
    row, _ = from_value(value)
    sums = dict(zip(COUNTED_SIGNALS, row["sums"][0].tolist(), strict=True))
    fence = tuple(row["fence"][0].tolist())
    return Row(int(row["applied"][0]), float(row["at"][0]), sums, int(row["generation"][0]), fence)
