"""What moved a score between two moments, for people at a terminal."""

from datetime import UTC
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from consumers.runtime.wording import reader_of
from consumers.runtime.wording.names import signal
from consumers.runtime.wording.parts import part_lines
from pulse.spanning import Moment, Movement
from schemas.health import Part

_MOST: Final = 20
_SMALL: Final = 0.005


def show_movement(found: Movement, console: Console) -> None:
    """The two scores, what each is made of where a person set one, and the parts that sum to the difference."""
    if found.start is not None:
        console.print(_headline(found), highlight=False)
        console.print(f"  {_in_words(found.start)}\n  {_in_words(found.end)}", highlight=False, soft_wrap=True)
        console.print(_parts(found))
    else:
        console.print(Text.assemble((found.account_id, "bold"), "  ", (_score(found.end), "bold")), highlight=False)
        console.print(f"  {_in_words(found.end)}", highlight=False, soft_wrap=True)
        console.print(_contributions(found))
    console.print(f"{found.events_applied} events by then · policy {found.policy}", style="dim", highlight=False)


def _headline(found: Movement) -> Text:
    start = found.start
    before = start.score if start else None
    moved = (found.end.score or 0.0) - (before or 0.0)
    colour = "green" if moved > 0 else "red" if moved < 0 else "default"
    scores = f"{_score(start) if start else ''} → {_score(found.end)}"
    return Text.assemble((found.account_id, "bold"), "  ", (scores, "bold"), "  ", (f"{moved:+.2f}", colour))


def _score(moment: Moment) -> str:
    return "no score" if moment.score is None else f"{moment.score:.1f}"


def _in_words(moment: Moment) -> str:
    at = f"{moment.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC: {_score(moment)}"
    if moment.override is None:
        return at
    said = moment.override
    made = "no score" if moment.computed_score is None else f"{moment.computed_score:.1f}"
    until = f"{said.expires_at:%Y-%m-%d %H:%M}"
    return f"{at}, set by {said.author} until {until} ({said.reason}); the facts alone make {made}"


def _parts(found: Movement) -> Table:
    table = Table("why", "when (UTC)", "points", box=box.SIMPLE, show_footer=True)
    table.columns[2].justify = "right"
    reader = reader_of("en", "UTC")
    for line in part_lines(reader, _weighty(found.parts), _MOST):
        table.add_row(line.label, line.when, Text(line.points, "green" if line.rises else "red"))
    table.columns[0].footer, table.columns[2].footer = "sum", f"{found.parts_sum:+.2f}"
    return table


def _weighty(parts: tuple[Part, ...]) -> list[Part]:
    return [part for part in parts if abs(part.points) >= _SMALL or part.reason is not None]


def _contributions(found: Movement) -> Table:
    table = Table("what", "dimension", "points", box=box.SIMPLE, show_footer=True)
    table.columns[2].justify = "right"
    reader = reader_of("en", "UTC")
    for item in sorted(found.contributions, key=lambda item: -abs(item.points)):
        dimension = item.dimension.value if item.dimension else ""
        table.add_row(signal(reader, item.name), dimension, Text(f"{item.points:+.2f}"))
    total = sum(item.points for item in found.contributions)
    table.columns[0].footer, table.columns[2].footer = "sum", f"{total:.2f}"
    return table
