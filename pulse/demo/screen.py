"""What the person in front of a demo sees: progress, then a living summary; plain lines where there is no terminal.

Always on standard error, so that standard output is free for the result.
"""

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Final

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from pulse.demo.figures import LastAlert
from pulse.local.running import RunningStack

_BANDS: Final = (("healthy", "green"), ("watch", "yellow"), ("at_risk", "dark_orange"), ("critical", "red"))
_PLAIN_EVERY: Final = 10


@dataclass(frozen=True, slots=True)
class Summary:
    """How it stands."""

    sent: int
    per_second: float
    bands: dict[str, int]
    alerts: Sequence[LastAlert]


class Screen:
    """May be used from any thread. `clock` is monotonic, in seconds: lines say how long it has been running."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._began_s = clock()
        self._console = Console(stderr=True)
        self._live = Live(console=self._console, auto_refresh=False) if self._console.is_terminal else None
        self._lock = threading.Lock()
        self._summaries = 0
        self._tenths = -1

    def shown(self) -> AbstractContextManager[object]:
        """The time during which the screen is kept up to date."""
        return nullcontext() if self._live is None else self._live

    def say(self, text: str, **_fields: Any) -> None:
        """One line that stays."""
        with self._lock:
            elapsed_s = self._clock() - self._began_s
            self._console.print(f"{elapsed_s:6.1f} s  {text}", highlight=False, markup=False, soft_wrap=True)

    def progress(self, done: int, total: int, per_second: float) -> None:
        """How far the load is."""
        if self._live is None:
            self._plain_progress(done, total, per_second)
            return
        table = Table.grid(padding=(0, 1))
        bar = ProgressBar(total=total, completed=done, width=40)
        table.add_row("loading", bar, f"{done:,} of {total:,} events", f"{per_second:,.0f}/s")
        self._update(table)

    def summary(self, running: RunningStack, summary: Summary) -> None:
        """The living summary."""
        self._summaries += 1
        if self._live is not None:
            self._update(Group(_figures(summary), _alerts(summary.alerts), where(running)))
        elif self._summaries % _PLAIN_EVERY == 1:
            told = ", ".join(f"{name} {summary.bands.get(name, 0):,}" for name, _ in _BANDS)
            self.say(f"{summary.sent:,} events sent, {summary.per_second:.1f}/s; accounts: {told}")

    def introduce(self, running: RunningStack) -> None:
        """Where everything is, once, as lines that stay."""
        with self._lock:
            self._console.print(where(running))

    def _plain_progress(self, done: int, total: int, per_second: float) -> None:
        tenths = 10 * done // max(1, total)
        if tenths > self._tenths:
            self._tenths = tenths
            self.say(f"loaded {done:,} of {total:,} events, {per_second:,.0f}/s")

    def _update(self, shown: RenderableType) -> None:
        with self._lock:
            if self._live is not None:
                self._live.update(shown, refresh=True)


def where(running: RunningStack) -> RenderableType:
    """Where to look, and as whom."""
    table = Table.grid(padding=(0, 2))
    table.add_row("page", Text(running.console_url, style="bold"), "sign in as any manager, such as M-001, Manager 01")
    table.add_row("mail", f"{running.console_url}/mail", "every mail the alerts became")
    table.add_row("why", "pulse explain CDNOW-00042", f"with PULSE_STACK__DATA={running.data}")
    table.add_row("stop", "Ctrl-C", "")
    return Panel(table, title="Account Pulse, fictitious companions of a real purchase log", title_align="left")


def _figures(summary: Summary) -> RenderableType:
    line = Text.assemble(
        (f"{summary.sent:,}", "bold"), " events sent, ", (f"{summary.per_second:.1f}/s", "bold"), "   "
    )
    for name, colour in _BANDS:
        line.append(f"{name} ", style=colour)
        line.append(f"{summary.bands.get(name, 0):,}   ", style="bold")
    return line


def _alerts(alerts: Sequence[LastAlert]) -> RenderableType:
    table = Table("sent", "alert", "reason", "event to mail", title="Last alerts", title_justify="left")
    for alert in alerts:
        after = "time passed" if alert.after_ms is None else f"{alert.after_ms:,} ms"
        table.add_row(f"{alert.sent_at.astimezone():%H:%M:%S}", alert.headline, alert.reason, after)
    return table
