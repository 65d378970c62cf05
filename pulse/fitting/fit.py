"""The fit itself: learn from the earlier part of a history and draw the line there, be judged by the later part."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np

from pulse.fitting.choosing import draw, judged
from pulse.fitting.document import Fitted, FittedModel, Measured, Part
from pulse.fitting.errors import TooFewOutcomes
from pulse.fitting.history import History
from pulse.fitting.logistic import coefficients_of, require_scikit_learn
from pulse.fitting.measuring import measure
from pulse.fitting.plan import plan_of
from pulse.fitting.rivals import FIXED_D, rfm_of
from pulse.fitting.snapshots import Snapshots, Taker
from pulse.fitting.usual import segments_until
from streams.core.policy import Floats
from streams.core.silence.document import AlertLine, Coefficients, Rule, SilenceModel
from streams.core.silence.line import own_line_d
from streams.core.silence.model import silent_after_d, usual_of
from streams.core.silence.risk import ground_of, risk

FEWEST_OUTCOMES: Final = 30
"""Of either kind, on either side: with fewer, six features fit noise and a precision is a guess."""


@dataclass(frozen=True, slots=True)
class Options:
    """`wanted_precision`: the line finds as much as it can while so many of its alerts come true where it is drawn.
    `judged_from`: the first moment that judges; None takes the last third of the months.
    """

    horizon_d: int = 90
    min_purchases: int = 3
    wanted_precision: float = 0.75
    judged_from: datetime | None = None


def fit(history: History, options: Options, source: str, now: datetime) -> FittedModel:
    """Fit to a history and judge.

    Raises:
        Missing: scikit-learn is not installed.
        HistoryTooShort: no snapshot is left to teach or to judge.
        TooFewOutcomes: too few accounts stayed away or came back.
    """
    require_scikit_learn()
    begin, end = _span(history)
    plan = plan_of(begin, end, timedelta(days=options.horizon_d), options.judged_from)
    segments = segments_until(history, plan.judging[0].timestamp())
    taker = Taker(history, usual_of(segments, history.segments), plan.horizon, options.min_purchases)
    teaching = _enough("teaching", taker.take(plan.teaching))
    judging = _enough("judging", taker.take(plan.judging))
    coefficients = coefficients_of(teaching)
    model = SilenceModel(
        horizon_d=options.horizon_d,
        min_purchases=options.min_purchases,
        segments=segments,
        coefficients=coefficients,
        alert=_alert_line(coefficients, teaching, options.wanted_precision),
    )
    told = Fitted(
        source=source,
        fitted_at=now,
        begin=begin,
        end=end,
        purchases=len(history.times),
        accounts=history.accounts,
        wanted_precision=options.wanted_precision,
        teaching=_part(plan.teaching, teaching),
        judging=_part(plan.judging, judging),
    )
    return FittedModel(model=model, fitted=told, measured=_measured(model, teaching, judging, options))


def _span(history: History) -> tuple[datetime, datetime]:
    if not len(history.times):
        raise TooFewOutcomes("teaching", 0, 0, FEWEST_OUTCOMES)
    return datetime.fromtimestamp(history.times.min(), UTC), datetime.fromtimestamp(history.times.max(), UTC)


def _enough(part: str, taken: Snapshots) -> Snapshots:
    away = int(taken.stayed_away.sum())
    back = len(taken.stayed_away) - away
    if min(away, back) < FEWEST_OUTCOMES:
        raise TooFewOutcomes(part, away, back, FEWEST_OUTCOMES)
    return taken


def _alert_line(coefficients: Coefficients, teaching: Snapshots, wanted: float) -> AlertLine:
    """By the account's own line or by the risk, whichever did better where both were drawn."""
    own = judged(teaching.silent_d > own_line_d(teaching.rhythm, teaching.usual), teaching.stayed_away)
    by_risk = draw(_risk(coefficients, teaching), teaching.stayed_away, wanted)
    if own.rank(wanted) > by_risk.rank(wanted):
        return AlertLine(rule=Rule.OWN_LINE)
    return AlertLine(rule=Rule.RISK, risk=round(by_risk.line, 6))


def _measured(model: SilenceModel, teaching: Snapshots, judging: Snapshots, options: Options) -> Measured:
    score = _risk(model.coefficients, judging)
    line_d = own_line_d(judging.rhythm, judging.usual)
    rfm = rfm_of(teaching, options.wanted_precision)
    horizon_d, silent_d = float(options.horizon_d), judging.silent_d
    return Measured(
        mean_risk=round(float(score.mean()), 4),
        rfm_alert_sum=int(rfm.line),
        model=measure(judging, score, silent_after_d(model, judging.rhythm, judging.usual), horizon_d),
        own_line=measure(judging, silent_d / line_d, line_d, horizon_d),
        rfm=measure(judging, rfm.score(judging), rfm.alerts_after_d(judging), horizon_d),
        fixed_30_days=measure(judging, silent_d, np.full(len(silent_d), FIXED_D), horizon_d),
    )


def _risk(coefficients: Coefficients, of: Snapshots) -> Floats:
    return risk(coefficients, ground_of(of.rhythm, of.usual), of.silent_d)


def _part(moments: tuple[datetime, ...], taken: Snapshots) -> Part:
    return Part(
        moments=moments,
        rows=len(taken.account),
        accounts=len(np.unique(taken.account)),
        base_rate=round(float(taken.stayed_away.mean()), 4),
    )
