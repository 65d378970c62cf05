"""The past and its facts out of ClickHouse, read as a fit and a rebuild read them."""

from collections.abc import Iterator, Sequence
from typing import Final

from consumers.runtime.clickhouse import Client, rows
from pulse.fitting.history import read_named
from pulse.learning.past import Changed, Past, past_of
from pulse.rebuilding.chunks import Chunk
from pulse.rebuilding.reading import read
from streams.core.history import History

_CHANGES: Final = """
    SELECT account_id, toUnixTimestamp64Milli(time) AS at_ms, change FROM facts
    WHERE type = 'purchase.subscription_changed.v1' AND (source, event_id) NOT IN (
        SELECT withdrawn_source, withdrawn_event_id FROM facts WHERE withdrawn_event_id != '')
    ORDER BY account_id, time, event_id"""


def read_past(client: Client) -> Past:
    """Every order and every change of a subscription that was not withdrawn.

    Raises:
        clickhouse_connect.driver.exceptions.DatabaseError: ClickHouse is away or refuses.
    """
    names, purchases = read_named(client)
    changed = [Changed(row["account_id"], row["at_ms"] / 1000, row["change"]) for row in rows(client, _CHANGES)]
    return past_of(names, purchases, changed)


def facts_of(client: Client, chunks: Sequence[Chunk]) -> Iterator[tuple[Sequence[str], History]]:
    """Chunk after chunk: the accounts, and all facts of theirs."""
    for chunk in chunks:
        stored = read(client, chunk)
        yield stored.accounts, stored.facts
