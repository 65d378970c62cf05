"""What a flush decides about the accounts it looks at: bands, alert episodes, snapshots.

Reads and advances the partition's rows; what it decided goes into the rows' outboxes, so that row and decision are
durable together before anything is told.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

import numpy as np
import numpy.typing as npt
import orjson

from schemas.alerts import AlertKind, StepKind, StepReason, alert_id
from schemas.ids import AccountId
from schemas.plain import Plain
from streams.core import bands, episodes
from streams.core.changeover import change_over
from streams.core.climbing import ON_THE_WAY, by_person, climbed
from streams.core.decay import moved
from streams.core.episodes import BY_TIME, OVERDUE_KINDS, Overdue, Step
from streams.core.explain import Texts
from streams.core.falls import fallen, next_look, of_falls, settled_by_person
from streams.core.fences import Bools
from streams.core.judging import BandChanges, Clock, Judgement, by_rules, judgement, reading_moment, step_bands
from streams.core.money import money_steps, not_looked_at
from streams.core.overrides import next_turn
from streams.core.overruling import overruled
from streams.core.phases import Refusal
from streams.core.policy import BANDS, DAY_S, Floats, Ints
from streams.core.quiet import next_silence, renew, silence_steps
from streams.core.recoveries import Regained, ended_by_drop, ended_by_time, of_recovery
from streams.core.repeats import of_repeats
from streams.core.rulebook import Rulebook
from streams.core.score import assess
from streams.core.shadow import Shadow
from streams.core.snapshots import Decision
from streams.core.state import NEVER, Episode, Extra, Partition, among
from streams.core.tables import Tables
from streams.core.telling import publish, tell

_RECOVERED: Final = AlertKind.RECOVERED
_EXPLAINED: Final = (AlertKind.BAND_DROPPED, AlertKind.SHARP_DROP)
"""Alerts that say what moved the score."""
LEFT_BY_A_LOOK: Final = ("judged_at", "highs", "judged_by")
"""Columns that change when a row is looked at in vain: not worth a record, the next owner looks again."""

MAX_STEP_PARTS: Final = 10
"""How many of the heaviest parts an alert carries."""
MAX_RESTLESS: Final = 500
"""How many accounts are looked at in one flush because a manager's profile changed: the others wait for the next."""


@dataclass(slots=True)
class Decided:
    """How much was decided."""

    snapshots: int = 0
    steps: int = 0
    historic: int = 0
    oldest_cause: float = np.inf
    """The broker's timestamp of the record that waited longest for its snapshot; inf where none did."""


def due(partition: Partition, clock: Clock) -> Ints:
    """Rows of which something owed became overdue, or an alert goes on; some of those that somebody else may have."""
    some = np.fromiter(islice(partition.restless, MAX_RESTLESS), np.int64)
    if partition.next_due > clock.watermark:
        return some
    at = partition.rows["next_due"]
    partition.next_due = float(at[at > clock.watermark].min(initial=np.inf))
    return np.union1d(np.flatnonzero(at <= clock.watermark), some)


def waiting(partition: Partition, clock: Clock, rules: Rulebook) -> Ints:
    """Rows with a snapshot held back for long enough."""
    state = partition.rows
    overdue = clock.now - state["told_clock"] >= rules.at(clock.watermark).policy.publish.heartbeat_s
    return np.flatnonzero(state["unsaid"] & overdue)


def sweep(partition: Partition, rows: slice, clock: Clock, rules: Rulebook) -> Ints:
    """Those of `rows` that time alone makes worth a look: a score that faded, a band about to change, other rules."""
    state = partition.rows[rows]
    as_of = reading_moment(state, clock)
    begin = rows.start or 0
    found = [
        begin + theirs[_worth_a_look(partition, begin + theirs, as_of[theirs], clock, tables)]
        for tables, _, theirs in rules.groups(state["segment"], as_of)
    ]
    return np.concatenate(found)


def _worth_a_look(partition: Partition, rows: Ints, as_of: Floats, clock: Clock, tables: Tables) -> Bools:
    state = partition.rows[rows]
    known = np.isfinite(state["at"])
    sums = moved(state["sums"], np.where(known, as_of - np.where(known, state["at"], 0.0), 0.0), tables.half_life_s)
    computed = assess(sums, state["seen"], tables).score
    score = overruled(partition, rows, state, as_of, computed).shown
    live = as_of >= clock.now - tables.policy.alerts.history_horizon_s
    faded = live & (np.abs(score - state["told_score"]) >= tables.policy.publish.moved_points)
    wanted = bands.target(score, state["band"], tables)
    restless = (wanted != state["band"]) | (state["candidate"] != bands.NO_BAND)
    other: Bools = state["judged_by"] != tables.digest
    worth: Bools = known & (faded | restless | other | not_looked_at(partition, rows, as_of))
    return worth


def decide(partition: Partition, rows: Ints, clock: Clock, rules: Rulebook, shadow: Shadow | None = None) -> Decided:
    """Judge `rows` (distinct), each by its rules, and put what follows into their outboxes; rows that changed become
    dirty. A `shadow` looks on.
    """
    result = Decided()
    renew(partition, clock, rules)
    if not len(rows):
        return result
    for tables, began_at, theirs in by_rules(partition, rows, clock, rules):
        case = judgement(partition, rows[theirs], clock, tables)
        scores = shadow.judge(partition, case.rows, clock, rules) if shadow else None
        _decide(case, rules, began_at, result)
        if shadow and scores is not None:
            shadow.compare(case, scores)
    return result


def _decide(case: Judgement, rules: Rulebook, began_at: float, result: Decided) -> None:
    partition, rows = case.partition, case.rows
    before = case.state.copy()
    for ending in change_over(case, rules, began_at):
        steps = climbed(ending.case, _known(_moved(ending.case, ending.changes)), ())
        partition.restless.update(ending.case.rows[[index for index, _ in steps]].tolist())
        _tell_all(ending.case, steps, result)
    changes = step_bands(case)
    _tell_all(case, _steps(case, changes), result)
    published = publish(case, before["band"])
    result.snapshots += published.snapshots
    result.oldest_cause = min(result.oldest_cause, published.oldest_cause)
    case.state["judged_at"] = np.where(np.isfinite(case.state["at"]), case.as_of, NEVER)
    case.state["judged_by"] = case.tables.digest
    case.state["new_at"] = NEVER
    partition.rows[rows] = case.state
    partition.dirty[rows[_differs(before, case.state)]] = True


def _tell_all(case: Judgement, steps: Sequence[tuple[int, Step]], result: Decided) -> None:
    for index, decision in _decisions(case, steps):
        tell(case.partition, int(case.rows[index]), decision)
        case.partition.dirty[case.rows[index]] = True
        result.steps += 1
        result.historic += decision.historic


def _differs(before: npt.NDArray[np.void], after: npt.NDArray[np.void]) -> Bools:
    """bool[n]: rows worth writing. That a row was looked at is not: who waits out a dwell time is, every sweep."""
    for name in LEFT_BY_A_LOOK:
        before[name] = after[name]
    differs: Bools = _octets(before) != _octets(after)
    return differs


def _octets(rows: npt.NDArray[np.void]) -> npt.NDArray[np.void]:
    return rows.view(np.dtype((np.void, rows.dtype.itemsize)))


def act(
    partition: Partition, decisions: Sequence[tuple[int, Plain]], clock: Clock, rules: Rulebook
) -> Counter[Refusal]:
    """Put people's decisions on alerts into the outboxes; returns how many were refused, by reason."""
    refused: Counter[Refusal] = Counter()
    for row, event in decisions:
        if event["type"] not in episodes.DECISIONS:
            continue
        step = _of_action(partition, row, event)
        if isinstance(step, Refusal):
            refused[step] += 1
            continue
        policy = rules.at(step.at).policy
        historic = clock.is_history(step.at, policy.alerts.history_horizon_s)
        step = by_person(partition, row, step, event, policy.escalation)
        tell(partition, row, Decision(step, historic, clock.now, float(partition.rows["caused_at"][row])))
        if step.kind is AlertKind.SHARP_DROP and step.step is StepKind.RESOLVED:
            settled_by_person(partition, row)
        partition.dirty[row] = True
    return refused


def _of_action(partition: Partition, row: int, event: Plain) -> Step | Refusal:
    account, extra = AccountId(partition.accounts[row]), partition.extras.get(row, _NOTHING)
    wanted = event["data"]["alert_id"]
    for name, episode in extra.episodes.items():
        kind = AlertKind(name)
        if wanted == alert_id(account, kind, episode.number):
            return episodes.of_person(kind, episode, event)
    return Refusal.UNKNOWN_ALERT


_NOTHING: Final = Extra()


def _steps(case: Judgement, changes: BandChanges) -> list[tuple[int, Step]]:
    """The steps that follow, by place: bands that changed, what is owed where a fact or time made a difference."""
    found = _moved(case, changes)
    owed = _to_recount(case)
    found += [(index, step) for index in owed for step in _overdue_steps(case, index)]
    found += [(index, _repeat_step(case, index)) for index in _to_compare(case, owed)]
    found += [(index, step) for index in owed for step in silence_steps(case, index)]
    found += money_steps(case)
    found += [(index, ended_by_time(_episode(case, index, _RECOVERED), case.clock.watermark)) for index in owed]
    steps = _known(found)
    _next_due(case, owed, steps)
    return climbed(case, steps, owed)


def _moved(case: Judgement, changes: BandChanges) -> list[tuple[int, Step | None]]:
    """The steps that follow from where the score went: bands that changed, sharp falls."""
    moved_on = np.flatnonzero((case.state["band"] != changes.before) | case.overruled.turned).tolist()
    found = [(index, step) for index in moved_on for step in _band_steps(case, index, changes)]
    return [*found, *of_falls(case, fallen(case, changes.settling))]


def _known(found: Iterable[tuple[int, Step | None]]) -> list[tuple[int, Step]]:
    """By place, without those that are none."""
    return sorted(((index, step) for index, step in found if step is not None), key=lambda one: one[0])


def _to_recount(case: Judgement) -> list[int]:
    recounted = case.partition.recounted
    wanted = case.state["next_due"] <= case.clock.watermark
    if recounted:
        wanted |= among(case.rows, recounted)
        recounted.difference_update(case.rows[wanted].tolist())
    return np.flatnonzero(wanted).tolist()


def _to_compare(case: Judgement, owed: Sequence[int]) -> Iterable[int]:
    """Accounts whose complaints may repeat one another in another way than when they were last judged."""
    repeating = case.partition.repeating
    if not repeating:
        return owed
    found = np.flatnonzero(among(case.rows, repeating)).tolist()
    repeating.difference_update(case.rows[found].tolist())
    return sorted({*owed, *found})


def _band_steps(case: Judgement, index: int, changes: BandChanges) -> Iterator[Step | None]:
    """What follows from a change of band: a drop that opens or ends, and with it the news that a client is back."""
    step, recovery = _band_step(case, index, changes), _episode(case, index, _RECOVERED)
    yield step
    if step is not None and step.reason is StepReason.BAND_WORSENED:
        yield ended_by_drop(recovery, step)
    before, after = _left(case, index, changes), int(case.state["band"][index])
    if after == 0 < before and not changes.settling[index] and case.overruled.in_force(index) is None:
        drop = step.episode if step else _episode(case, index, AlertKind.BAND_DROPPED)
        facts = _band_facts(before, after, float(case.shown[index]))
        stays_s = case.tables.policy.alerts.recovered_days * DAY_S
        yield of_recovery(recovery, drop, Regained(float(changes.counted_at[index]), facts, stays_s))


def _band_facts(before: int, after: int, score: float) -> dict[str, str]:
    return {"band_from": BANDS[before].value, "band_to": BANDS[after].value, "score": f"{score:.1f}"}


def _band_step(case: Judgement, index: int, changes: BandChanges) -> Step | None:
    """The step after a change of band. An account that settles in drops from nowhere: that opens nothing."""
    before, after = _left(case, index, changes), int(case.state["band"][index])
    if bands.NO_BAND in (before, after):
        return None
    line = BANDS.index(case.tables.policy.alerts.band_dropped_from)
    score, episode = float(case.shown[index]), _episode(case, index, AlertKind.BAND_DROPPED)
    facts = _band_facts(before, after, score)
    override = case.overruled.in_force(index)
    if override is not None:
        return episodes.of_override(episode, override, facts) if after < line else None
    dropped = after > before and after >= line and not changes.settling[index]
    change = episodes.BandChange(dropped=dropped, better=after < line, at=float(changes.counted_at[index]))
    return episodes.of_band(episode, change, facts)


def _left(case: Judgement, index: int, changes: BandChanges) -> int:
    """The band that was left: when an override ends, the one from before it, as only what the client did counts."""
    hand = case.overruled.hands.get(index)
    if hand is not None and hand.turned and hand.override is None and hand.held is not None:
        return hand.held.band
    return int(changes.before[index])


def _episode(case: Judgement, index: int, kind: AlertKind) -> Episode:
    return _extra(case, index).episodes.get(kind, Episode())


def _extra(case: Judgement, index: int) -> Extra:
    return case.partition.extras.get(int(case.rows[index]), _NOTHING)


def _overdue_steps(case: Judgement, index: int) -> Iterator[Step | None]:
    for kind in OVERDUE_KINDS:
        due_at, episode = _owed(case, index, kind), _episode(case, index, kind)
        if due_at or episode.open:
            watermark = max(case.clock.watermark, episode.watermark) if episode.open else case.clock.watermark
            extra = _extra(case, index)
            told = _told_by_policy(extra, kind, episode)
            late = {name: at for name, at in due_at.items() if at <= watermark or name in told}
            withdrawn, money = _withdrawn(extra, kind, episode.members), _money(extra, kind, late)
            overdue = Overdue(kind, watermark, late, withdrawn, money)
            yield episodes.of_overdue(episode, overdue, float(case.as_of[index]))


def _repeat_step(case: Judgement, index: int) -> Step | None:
    extra, within_d = _extra(case, index), case.tables.policy.complaints.repeated_within_d
    episode = _episode(case, index, AlertKind.COMPLAINT_REPEATED)
    if len(extra.complaints) < 2 and not episode.open:  # noqa: PLR2004 - it takes two
        return None
    return of_repeats(episode, extra.complaints, within_d, float(case.as_of[index]))


def _told_by_policy(extra: Extra, kind: AlertKind, episode: Episode) -> set[str]:
    """Complaints told overdue by a policy's time: they stay so when another policy, or segment, gives more of it."""
    if kind is not AlertKind.COMPLAINT_OVERDUE or not episode.open:
        return set()
    return {name for name in episode.members if name in extra.owing and extra.owing[name].by_policy}


def _next_due(case: Judgement, places: Sequence[int], steps: Sequence[tuple[int, Step]]) -> None:
    timed = {index: step for index, step in steps if step.episode.until}
    for index in {*places, *timed, *(index for index, step in steps if step.kind is AlertKind.SHARP_DROP)}:
        owed = (at for kind in OVERDUE_KINDS for at in _owed(case, index, kind).values())
        ahead = min((at for at in owed if at > case.clock.watermark), default=np.inf)
        news = timed[index].episode if index in timed else _episode(case, index, _RECOVERED)
        ahead = min(
            ahead,
            next_silence(case, index),
            next_turn(_extra(case, index).overrides, float(case.as_of[index])),
            next_look(case, index),
            news.until if news.open else np.inf,
        )
        case.state["next_due"][index] = ahead
        case.partition.next_due = min(case.partition.next_due, ahead)


def _owed(case: Judgement, index: int, kind: AlertKind) -> Mapping[str, float]:
    """By name, when each thing owed of a kind is due."""
    extra = _extra(case, index)
    if kind is AlertKind.COMPLAINT_OVERDUE:
        return {name: record.due(case.tables.sla_h) for name, record in extra.owing.items()}
    return extra.owed(kind)


def _withdrawn(extra: Extra, kind: AlertKind, names: Iterable[str]) -> set[str]:
    """Those whose opening was taken back as never having been."""
    if kind is AlertKind.COMPLAINT_OVERDUE:
        return {name for name in names if name in extra.complaints and not extra.complaints[name].was_told}
    ledger = extra.ledgers.get(kind)
    return {name for name in names if ledger and ledger.is_unfounded(name)}


def _money(extra: Extra, kind: AlertKind, names: Iterable[str]) -> dict[str, str]:
    """What is open of the invoices named, where all are in one currency."""
    if kind is not AlertKind.INVOICE_OVERDUE:
        return {}
    records = [extra.ledgers[kind].records[name] for name in names]
    currencies = {record.currency for record in records}
    if len(currencies) != 1:
        return {}
    return {"amount": str(sum(record.open_amount for record in records)), "currency": currencies.pop()}


def _decisions(case: Judgement, steps: Sequence[tuple[int, Step]]) -> Iterator[tuple[int, Decision]]:
    explained = list({index: None for index, step in steps if _has_parts(step)})
    reasons = dict(zip(explained, case.parts(np.array(explained, np.int64)), strict=True)) if explained else {}
    horizon_s = case.tables.policy.alerts.history_horizon_s
    for index, step in steps:
        # What is owed becomes overdue by time, not by a record; whatever else happened to the account did not cause it.
        by_time = step.kind in BY_TIME and step.step in (StepKind.OPENED, StepKind.UPDATED)
        goes_on = step.step in ON_THE_WAY
        caused_at = NEVER if by_time or goes_on else float(case.state["caused_at"][index])
        # Whoever was told of an alert in time is followed by the next however long nobody was there to tell them.
        historic = case.clock.is_history(step.at, np.inf if goes_on else horizon_s)
        parts = _heaviest(reasons[index]) if _has_parts(step) else ()
        yield index, Decision(step, historic, case.clock.now, caused_at, parts)


def _has_parts(step: Step) -> bool:
    return step.kind in _EXPLAINED and step.step not in ON_THE_WAY


def _heaviest(texts: Texts) -> Texts:
    return sorted(texts, key=lambda text: -abs(orjson.loads(text)["points"]))[:MAX_STEP_PARTS]
