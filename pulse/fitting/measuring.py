"""How a rule did on snapshots it was not drawn on."""

from typing import Annotated, Final

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from pulse.fitting.choosing import Truth, average_precision, judged
from pulse.fitting.snapshots import Snapshots
from streams.core.policy import Floats

FRESH_D: Final = 31.0

Share = Annotated[float, Field(ge=0, le=1)]


class Figures(BaseModel):
    """`average_precision` of the ranking; `precision_at_line` and `recall_at_line` of the alert, over all snapshots;
    `precision_of_fresh`: of those alone who passed the line within the 31 days before a snapshot, None when nobody did;
    `lead_time_days_median`: over the silences that came true, how long before one whole horizon without a purchase the
    alert spoke, below 0 when after it; None without one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    average_precision: Share
    precision_at_line: Share
    recall_at_line: Share
    alerts: int
    precision_of_fresh: Share | None
    fresh_alerts: int
    lead_time_days_median: float | None


def measure(judging: Snapshots, score: Floats, after_d: Floats, horizon_d: float) -> Figures:
    """`score: float64[rows]` ranks, `after_d: float64[rows]` is the silence beyond which the rule alerts."""
    alerted = judging.silent_d > after_d
    # What was passed long ago is precise because it is old; only a fresh alert tells anybody anything.
    fresh = alerted & (judging.silent_d - after_d <= FRESH_D)
    line = judged(alerted, judging.stayed_away)
    return Figures(
        average_precision=_rounded(average_precision(score, judging.stayed_away)),
        precision_at_line=_rounded(line.precision),
        recall_at_line=_rounded(line.recall),
        alerts=int(alerted.sum()),
        precision_of_fresh=_rounded(judged(fresh, judging.stayed_away).precision) if fresh.any() else None,
        fresh_alerts=int(fresh.sum()),
        lead_time_days_median=_lead_d(judging, after_d, alerted & judging.stayed_away, horizon_d),
    )


def _lead_d(judging: Snapshots, after_d: Floats, true: Truth, horizon_d: float) -> float | None:
    if not true.any():
        return None
    # A silence that spans several snapshots is one silence.
    silence = np.column_stack([judging.account[true], judging.rhythm.last_at[true]])
    first = np.unique(silence, axis=0, return_index=True)[1]
    return round(horizon_d - float(np.median(after_d[true][first])), 1)


def _rounded(share: float) -> float:
    return round(share, 4)
