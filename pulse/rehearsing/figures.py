"""What a rehearsal came to: how many alerts, for whom, how many flaps less, and how often they were right."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from statistics import median
from typing import Final

from pulse.fitting.plan import month_after
from pulse.rehearsing.churns import HORIZON_S, Life
from pulse.rehearsing.course import NOBODY, Opened, Rehearsed
from schemas.alerts import AlertKind
from streams.core.policy import DAY_S

FORETELLING: Final = tuple(
    str(kind)
    for kind in (AlertKind.BAND_DROPPED, AlertKind.SHARP_DROP, AlertKind.GONE_SILENT, AlertKind.PURCHASE_OVERDUE)
)
"""Alerts that say an account may be lost."""
_PLACES: Final = 4


@dataclass(frozen=True, slots=True)
class Period:
    """From `since` on, until `until` (epoch seconds), both of event time."""

    since: float
    until: float

    @property
    def days(self) -> float:
        """How many days it has."""
        return (self.until - self.since) / DAY_S

    def holds(self, at: float) -> bool:
        """Whether a moment lies in it."""
        return self.since <= at <= self.until


@dataclass(frozen=True, slots=True)
class Right:
    """How often alerts were right: of those whose horizon has passed and whose account could be lost (`judged`), how
    many were `followed` by its loss within the horizon.
    """

    judged: int
    followed: int

    @property
    def precision(self) -> float | None:
        """The share; None where none was judged."""
        return round(self.followed / self.judged, _PLACES) if self.judged else None


@dataclass(frozen=True, slots=True)
class Foretold:
    """Of `lost` losses in the period `warned` had an alert in the horizon before; `lead_d` is the median of the days
    from the first of these to the loss, None without one.
    """

    lost: int
    warned: int
    lead_d: float | None

    @property
    def share(self) -> float | None:
        """The share that was warned of; None without a loss."""
        return round(self.warned / self.lost, _PLACES) if self.lost else None


@dataclass(frozen=True, slots=True)
class Load:
    """Alerts for managers: how many there are, the average of one on a day, and the most that one had on one day (UTC).

    Alerts of accounts without an owner are `unowned`, and in none of the rest.
    """

    managers: int
    per_day: float | None
    most: int
    most_by: str | None
    most_on: date | None
    unowned: int


@dataclass(frozen=True, slots=True)
class Figures:
    """All that is said of one policy. `flaps_removed`: how many drops more would be told without hysteresis, dwell."""

    policy: str
    kinds: Mapping[str, int]
    load: Load
    flaps_removed: int
    right: Mapping[str, Right]
    foretold: Foretold

    @property
    def alerts(self) -> int:
        """Of all kinds."""
        return sum(self.kinds.values())


def figures(policy: str, done: Rehearsed, raw: Rehearsed, lives: Mapping[str, Life], period: Period) -> Figures:
    """`done` is the run under the policy, `raw` that of who wavered without hysteresis and dwell; both from the first
    fact on.
    """
    mine = [one for one in done.opened if period.holds(one.at)]
    kinds = Counter(one.kind for one in mine)
    return Figures(
        policy=policy,
        kinds={kind.value: kinds[kind.value] for kind in AlertKind},
        load=_load(mine, done.owners, period),
        flaps_removed=_drops(raw.opened, period) - _drops(done.opened, period),
        right=_right(mine, lives, period),
        foretold=_foretold([one for one in done.opened if one.kind in FORETELLING], lives, period),
    )


def _drops(opened: Sequence[Opened], period: Period) -> int:
    return sum(one.kind == AlertKind.BAND_DROPPED and period.holds(one.at) for one in opened)


def _load(opened: Sequence[Opened], owners: set[str], period: Period) -> Load:
    managers = owners | {one.owner for one in opened} - {NOBODY}
    owned = Counter((one.owner, _day(one.at)) for one in opened if one.owner != NOBODY)
    unowned = len(opened) - owned.total()
    manager_days = len(managers) * period.days
    per_day = round(owned.total() / manager_days, _PLACES) if manager_days else None
    if not owned:
        return Load(len(managers), per_day, 0, None, None, unowned)
    (manager, day), most = min(owned.items(), key=lambda one: (-one[1], one[0][1], one[0][0]))
    return Load(len(managers), per_day, most, manager, day, unowned)


def _day(at: float) -> date:
    return datetime.fromtimestamp(at, UTC).date()


def _right(opened: Sequence[Opened], lives: Mapping[str, Life], period: Period) -> dict[str, Right]:
    """By kind that foretells, and of all of them together as `all`."""
    judged: Counter[str] = Counter()
    followed: Counter[str] = Counter()
    for one in opened:
        if one.kind in FORETELLING and (truth := _outcome(lives.get(one.account), one.at, period)) is not None:
            judged.update((one.kind, "all"))
            followed.update((one.kind, "all") if truth else ())
    return {kind: Right(judged[kind], followed[kind]) for kind in (*FORETELLING, "all")}


def _outcome(life: Life | None, at: float, period: Period) -> bool | None:
    """Whether an account was lost within the horizon after a moment; None where it could not be, or nobody knows."""
    if life is None or at + HORIZON_S > period.until or not life.can_be_lost(at):
        return None
    return life.lost_after(at)


def base_rate(lives: Mapping[str, Life], period: Period) -> Right:
    """The same of every account at the first of every month: how often who alerts at random is right."""
    month = month_after(datetime.fromtimestamp(period.since, UTC).replace(hour=0, minute=0, second=0, microsecond=0))
    known: list[bool] = []
    while month.timestamp() + HORIZON_S <= period.until:
        at = month.timestamp()
        known += [life.lost_after(at) for life in lives.values() if life.can_be_lost(at)]
        month = month_after(month)
    return Right(len(known), sum(known))


def _foretold(opened: Sequence[Opened], lives: Mapping[str, Life], period: Period) -> Foretold:
    at: dict[str, list[float]] = defaultdict(list)
    for one in opened:
        at[one.account].append(one.at)
    lost = [(name, moment) for name, life in lives.items() for moment in life.lost_at if period.holds(moment)]
    warned = [
        moment - min(before)
        for name, moment in lost
        if (before := [one for one in at.get(name, ()) if moment - HORIZON_S <= one < moment])
    ]
    return Foretold(len(lost), len(warned), round(median(warned) / DAY_S, 1) if warned else None)
