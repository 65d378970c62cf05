"""Alerts about money: an account whose money goes another way than its score, and one that may want more.

Both look at accounts under judgement, all at once; only those that may open or close an episode are looked at one by
one.
An episode opens over one line and closes under a lower one, and the next may not open before the policy's cooldown is
over: `Episode.watermark` is when the last one opened or closed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from math import exp, inf, log, log1p
from typing import Final, NamedTuple

import numpy as np

from schemas.alerts import AlertKind, StepKind, StepReason
from schemas.health import Band
from streams.core import episodes
from streams.core.decay import share_left
from streams.core.episodes import BY_TIME, Step
from streams.core.fences import Bools
from streams.core.judging import Judgement
from streams.core.policy import BANDS, DAY_S, LEVELS, SIGNAL_INDEX, Floats, Ints
from streams.core.state import Episode, Extra, Partition, among

_NAMES: Final = tuple(LEVELS)
_ORDER_VALUE: Final = _NAMES.index("order_value")
_HEALTHY: Final = BANDS.index(Band.HEALTHY)
_WATCH: Final = BANDS.index(Band.WATCH)
_SUBSCRIPTION: Final = np.array([SIGNAL_INDEX[f"subscription_{change}"] for change in ("up", "down", "ended")])
_ROUNDING: Final = 1e-9
_NOTHING: Final = Extra()
Logs = Mapping[str, float]
"""By measure how much it grew, as a logarithm: 0.69 is twice, -inf all of it."""


class _Signs(NamedTuple):
    """What speaks for an episode: why, what the sentence may use, and what it rests on."""

    reason: StepReason
    facts: Mapping[str, str]
    rests_on: tuple[str, ...] = ()


def money_steps(case: Judgement) -> Iterator[tuple[int, Step | None]]:
    """The steps of both kinds, by place."""
    opens = _may_open(case)
    is_open = among(case.rows, case.partition.in_money)
    for index in np.flatnonzero(opens | is_open).tolist():
        deviation = dict(zip(_NAMES, case.now.deviation[index].tolist(), strict=True))
        yield index, _news(case, index, _upsell_step(case, index, deviation, may_open=bool(opens[index])))
        yield index, _news(case, index, _revenue_step(case, index, deviation, may_open=bool(opens[index])))


def _news(case: Judgement, index: int, step: Step | None) -> Step | None:
    """The step, but nothing opens with a change of rules: it counts as told, and its time runs until the next may."""
    if step is None or step.step is not StepKind.OPENED or index not in case.began_at:
        return step
    row = int(case.rows[index])
    episodes_of_it = case.partition.beside(row).episodes
    episodes_of_it[step.kind] = replace(episodes_of_it.get(step.kind, Episode()), watermark=step.at)
    case.partition.dirty[row] = True
    return None


def not_looked_at(partition: Partition, rows: Ints, as_of: Floats) -> Bools:
    """Those of some rows whose open episode nobody looked at for a day: signs fade, and that moves no score by much."""
    if not partition.in_money:
        return np.zeros(len(rows), bool)
    found = among(rows, partition.in_money)
    waited: Bools = found & (as_of >= partition.rows["judged_at"][rows] + DAY_S)
    return waited


def _may_open(case: Judgement) -> Bools:
    upsell, revenue = case.tables.policy.upsell, case.tables.policy.revenue
    band, value = case.state["band"], case.now.deviation[:, _ORDER_VALUE]
    grows = (band == _HEALTHY) & (case.now.deviation.max(axis=1) >= _rise(upsell.grows_percent))
    # Whatever became of a subscription within the time weighs at least as much as one change that long ago.
    least = share_left(np.array(revenue.over_d * DAY_S), case.tables.half_life_s[_SUBSCRIPTION])
    changed = (case.sums[:, _SUBSCRIPTION] / least).max(axis=1) >= 1.0 - _ROUNDING
    good, bad = (band >= _HEALTHY) & (band <= _WATCH), band > _WATCH
    falls = good & (changed | (value <= _fall(revenue.falls_percent)))
    may: Bools = grows | falls | (bad & (changed | (value >= _rise(revenue.rises_percent))))
    return may


def _rise(percent: float) -> float:
    """As a logarithm."""
    return log1p(percent / 100)


def _fall(percent: float) -> float:
    return log(1.0 - percent / 100)


def _upsell_step(case: Judgement, index: int, deviation: Logs, *, may_open: bool) -> Step | None:
    rules, now, extra = case.tables.policy.upsell, float(case.as_of[index]), _extra(case, index)
    episode = extra.episodes.get(AlertKind.UPSELL_READY, Episode())
    renews_at = extra.subscription.renewal(now)
    near = renews_at is None or renews_at - now <= rules.renewal_within_d * DAY_S
    line = _rise(rules.stays_percent if episode.open else rules.grows_percent)
    growing = [name for name in _NAMES if deviation[name] >= line]
    well = case.state["band"][index] == _HEALTHY and near and not _owes(extra, max(case.clock.watermark, now))
    signs = None
    if growing and well and (may_open or episode.open):
        facts = {"score": f"{case.now.score[index]:.1f}", "growing": ", ".join(growing)}
        facts["percent"] = _percent(max(deviation[name] for name in growing))
        if renews_at is not None:
            facts["renews_at"] = datetime.fromtimestamp(renews_at, UTC).isoformat()
        signs = _Signs(StepReason.UPSELL_SIGNS, facts, tuple(growing))
    return _step(AlertKind.UPSELL_READY, episode, signs, now, rules.cooldown_d)


def _owes(extra: Extra, now: float) -> bool:
    """Whether first things come first: a complaint is open, or something is overdue on either side."""
    overdue = any(at <= now for one in extra.ledgers.values() for at in one.dues().values())
    return overdue or extra.open_complaints > 0 or any(map(extra.is_open, BY_TIME))


def _revenue_step(case: Judgement, index: int, deviation: Logs, *, may_open: bool) -> Step | None:
    rules, now, extra = case.tables.policy.revenue, float(case.as_of[index]), _extra(case, index)
    episode = extra.episodes.get(AlertKind.REVENUE_DISAGREES, Episode())
    grown = extra.subscription.growth(now, rules.over_d * DAY_S, case.tables.rates)
    measures = {"order_value": deviation["order_value"], "subscription": 0.0 if grown is None else _log(grown)}
    signs, band = None, int(case.state["band"][index])
    if episode.open:
        reason, measure = StepReason(episode.members[0]), episode.members[1]
        if _goes_on(reason, measures[measure], band, rules.agrees_percent):
            signs = _Signs(reason, {})
    elif may_open:
        signs = _disagreement(case, index, measures)
    return _step(AlertKind.REVENUE_DISAGREES, episode, signs, now, rules.cooldown_d)


def _log(grown: float) -> float:
    return log1p(grown) if grown > -1.0 else -inf


def _goes_on(reason: StepReason, grown: float, band: int, agrees_percent: float) -> bool:
    if reason is StepReason.MONEY_FALLS:
        return _HEALTHY <= band <= _WATCH and grown <= _fall(agrees_percent)
    return band > _WATCH and grown >= _rise(agrees_percent)


def _disagreement(case: Judgement, index: int, measures: Logs) -> _Signs | None:
    rules, band = case.tables.policy.revenue, int(case.state["band"][index])
    if _HEALTHY <= band <= _WATCH:
        measure = min(measures, key=lambda name: measures[name])
        reason, disagrees = StepReason.MONEY_FALLS, measures[measure] <= _fall(rules.falls_percent)
    else:
        measure = max(measures, key=lambda name: measures[name])
        reason, disagrees = StepReason.MONEY_RISES, measures[measure] >= _rise(rules.rises_percent)
    if not disagrees:
        return None
    facts = {"score": f"{case.now.score[index]:.1f}", "percent": _percent(measures[measure]), "measure": measure}
    return _Signs(reason, facts, (reason.value, measure))


def _percent(grown: float) -> str:
    return f"{100 * (exp(grown) - 1):.0f}"


_GONE: Final = {
    AlertKind.UPSELL_READY: StepReason.SIGNS_GONE,
    AlertKind.REVENUE_DISAGREES: StepReason.AGREES_AGAIN,
}


def _step(kind: AlertKind, episode: Episode, signs: _Signs | None, now: float, cooldown_d: float) -> Step | None:
    if episode.open:
        if signs is not None:
            return None
        closed = replace(episodes.closed(episode), members=(), watermark=now)
        return Step(kind, closed, StepKind.RESOLVED, _GONE[kind], now, {})
    if signs is None or (episode.watermark and now - episode.watermark < cooldown_d * DAY_S):
        return None
    opened = replace(episodes.opened(episode), members=signs.rests_on, watermark=now)
    return Step(kind, opened, StepKind.OPENED, signs.reason, now, signs.facts)


def _extra(case: Judgement, index: int) -> Extra:
    return case.partition.extras.get(int(case.rows[index]), _NOTHING)
