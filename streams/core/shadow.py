"""A policy tried out: what it would say of the accounts that are judged, beside what counts. It only looks on.

It begins with each account as a promotion would at the last judgement before: its band as the policy sees it, or the
band as it is where it says nothing else of the account, and the alert as it stands. From then on band, dwell and alert
follow its own rules. It is kept in memory alone: after a restart it begins anew.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from schemas.alerts import AlertKind
from schemas.ids import AccountId, ManagerId
from schemas.shadow import ShadowAlert, ShadowChange, ShadowDifference
from streams.core import bands
from streams.core.bands import NO_BAND, Codes
from streams.core.changeover import change_bands
from streams.core.explain import at_utc
from streams.core.fences import Bools
from streams.core.judging import BandChanges, Clock, Judgement, by_rules, judged, judgement, reading_moment, step_bands
from streams.core.policy import BANDS, Floats, Ints
from streams.core.rulebook import Rulebook, Version
from streams.core.score import or_else
from streams.core.state import Partition
from streams.core.tables import Tables

_KIND: Final = AlertKind.BAND_DROPPED
_AGREED: Final = -2
_OWN: Final = ("since", "judged_at", "judged_by", "band", "candidate")
"""Columns of the row that it keeps for itself."""
SIDE: Final = np.dtype(
    [
        ("since", "f8"),
        ("judged_at", "f8"),
        ("judged_by", "u4"),  # 0: not looked at yet
        ("told_gap", "f4"),  # points of its score above the one that counts, as last told
        ("added", "u2"),  # how often its alert came to be open while the other was not
        ("removed", "u2"),
        ("told_bands", "i1", (2,)),  # the one that counts and its own, as last told; -2 while they agree
        ("band", "i1"),
        ("candidate", "i1"),
        ("held", "i1"),  # its band when the override in force came
        ("told_now", "i1"),  # 1 its alert alone was open, -1 the other alone
        ("alerted", "?"),  # its alert is open
        ("was_open", "?"),  # the alert that counts was open when last looked at
    ]
)


class Shadow:
    """The policy of `version`, tried out since its moment, beside what counts in one partition.

    `began_at` is the clock when it began here (epoch seconds).
    """

    def __init__(self, version: Version, began_at: float) -> None:
        self.version = version
        self.rules = Rulebook.of(version.policy)
        self._began_at = began_at
        self._told: list[tuple[int, bytes]] = []
        self._sides = np.zeros(0, SIDE)

    def taken(self) -> list[tuple[int, bytes]]:
        """The differences found since this was last asked, with their rows: records of account.shadow."""
        told, self._told = self._told, []
        return told

    def sweep(self, partition: Partition, rows: Ints, clock: Clock) -> Ints:
        """Those of `rows` that it has not seen yet, or whose band would change by time alone."""
        self._reach(len(partition))
        rows = rows[np.isfinite(partition.rows["at"][rows])]
        fresh = self._sides["judged_by"][rows] == 0
        seen, found = rows[~fresh], [rows[fresh]]
        state = self._state(partition, seen)
        for tables, _, theirs in self.rules.groups(state["segment"], reading_moment(state, clock)):
            case = judged(partition, seen[theirs], state[theirs], clock, tables)
            wanted = bands.target(case.shown, case.state["band"], tables)
            restless = (wanted != case.state["band"]) | (case.state["candidate"] != NO_BAND)
            found.append(case.rows[restless])
        return np.concatenate(found)

    def look(self, partition: Partition, rows: Ints, clock: Clock, rules: Rulebook) -> None:
        """Judge rows that by what counts need no judgement, and compare."""
        for tables, _, theirs in by_rules(partition, rows, clock, rules):
            scores = self.judge(partition, rows[theirs], clock, rules)
            self.compare(judgement(partition, rows[theirs], clock, tables), scores)

    def judge(self, partition: Partition, rows: Ints, clock: Clock, rules: Rulebook) -> Floats:
        """Judge rows by its own rules, before what counts is decided of them; the scores shown, float64[n]."""
        self._reach(len(partition))
        open_now = self._open(partition, rows)
        side, state = self._sides[rows], self._state(partition, rows)
        # An alert that was closed between two looks was closed by a person, who would have closed this one too.
        side["alerted"] = np.where(side["judged_by"] == 0, open_now, side["alerted"] & ~(side["was_open"] & ~open_now))
        scores = np.empty(len(rows))
        for tables, began_at, theirs in self.rules.groups(state["segment"], reading_moment(state, clock)):
            case = judged(partition, rows[theirs], state[theirs], clock, tables)
            mine = side[theirs]
            _advance(case, mine, rules, self.rules, began_at)
            side[theirs], scores[theirs] = mine, case.shown
        self._sides[rows] = side
        return scores

    def compare(self, case: Judgement, scores: Floats) -> None:
        """Hold `scores` and its bands against what was decided of the same rows, and tell where that changed."""
        side, open_now = self._sides[case.rows], self._open(case.partition, case.rows)
        same = side["judged_by"] == case.tables.digest
        for name in _OWN[:1] + _OWN[3:]:
            side[name] = np.where(same, case.state[name], side[name])
        side["alerted"] = np.where(same, open_now, side["alerted"])
        side["was_open"] = open_now
        scores = np.where(same, case.shown, scores)
        now = side["alerted"].astype(np.int8) - open_now
        side["added"] += (now > 0) & (side["told_now"] <= 0)
        side["removed"] += (now < 0) & (side["told_now"] >= 0)
        chosen = _worth_telling(case, side, scores, now)
        self._sides[case.rows] = side
        self._told += [(int(case.rows[place]), self._message(case, place, float(scores[place]))) for place in chosen]

    def _state(self, partition: Partition, rows: Ints) -> npt.NDArray[np.void]:
        """A copy of the rows with its own columns in place of theirs, but in rows that it has not seen yet."""
        state, side = partition.rows[rows], self._sides[rows]
        for name in _OWN:
            state[name] = np.where(side["judged_by"] == 0, state[name], side[name])
        return state

    def _reach(self, accounts: int) -> None:
        if accounts > len(self._sides):
            sides = np.zeros(max(64, accounts, 2 * len(self._sides)), SIDE)
            sides["told_bands"], sides["held"] = _AGREED, NO_BAND
            sides[: len(self._sides)] = self._sides
            self._sides = sides

    def _open(self, partition: Partition, rows: Ints) -> Bools:
        extras = (partition.extras.get(row) for row in rows.tolist())
        return np.fromiter((extra is not None and extra.is_open(_KIND) for extra in extras), bool, len(rows))

    def _message(self, case: Judgement, place: int, score: float) -> bytes:
        row = int(case.rows[place])
        side, extra = self._sides[row], case.partition.extras.get(row)
        counted = ShadowAlert(
            kind=_KIND,
            now={1: ShadowChange.ADDED, -1: ShadowChange.REMOVED}.get(int(side["told_now"])),
            added=int(side["added"]),
            removed=int(side["removed"]),
        )
        mine = self.rules.known(int(side["judged_by"]))
        said = ShadowDifference(
            account_id=AccountId(case.partition.accounts[row]),
            owner=ManagerId(extra.profile.owner) if extra and extra.profile else None,
            as_of=at_utc(float(case.as_of[place])),
            produced_at=at_utc(case.clock.now),
            tried_since=at_utc(self.version.from_at),
            began_at=at_utc(self._began_at),
            policy=case.tables.name,
            shadow_policy=mine.name if mine else self.version.policy.name,
            score=_known(float(case.shown[place])),
            shadow_score=_known(score),
            band=_BANDS[int(case.state["band"][place])],
            shadow_band=_BANDS[int(side["band"])],
            alerts=(counted,) if counted.now or counted.added or counted.removed else (),
        )
        return said.model_dump_json().encode()


_BANDS: Final = (*BANDS, None)
"""By code; the last, -1, is none."""


def _advance(case: Judgement, side: npt.NDArray[np.void], rules: Rulebook, own: Rulebook, began_at: float) -> None:
    """Judge by its rules, the ones before having the last word as at a promotion; advances `side`."""

    def known(digest: int) -> Tables | None:
        return own.known(digest) or rules.known(digest)

    for ending in change_bands(case, known, began_at):
        theirs = side[ending.places]
        _alert(ending.case, ending.changes, theirs)
        side[ending.places] = theirs
    _alert(case, step_bands(case), side)
    case.state["judged_at"] = np.where(np.isfinite(case.state["at"]), case.as_of, case.state["judged_at"])
    case.state["judged_by"] = case.tables.digest
    for name in _OWN:
        side[name] = case.state[name]


def _alert(case: Judgement, changes: BandChanges, side: npt.NDArray[np.void]) -> None:
    """Open or close its alert as `streams.core.decide` does the one that counts."""
    left, by_hand = _left(case, changes, side)
    after, line = case.state["band"], BANDS.index(case.tables.policy.alerts.band_dropped_from)
    moved_on = (after != changes.before) | case.overruled.turned
    counts = moved_on & (left != NO_BAND) & (after != NO_BAND)
    dropped = counts & ~by_hand & ~changes.settling & (after > left) & (after >= line)
    better = counts & (after < line)
    side["alerted"] = (side["alerted"] | dropped) & ~better


def _left(case: Judgement, changes: BandChanges, side: npt.NDArray[np.void]) -> tuple[Codes, Bools]:
    """The bands that were left (when an override ends, those from before it), and where one is in force."""
    left, by_hand = changes.before.copy(), np.zeros(len(side), bool)
    for place, hand in case.overruled.hands.items():
        by_hand[place] = hand.override is not None
        if by_hand[place] and hand.held is None:
            side["held"][place] = left[place]
        elif hand.turned and not by_hand[place]:
            left[place] = side["held"][place]
    return left, by_hand


def _worth_telling(case: Judgement, side: npt.NDArray[np.void], scores: Floats, now: Codes) -> list[int]:
    """The places where bands or alert differ otherwise than was told, or scores by enough; noted as told."""
    pair = np.stack([case.state["band"], side["band"]], axis=1)
    pair[pair[:, 0] == pair[:, 1]] = _AGREED
    gap = or_else(scores, 0.0) - or_else(case.shown, 0.0)
    moved = np.abs(gap - side["told_gap"]) >= case.tables.policy.publish.moved_points
    changed = moved | (now != side["told_now"]) | (pair != side["told_bands"]).any(axis=1)
    side["told_now"] = now
    side["told_bands"] = np.where(changed[:, None], pair, side["told_bands"])
    side["told_gap"] = np.where(changed, gap, side["told_gap"])
    return np.flatnonzero(changed).tolist()


def _known(score: float) -> float | None:
    return None if np.isnan(score) else score
