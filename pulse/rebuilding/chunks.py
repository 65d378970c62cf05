"""Chunks of accounts: contiguous in the order of the tables' key, so that each is one stretch of the table to read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from consumers.runtime.clickhouse import Client, rows

FACTS: Final = 500_000
"""How many facts a chunk aims at: under 200 MB while it is worked on. One account is never split."""

IN_CHUNK: Final = """account_id > {after:String} AND ({last:String} = '' OR account_id <= {last:String})
    AND (empty({accounts:Array(String)}) OR account_id IN {accounts:Array(String)})"""
"""The condition of a query about one chunk; its parameters are `Chunk.params`."""

_CHUNKS: Final = """
    SELECT max(account_id) AS last, count() AS accounts, sum(facts) AS facts FROM (
        SELECT account_id, facts, intDiv(sum(facts) OVER (ORDER BY account_id) - facts, {size:UInt64}) AS chunk FROM (
            SELECT account_id, count() AS facts FROM events
            WHERE topic != 'account.managers'
            AND (empty({accounts:Array(String)}) OR account_id IN {accounts:Array(String)})
            GROUP BY account_id))
    GROUP BY chunk ORDER BY chunk"""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Accounts behind `after` up to `last` ('' for all the rest); `only` some of them where it is not empty."""

    number: int
    after: str
    last: str
    facts: int
    only: tuple[str, ...] = ()

    @property
    def params(self) -> Mapping[str, Any]:
        """What `IN_CHUNK` needs."""
        return {"after": self.after, "last": self.last, "accounts": list(self.only)}


def chunked(client: Client, accounts: Sequence[str] = (), size: int = FACTS) -> list[Chunk]:
    """All accounts with a fact, or those of `accounts` that have one, in chunks; `facts` is an estimate from above.

    The last chunk is open, so that an account that comes meanwhile belongs to one.
    """
    only = tuple(accounts)
    found = rows(client, _CHUNKS, {"accounts": list(only), "size": size})
    lasts = [str(row["last"]) for row in found]
    starts, ends = ["", *lasts[:-1]], [*lasts[:-1], ""]
    return [Chunk(number, starts[number], ends[number], int(row["facts"]), only) for number, row in enumerate(found)]
