"""The figures of a rehearsal as people read them, and as one flat object."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Final

from rich.table import Table

from pulse.rehearsing.churns import HORIZON_D
from pulse.rehearsing.figures import FORETELLING, Figures, Right
from pulse.rehearsing.run import Outcome
from schemas.alerts import AlertKind

_NONE: Final = "–"


def flat(outcome: Outcome) -> dict[str, object]:
    """All figures by name; those of the other policy end in `_beside`. What cannot be said is null."""
    period = outcome.period
    return {
        "since": _at(period.since),
        "until": _at(period.until),
        "days": round(period.days, 3),
        "accounts": outcome.accounts,
        "facts": outcome.facts,
        "chance_judged": outcome.chance.judged,
        "chance_precision": outcome.chance.precision,
        **_flat(outcome.policy),
        **{f"{name}_beside": value for name, value in _flat(outcome.beside).items()},
    }


def _flat(figures: Figures) -> dict[str, object]:
    load, told = figures.load, figures.foretold
    return {
        "policy": figures.policy,
        "alerts": figures.alerts,
        **{f"alerts_{kind}": count for kind, count in figures.kinds.items()},
        "managers": load.managers,
        "alerts_per_manager_and_day": load.per_day,
        "busiest_alerts": load.most,
        "busiest_manager": load.most_by,
        "busiest_day": load.most_on.isoformat() if load.most_on else None,
        "alerts_without_owner": load.unowned,
        "flaps_removed": figures.flaps_removed,
        **{f"judged_{kind}": right.judged for kind, right in figures.right.items()},
        **{f"precision_{kind}": right.precision for kind, right in figures.right.items()},
        "lost": told.lost,
        "lost_with_alert": told.warned,
        "share_of_lost_with_alert": told.share,
        "lead_time_days_median": told.lead_d,
    }


def tables(outcome: Outcome) -> Iterator[Table]:
    """What it would have told, and how right it would have been."""
    yield _told(outcome)
    yield _judged(outcome)


def _table(outcome: Outcome, title: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", min_width=64)
    table.add_column("", min_width=30)
    for figures in (outcome.policy, outcome.beside):
        table.add_column(figures.policy, justify="right")
    table.add_column("difference", justify="right")
    return table


def _told(outcome: Outcome) -> Table:
    table, ours, theirs = _table(outcome, "alerts opened"), outcome.policy, outcome.beside
    for kind in AlertKind:
        if ours.kinds[kind.value] or theirs.kinds[kind.value]:
            _count(table, kind.value, ours.kinds[kind.value], theirs.kinds[kind.value])
    table.add_section()
    _count(table, "in all", ours.alerts, theirs.alerts)
    table.add_row("a manager and day, on average", *_both(outcome, _average))
    table.add_row("most of one manager on one day", *_both(outcome, _busiest))
    if ours.load.unowned or theirs.load.unowned:
        _count(table, "of accounts without an owner", ours.load.unowned, theirs.load.unowned)
    table.add_section()
    _count(table, "flaps kept from being told", ours.flaps_removed, theirs.flaps_removed)
    return table


def _count(table: Table, name: str, ours: int, theirs: int) -> None:
    table.add_row(name, f"{ours:,}", f"{theirs:,}", f"{ours - theirs:+,}" if ours != theirs else "")


def _both(outcome: Outcome, say: Callable[[Figures], str]) -> tuple[str, str]:
    return say(outcome.policy), say(outcome.beside)


def _average(figures: Figures) -> str:
    return _NONE if figures.load.per_day is None else f"{figures.load.per_day:.2f}"


def _busiest(figures: Figures) -> str:
    load = figures.load
    return f"{load.most:,}\n{load.most_by}\n{load.most_on}" if load.most else _NONE


def _judged(outcome: Outcome) -> Table:
    table = _table(outcome, f"followed by a loss within {HORIZON_D} days")
    for kind in (*FORETELLING, "all"):
        ours, theirs = outcome.policy.right[kind], outcome.beside.right[kind]
        if kind == "all":
            table.add_section()
        if ours.judged or theirs.judged or kind == "all":
            name = "any of them" if kind == "all" else kind
            table.add_row(name, _share(ours), _share(theirs), _points(ours.precision, theirs.precision))
    table.add_section()
    ours_told, theirs_told = outcome.policy.foretold, outcome.beside.foretold
    shares = [_NONE if one.share is None else f"{one.share:.1%}" for one in (ours_told, theirs_told)]
    table.add_row("losses with an alert before", *shares, _points(ours_told.share, theirs_told.share))
    leads = [_NONE if one.lead_d is None else f"{one.lead_d:g} d" for one in (ours_told, theirs_told)]
    table.add_row("median lead time", *leads)
    return table


def _share(right: Right) -> str:
    return _NONE if right.precision is None else f"{right.precision:.1%} of {right.judged:,}"


def _points(ours: float | None, theirs: float | None) -> str:
    if ours is None or theirs is None or ours == theirs:
        return ""
    return f"{(ours - theirs) * 100:+.1f} points"


def lines(outcome: Outcome) -> Iterator[str]:
    """What the tables rest on."""
    period, chance, lost = outcome.period, outcome.chance, outcome.policy.foretold.lost
    yield (
        f"{outcome.facts:,} facts of {outcome.accounts:,} accounts, counted from {_day(period.since)} to "
        f"{_day(period.until)} ({period.days:.0f} days); {outcome.policy.load.managers:,} managers"
    )
    if outcome.policy == outcome.beside:
        yield "both would have done the same: name another to hold it against with --beside"
    if chance.precision is None:
        yield f"{lost:,} losses in that time; too short to judge alerts: that takes {HORIZON_D} days after them"
    else:
        chosen = f"of accounts picked at random {chance.precision:.1%} were lost within {HORIZON_D} days"
        yield f"{lost:,} losses in that time; {chosen}"


def _at(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat()


def _day(moment: float) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d}"
