"""Silence by the account's own rhythm, live: by which day the next purchase, and the next word, is expected.

That day is known as soon as the last one is, so it stands in the row and only time is waited for. A day stands for
itself as a whole: an account is overdue when the day by which it was expected is over, and never before.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from schemas.alerts import AlertKind, StepKind, StepReason
from schemas.events.profiles import Segment
from streams.core import hearing
from streams.core.days import Days, day_of, enter, last_of, rhythm_of_days
from streams.core.episodes import Step, closed, opened
from streams.core.facts import Facts
from streams.core.judging import Clock, Judgement, by_rules
from streams.core.policy import DAY_S, Floats, Ints
from streams.core.rulebook import Rulebook
from streams.core.silence.document import EVERYBODY, SilenceRules
from streams.core.silence.line import shrunk
from streams.core.silence.model import silent_after_d, usual_of
from streams.core.silence.rhythm import Rhythm
from streams.core.state import Episode, Extra, Partition
from streams.core.tables import Tables

_PURCHASES, _CONTACTS = AlertKind.PURCHASE_OVERDUE, AlertKind.GONE_SILENT
_WRITTEN_AT_S: Final = 10 * 3600
"""A day is written as ten o'clock UTC, which is the same date everywhere from Hawaii to New Zealand."""
_LAST_DAY: Final = np.iinfo(np.uint16).max
_SEGMENTS: Final = ("", *Segment)
"""The first is of whoever has none."""
_PLACES: Final = {str(name): place for place, name in enumerate(_SEGMENTS)}


_TOLD_AS: Final = ("last_purchase_on", "purchase_expected_by", "last_word_on", "word_expected_by")


class _Watch(NamedTuple):
    """One of the two: the columns of its days, and that of the day by which the next is expected (0: none)."""

    kind: AlertKind
    on: str
    facts: str
    by: str
    ends: StepReason


WATCHES: Final = (
    _Watch(_PURCHASES, "bought_on", "bought", "order_by", StepReason.BOUGHT_AGAIN),
    _Watch(_CONTACTS, "heard_on", "heard", "word_by", StepReason.HEARD_AGAIN),
)


def note(partition: Partition, rows: Ints, facts: Facts) -> None:
    """Enter the days of a batch's facts; which accounts have other days now is kept for the next `renew`.

    `rows: int64[n]` is the row of each fact.
    """
    for watch, told in ((WATCHES[0], hearing.purchases(facts)), (WATCHES[1], hearing.words(facts))):
        if len(told.place):
            changed = enter(_days(partition.rows, watch), rows[told.place], day_of(told.at), told.sign)
            if len(changed):
                partition.shifted.setdefault(watch.kind, []).append(changed)


def shift(partition: Partition, rows: Ints) -> None:
    """What is usual for some accounts may have changed, though their days have not."""
    if len(rows):
        for watch in WATCHES:
            partition.shifted.setdefault(watch.kind, []).append(rows)


def renew(partition: Partition, clock: Clock, rules: Rulebook) -> None:
    """Find anew by which day the next purchase and word are expected of whom `note` and `shift` named."""
    for watch in WATCHES:
        noted = partition.shifted.pop(watch.kind, None)
        if noted:
            named = np.zeros(len(partition), bool)
            named[np.concatenate(noted)] = True
            rows = np.flatnonzero(named)
            for tables, _, theirs in by_rules(partition, rows, clock, rules):
                _renew(partition, watch, rows[theirs], tables)


def change_rules(case: Judgement, places: Ints, old: Tables | None, at: Floats) -> None:
    """Accounts come under other rules at `at: float64[places]`: find anew by when they are expected.

    Who is overdue then by these rules alone is taken as told.
    """
    if old is not None and old.policy.silence == case.tables.policy.silence:
        return
    rows = case.rows[places].tolist()
    beside = list(map(case.partition.extras.get, rows))
    for watch in WATCHES:
        days = _days(case.state[places], watch)
        by = case.state[watch.by][places] = _expected(days, watch, beside, case.tables)
        overdue = (by > 0) & ((by + 1) * DAY_S <= at)
        if old is not None:
            before = _expected(days, watch, beside, old)
            overdue &= (before == 0) | ((before + 1) * DAY_S > at)
        for place in np.flatnonzero(overdue).tolist():
            _take_as_told(case, int(places[place]), watch)
    case.partition.recounted.update(rows)


def _take_as_told(case: Judgement, index: int, watch: _Watch) -> None:
    row = int(case.rows[index])
    episodes = case.partition.beside(row).episodes
    episode = episodes.get(watch.kind, Episode())
    if not episode.open:
        episodes[watch.kind] = replace(episode, members=(_written(_last(case.state, watch, index)),))
        case.partition.dirty[row] = True


def _renew(partition: Partition, watch: _Watch, rows: Ints, tables: Tables) -> None:
    state = partition.rows
    beside = list(map(partition.extras.get, rows.tolist()))
    by = _expected(_days(state, watch).of(rows), watch, beside, tables)
    state[watch.by][rows] = by
    known = rows[by > 0]
    state["next_due"][known] = np.minimum(state["next_due"][known], (by[by > 0] + 1) * DAY_S)
    partition.next_due = min(partition.next_due, float(state["next_due"][known].min(initial=np.inf)))
    told = [extra is not None and bool(extra.episodes) and extra.is_open(watch.kind) for extra in beside]
    partition.recounted.update(rows[told].tolist())


def _expected(days: Days, watch: _Watch, beside: Sequence[Extra | None], tables: Tables) -> Ints:
    """The day by which each account's next is expected, int64[rows]; 0 for those of which nothing can be said."""
    rules = tables.policy.silence
    least = rules.purchases.min_purchases if watch.kind is _PURCHASES else rules.contacts.min_days
    by = np.zeros(len(beside), np.int64)
    judged = np.flatnonzero(np.count_nonzero(days.facts > 0, axis=1) >= least)
    if len(judged):
        rhythm, segments = rhythm_of_days(days.of(judged)), _segments([beside[row] for row in judged.tolist()])
        after_d = np.ceil(_after_d(watch, rhythm, segments, rules))
        day = rhythm.last_at / DAY_S + after_d
        by[judged] = np.where(day <= _LAST_DAY, day, 0)
    return by


def _after_d(watch: _Watch, rhythm: Rhythm, segments: Ints, rules: SilenceRules) -> Floats:
    """After how many days of silence each is overdue, float64[accounts]; inf for never."""
    if watch.kind is _PURCHASES:
        usual = usual_of(rules.purchases.segments, _SEGMENTS)
        return silent_after_d(rules.purchases, rhythm, usual.of(segments))
    line_d = np.array([rules.contacts.line_d.get(name, rules.contacts.line_d[EVERYBODY]) for name in _SEGMENTS])
    return shrunk(rhythm.quantile_d, rhythm.gaps, line_d[segments])


def _segments(beside: Sequence[Extra | None]) -> Ints:
    """The place in `_SEGMENTS` of each account's segment, int64[accounts]."""
    places = [_PLACES[extra.profile.segment] if extra and extra.profile else 0 for extra in beside]
    return np.array(places, np.int64)


def silence_steps(case: Judgement, index: int) -> Iterator[Step]:
    """The steps of the account at a place, of either kind."""
    for watch in WATCHES:
        extra = case.partition.extras.get(int(case.rows[index]))
        episode = extra.episodes.get(watch.kind, Episode()) if extra else Episode()
        by = int(case.state[watch.by][index])
        if by or episode.open:
            yield from _watched(case, index, watch, episode)


def _watched(case: Judgement, index: int, watch: _Watch, episode: Episode) -> Iterator[Step]:
    """An alert ends with the next day that is heard of, or when the day it rested on was taken back and it would not
    stand without; the line may move under it, and it stays.
    """
    by, day, now_at = int(case.state[watch.by][index]), _last(case.state, watch, index), float(case.as_of[index])
    last = _written(day)
    watermark = max(case.clock.watermark, episode.watermark) if episode.open else case.clock.watermark
    overdue = by > 0 and _over(by) <= watermark
    if episode.open:
        told_of = episode.members[0] if episode.members else ""
        if last > told_of:
            episode = replace(closed(episode), members=())
            yield Step(watch.kind, episode, StepKind.RESOLVED, watch.ends, min(now_at, _over(day)), {})
        elif not overdue and (by == 0 or last < told_of):
            episode = replace(closed(episode, StepKind.RETRACTED), members=())
            yield Step(watch.kind, episode, StepKind.RETRACTED, StepReason.CAUSE_WITHDRAWN, now_at, {})
    wanted = watch.kind in case.tables.policy.silence.alerts
    if wanted and overdue and not episode.open and last not in episode.members:
        after = replace(opened(episode), members=(last,), watermark=watermark)
        facts = _facts(case, index, watch)
        yield Step(watch.kind, after, StepKind.OPENED, StepReason.SILENCE_PASSED, _over(by), facts)


def next_silence(case: Judgement, index: int) -> float:
    """When the next of the account at a place will be overdue, epoch seconds; inf for nothing after the watermark."""
    dues = (_over(int(by)) for watch in WATCHES if (by := case.state[watch.by][index]))
    return min((at for at in dues if at > case.clock.watermark), default=np.inf)


def _facts(case: Judgement, index: int, watch: _Watch) -> dict[str, str]:
    usual_d = rhythm_of_days(_days(case.state[index : index + 1], watch)).median_d[0]
    return {
        "quiet_since": _iso(_last(case.state, watch, index)),
        "expected_by": _iso(int(case.state[watch.by][index])),
        "usual_days": f"{usual_d:.0f}",
    }


def told_days(state: npt.NDArray[np.void]) -> Iterator[dict[str, str]]:
    """What a snapshot of each of the rows says of their days: fields of `schemas.health.HealthSnapshot`, as dates."""
    bought, heard = (last_of(_days(state, watch)).tolist() for watch in WATCHES)
    columns = zip(bought, state["order_by"].tolist(), heard, state["word_by"].tolist(), strict=True)
    for days in columns:
        yield {name: _written(day) for name, day in zip(_TOLD_AS, days, strict=True) if day}


def _days(state: npt.NDArray[np.void], watch: _Watch) -> Days:
    return Days(state[watch.on], state[watch.facts])


def _last(state: npt.NDArray[np.void], watch: _Watch, index: int) -> int:
    """The account's last day that stands, 0 for none."""
    return int(last_of(_days(state[index : index + 1], watch))[0])


def _over(by: int) -> float:
    """When a day is over, epoch seconds."""
    return (by + 1) * DAY_S


@cache
def _written(day: int) -> str:
    """A day as a date; dates compare as they follow on one another."""
    return _moment(day).date().isoformat() if day else ""


def _iso(day: int) -> str:
    return _moment(day).isoformat()


def _moment(day: int) -> datetime:
    return datetime.fromtimestamp(day * DAY_S + _WRITTEN_AT_S, UTC)
