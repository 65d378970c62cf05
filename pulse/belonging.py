"""To which parent an account belongs, and how the group below it does, read from ClickHouse for `pulse explain`."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final

from pydantic import BaseModel, ConfigDict

from consumers.runtime.clickhouse import Client, rows

_NAMED: Final = """
    SELECT {account:String} IN (SELECT account_id FROM profiles WHERE parent != '') AS has_parent,
           {account:String} IN (SELECT parent FROM profiles) AS has_children"""
_PARENT: Final = (
    "SELECT p.parent AS account_id, p.state AS state FROM account_parents AS p WHERE p.account_id = {account:String}"
)
_GROUP: Final = "SELECT * FROM group_health WHERE account_id = {account:String}"
_BANDS: Final = ("critical", "at_risk", "watch", "healthy", "unscored")


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Parent(_Read):
    """The account it belongs to; `state` says why it does not count there, empty where it does."""

    account_id: str
    state: str

    def in_words(self) -> str:
        """Such as `part of A-1`."""
        return f"part of {self.account_id}" + (f" ({self.state}: it counts for no group)" if self.state else "")


class Group(_Read):
    """The account and all below it, as the view `group_health` says."""

    score: float | None
    accounts: int
    children: int
    worst_account: str
    worst_name: str
    worst_score: float | None
    worst_band: str
    best_score: float | None
    critical: int
    at_risk: int
    watch: int
    healthy: int
    unscored: int
    currency: str
    annual_value: Decimal
    critical_value: Decimal
    at_risk_value: Decimal
    unvalued: int
    unweighed: int
    other_values: Mapping[str, Decimal]

    def in_words(self) -> Iterator[str]:
        """One line each: the mean, the worst, the money."""
        mean = "no score" if self.score is None else f"{self.score:.1f}, the mean by value a year"
        bands = ", ".join(f"{getattr(self, name)} {name}" for name in _BANDS if getattr(self, name))
        yield f"group of {self.accounts} accounts below: {mean}; {bands}"
        if self.worst_score is not None:
            yield f"worst: {self.worst_account} {self.worst_name}, {self.worst_score:.1f}, {self.worst_band}"
        if self.currency:
            yield (
                f"{self.critical_value:,.2f} {self.currency} a year in critical, {self.at_risk_value:,.2f} in at_risk, "
                f"of {self.annual_value:,.2f}"
            )
        for currency, value in sorted(self.other_values.items()):
            yield f"not weighed, for its currency: {value:,.2f} {currency} a year"


def belonging(client: Client, account: str) -> tuple[Parent | None, Group | None]:
    """The parent an account names, and the group that is named after it; each None where there is none."""
    named = rows(client, _NAMED, {"account": account})[0]
    parents = rows(client, _PARENT, {"account": account}) if named["has_parent"] else ()
    groups = rows(client, _GROUP, {"account": account}) if named["has_children"] else ()
    return (
        Parent.model_validate(parents[0]) if parents else None,
        Group.model_validate(groups[0]) if groups else None,
    )
