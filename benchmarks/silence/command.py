"""The `silence` benchmark: fitted to the CDNOW months before December 1997, judged on the months after."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Final

import numpy as np

from benchmarks.conditions import conditions
from benchmarks.silence.bgnbd import p_alive
from pulse.fitting.choosing import average_precision
from pulse.fitting.document import FittedModel, flat
from pulse.fitting.fit import Options as Fitting
from pulse.fitting.fit import fit
from pulse.fitting.history import Bought, History, history_of
from pulse.fitting.snapshots import Taker
from pulse.simulate.history import open_history
from streams.core.policy import DAY_S
from streams.core.silence.model import usual_of

JUDGED_FROM: Final = datetime(1997, 12, 1, tzinfo=UTC)
_WEEK_D: Final = 7
_QUICK_STEP: Final = 4


@dataclass(frozen=True, slots=True)
class Options:
    """`quick` takes every fourth customer."""

    quick: bool = False


def run(options: Options) -> dict[str, float | None]:
    """Fit, judge and print; flat figures.

    Raises:
        Missing: scikit-learn is not installed.
    """
    print(*conditions(datetime.now(UTC)), "", sep="\n", flush=True)
    history = history_of(islice(_customers(), None, None, _QUICK_STEP if options.quick else 1))
    fitting = Fitting(judged_from=JUDGED_FROM)
    fitted = fit(history, fitting, "CDNOW", datetime.now(UTC))
    print(f"CDNOW: {len(history.times):,} purchases by {history.accounts:,} customers; silent: none in", end=" ")
    print(
        f"{fitting.horizon_d} days; judged: customers with purchases on {fitting.min_purchases} days or more",
        flush=True,
    )
    return _told(flat(fitted) | _counts(fitted) | {"bgnbd_average_precision": _bgnbd(history, fitted)})


def _customers() -> Iterator[Bought]:
    for customer in open_history().customers():
        times = [order.fact.at.timestamp() for order in customer.orders]
        yield Bought("", times, [float(order.amount) for order in customer.orders])


def _counts(fitted: FittedModel) -> dict[str, float | None]:
    told: dict[str, float | None] = {
        "alert_risk": fitted.model.alert.risk,
        "base_rate": fitted.fitted.judging.base_rate,
    }
    for name, part in (("teaching", fitted.fitted.teaching), ("judging", fitted.fitted.judging)):
        told |= {
            f"{name}_moments": len(part.moments),
            f"{name}_snapshots": part.rows,
            f"{name}_customers": part.accounts,
        }
    return told


def _bgnbd(history: History, fitted: FittedModel) -> float:
    """The average precision of P(alive), lowest first, on the same snapshots."""
    model = fitted.model
    usual = usual_of(model.segments, history.segments)
    judging = Taker(history, usual, timedelta(days=model.horizon_d), model.min_purchases).take(
        fitted.fitted.judging.moments
    )
    active_weeks = (judging.rhythm.last_at - judging.rhythm.first_at) / DAY_S / _WEEK_D
    repeats, weeks = (judging.rhythm.count - 1).astype(np.float64), active_weeks + judging.silent_d / _WEEK_D
    alive = p_alive(repeats, active_weeks, weeks)
    return round(average_precision(-alive, judging.stayed_away), 4)


def _told(figures: dict[str, float | None]) -> dict[str, float | None]:
    for name, figure in figures.items():
        print(f"  {name:<38}{'none' if figure is None else _plain(figure):>14}", flush=True)
    return figures


def _plain(figure: float) -> str:
    return f"{figure:,.4f}".rstrip("0").rstrip(".")
