"""What a policy tried out would change, for people at a terminal."""

from datetime import UTC, datetime

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from consumers.runtime.wording import reader_of
from consumers.runtime.wording.names import BANDS
from pulse.policies.shadowed import OfOwner, ShadowReport
from schemas.health import Band


def show_report(found: ShadowReport, console: Console) -> None:
    """The trial in a line, then a row a manager."""
    console.print(Text.assemble((found.policy, "bold"), "  ", _standing(found)), highlight=False, soft_wrap=True)
    console.print(f"{found.author}: {found.reason}", style="dim", highlight=False, soft_wrap=True)
    if not found.owners:
        console.print("It says nothing else of any account so far.")
        return
    console.print(_table(found.owners))
    console.print(
        "Alerts are those of dropped health, counted since the workers last started.", style="dim", highlight=False
    )


def _standing(found: ShadowReport) -> str:
    since = f"tried out since {_minute(found.tried_since)}"
    return f"{since} until {_minute(found.ended_at)} UTC" if found.ended_at else f"{since} UTC"


def _minute(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}"


def _table(owners: tuple[OfOwner, ...]) -> Table:
    table = Table(
        "manager", "band → would be", "accounts", "more alerts", "fewer alerts", box=box.SIMPLE, show_footer=True
    )
    for column in table.columns[2:]:
        column.justify = "right"
    for one in sorted(owners, key=lambda one: -_accounts(one)):
        moves = "\n".join(f"{_band(move.band)} → {_band(move.shadow_band)}" for move in one.moves) or "–"
        counts = "\n".join(f"{move.accounts:,}" for move in one.moves) or "–"
        name = Text.assemble(one.name or one.owner or "nobody", (f" {one.owner}" if one.name else "", "dim"))
        table.add_row(name, moves, counts, _count(one.alerts_added, "red"), _count(one.alerts_removed, "green"))
    table.columns[0].footer, table.columns[2].footer = "all", f"{sum(map(_accounts, owners)):,}"
    table.columns[3].footer = f"{sum(one.alerts_added for one in owners):,}"
    table.columns[4].footer = f"{sum(one.alerts_removed for one in owners):,}"
    return table


def _accounts(one: OfOwner) -> int:
    return sum(move.accounts for move in one.moves)


def _count(number: int, colour: str) -> Text:
    return Text(f"{number:,}", colour) if number else Text("–", "dim")


def _band(name: str) -> str:
    return reader_of("en", "UTC").text(BANDS[Band(name)]) if name else "no score"
