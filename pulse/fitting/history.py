"""The purchases that a model is fitted to, as columns, and how they are read from ClickHouse."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from consumers.runtime.clickhouse import Client, rows
from streams.core.policy import Floats, Ints
from streams.core.silence.purchases import Occasions, occasions_of

_PURCHASES: Final = """
    SELECT f.account_id AS account_id, any(p.segment) AS segment,
           groupArray(toUnixTimestamp64Milli(f.time)) AS times_ms, groupArray(toFloat64(ifNull(f.amount, 0))) AS amounts
    FROM facts AS f LEFT JOIN (SELECT account_id, segment FROM profiles FINAL) AS p ON p.account_id = f.account_id
    WHERE f.type = 'purchase.order_placed.v1' AND (f.source, f.event_id) NOT IN (
        SELECT withdrawn_source, withdrawn_event_id FROM facts WHERE withdrawn_event_id != '')
    GROUP BY f.account_id ORDER BY f.account_id"""


class Bought(NamedTuple):
    """All purchases of one account: seconds since the epoch, and amounts beside them."""

    segment: str
    times: Sequence[float]
    amounts: Sequence[float]


@dataclass(frozen=True, slots=True)
class History:
    """`account: int64[purchases]` is the account's row in `segments`; `times` (s) and `amounts: float64[purchases]`."""

    segments: tuple[str, ...]
    account: Ints
    times: Floats
    amounts: Floats

    @property
    def accounts(self) -> int:
        """How many accounts there are."""
        return len(self.segments)

    def occasions(self) -> Occasions:
        """The days on which each account bought."""
        return occasions_of(self.account, self.times, self.accounts)

    def per_account(self, chosen: npt.NDArray[np.bool_], weights: Floats | None = None) -> Floats:
        """Of the chosen purchases (`bool[purchases]`), how many each account made, or their summed weights."""
        picked = None if weights is None else weights[chosen]
        return np.bincount(self.account[chosen], picked, self.accounts).astype(np.float64)


def history_of(accounts: Iterable[Bought]) -> History:
    """Columns from the purchases of account after account."""
    told = list(accounts)
    number = [len(one.times) for one in told]
    return History(
        segments=tuple(one.segment for one in told),
        account=np.repeat(np.arange(len(told)), number),
        times=np.array([time for one in told for time in one.times], dtype=np.float64),
        amounts=np.array([amount for one in told for amount in one.amounts], dtype=np.float64),
    )


def read(client: Client) -> History:
    """The same as `read_named`, without the names."""
    return read_named(client)[1]


def read_named(client: Client) -> tuple[list[str], History]:
    """Every order placed that was not withdrawn, with the segment an account has now, and the ids of the accounts.

    Amounts are added up as they stand, whatever their currency: they serve the RFM rival alone.

    Raises:
        ClickHouseAway: ClickHouse does not answer.
    """
    found = rows(client, _PURCHASES)
    return [row["account_id"] for row in found], history_of(
        Bought(row["segment"], [time_ms / 1000 for time_ms in row["times_ms"]], row["amounts"]) for row in found
    )
