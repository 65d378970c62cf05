"""How a ranking did on the months that judge: what it finds, how often it is right, and how early it speaks."""

from typing import Annotated, Final

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from pulse.fitting.choosing import average_precision, draw, judged
from pulse.learning.past import Rows
from streams.core.policy import DAY_S, Floats

Share = Annotated[float, Field(ge=0, le=1)]
_FIFTHS: Final = (0.2, 0.4, 0.6, 0.8)


class Figures(BaseModel):
    """`average_precision` of the ranking; `precision_at_line`, `recall_at_line` and `alerts` at the line that was drawn
    on the teaching months; `lead_time_days_median`: of the accounts that were lost and alerted, from the first month
    that alerted to the loss, None without one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    average_precision: Share
    precision_at_line: Share
    recall_at_line: Share
    alerts: int
    lead_time_days_median: float | None


def figures(teaching: tuple[Rows, Floats], judging: tuple[Rows, Floats], wanted: float) -> Figures:
    """Of rows with their risks, `float64[rows]`, higher is worse."""
    line = draw(teaching[1], teaching[0].lost, wanted).line
    rows, risk = judging
    alerted = risk >= line
    did = judged(alerted, rows.lost)
    return Figures(
        average_precision=round(average_precision(risk, rows.lost), 4),
        precision_at_line=round(did.precision, 4),
        recall_at_line=round(did.recall, 4),
        alerts=int(alerted.sum()),
        lead_time_days_median=_lead_d(rows.taken(alerted & rows.lost)),
    )


def _lead_d(found: Rows) -> float | None:
    if not len(found):
        return None
    # A loss that several months foretell is one loss, foretold when the first of them said so.
    order = np.argsort(found.at, kind="stable")
    loss = np.column_stack([found.account, found.lost_at])[order]
    first = order[np.unique(loss, axis=0, return_index=True)[1]]
    return round(float(np.median(found.lost_at[first] - found.at[first])) / DAY_S, 1)


def rfm(teaching: Rows, rows: Rows) -> Floats:
    """`float64[rows]`: recency, frequency and monetary value in fifths of the teaching rows, higher is worse."""
    late = np.searchsorted(np.quantile(teaching.silent_d, _FIFTHS), rows.silent_d)
    often = np.searchsorted(np.quantile(teaching.count, _FIFTHS), rows.count)
    much = np.searchsorted(np.quantile(teaching.spent, _FIFTHS), rows.spent)
    return np.asarray(late - often - much, np.float64)
