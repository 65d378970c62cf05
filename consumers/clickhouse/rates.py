"""The rates of the policy in force, put where views can join them."""

from collections.abc import Mapping
from contextlib import closing

from consumers.runtime.clickhouse import ClickHouse, connect, rows


def write_rates(clickhouse: ClickHouse, rates: Mapping[str, float], policy: str) -> bool:
    """Lay the rates down; whether anything changed. A currency that has no rate any more gets 0.

    Raises:
        ClickHouseAway: it does not answer, or failed in a way that may pass.
    """
    with closing(connect(clickhouse)) as client:
        known = {
            row["currency"]: row["rate"] for row in rows(client, "SELECT currency, rate FROM currency_rates FINAL")
        }
        wanted = dict.fromkeys(known, 0.0) | dict(rates)
        changed = [[currency, rate, policy] for currency, rate in wanted.items() if known.get(currency) != rate]
        if changed:
            client.insert("currency_rates", changed, column_names=["currency", "rate", "policy"])
    return bool(changed)
