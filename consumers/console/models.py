"""What the pages show, as read: frozen values. Nothing that asks a database and nothing of HTML may come in here."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from schemas.alerts import AlertKind, AlertStep, CalledRole, StepKind, StepReason, Suggestion
from schemas.health import Band, HealthSnapshot, Part


class EpisodeState(StrEnum):
    """Where an episode stands."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"
    RETRACTED = "retracted"


CLOSED = frozenset({EpisodeState.RESOLVED, EpisodeState.RETRACTED})

_STATE_AFTER = {
    StepKind.OPENED: EpisodeState.OPEN,
    StepKind.ESCALATED: EpisodeState.OPEN,
    StepKind.REOPENED: EpisodeState.OPEN,
    StepKind.REASSIGNED: EpisodeState.OPEN,
    StepKind.ACKNOWLEDGED: EpisodeState.ACKNOWLEDGED,
    StepKind.SNOOZED: EpisodeState.SNOOZED,
    StepKind.RESOLVED: EpisodeState.RESOLVED,
    StepKind.RETRACTED: EpisodeState.RETRACTED,
}


@dataclass(frozen=True, slots=True)
class Account:
    """Who the client is and who owns it, as of now; without a profile the id stands for the name."""

    account_id: str
    name: str
    owner: str
    segment: str = ""
    annual_value: Decimal | None = None
    currency: str = ""
    parent: str = ""
    has_children: bool = False


@dataclass(frozen=True, slots=True)
class Parent:
    """The account that another one says it belongs to. `name` is empty for one that is not the viewer's business;
    `state` says why the two are not counted together, empty where they are.
    """

    account_id: str
    name: str
    state: str


@dataclass(frozen=True, slots=True)
class Child:
    """An account of a group that the viewer may see."""

    account: Account
    score: float | None
    band: Band | None


@dataclass(frozen=True, slots=True)
class Group:
    """How a parent and all below it do, as `group_health` says. `worst` is None where nobody below has a score; without
    an id where it is not the viewer's business. Of the direct children those that the viewer may see are in `rows`, the
    worst first; `rest` are theirs beyond the page, `hidden` those of others.
    """

    score: float | None
    children: int
    accounts: int
    worst: Child | None
    by_band: Mapping[str, int]
    currency: str
    annual_value: Decimal
    critical_value: Decimal
    at_risk_value: Decimal
    unvalued: int
    unweighed: int
    other_values: Mapping[str, Decimal]
    rows: tuple[Child, ...]
    rest: int
    hidden: int


@dataclass(frozen=True, slots=True)
class WorkRow:
    """One account of the worklist. `change` is over seven days, None where there was no score then."""

    account: Account
    score: float | None
    band: Band | None
    change: float | None
    open_alerts: int
    unacknowledged: int
    open_complaints: int
    why: tuple["Reason", ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """A summand of a score, by name."""

    name: str
    dimension: str
    points: float


@dataclass(frozen=True, slots=True)
class TrialMove:
    """Accounts of one owner that a policy tried out would put from one band into another (None: no score)."""

    owner: str
    band: Band | None
    shadow_band: Band | None
    accounts: int
    alerts_added: int
    alerts_removed: int


@dataclass(frozen=True, slots=True)
class TrialAccount:
    """An account of which it says something else, now and as it would be. `alert` is 1 where one more would be open, -1
    where one less.
    """

    account_id: str
    name: str
    owner: str
    band: Band | None
    shadow_band: Band | None
    score: float | None
    shadow_score: float | None
    alert: int


@dataclass(frozen=True, slots=True)
class Trial:
    """What a policy tried out would change of the viewer's accounts; `ended_at` None while it goes on."""

    policy: str
    tried_since: datetime
    ended_at: datetime | None
    moves: tuple[TrialMove, ...]
    accounts: tuple[TrialAccount, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class Worklist:
    """A page of accounts and how many there are in all, by band and together."""

    rows: tuple[WorkRow, ...]
    found: int
    by_band: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Episode:
    """An alert episode as of its newest step. `opened_at` is None while only a later step has been seen; `holder` is
    who has it, empty where nobody was told.
    """

    alert_id: str
    account_id: str
    account_name: str
    kind: AlertKind
    episode: int
    state: EpisodeState
    historic: bool
    owner: str
    last_step_no: int
    reason: StepReason
    last_at: datetime
    role: CalledRole
    suggestion: Suggestion
    opened_at: datetime | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()
    value_at_risk: Decimal | None = None
    currency: str = ""
    acknowledged_by: str = ""
    acknowledged_at: datetime | None = None
    closed_at: datetime | None = None
    holder: str = ""

    @property
    def closed(self) -> bool:
        """Whether nobody needs to do anything any more."""
        return self.state in CLOSED


@dataclass(frozen=True, slots=True)
class Unanswered:
    """An alert that is in nobody's hands, since when, and whose account it is."""

    episode: Episode
    since: datetime
    owner: str


@dataclass(frozen=True, slots=True)
class Move:
    """An account whose band is another one than seven days ago."""

    account: Account
    before: Band
    band: Band


@dataclass(frozen=True, slots=True)
class KindCounts:
    """What became of the alerts of one kind in seven days, and how many are in nobody's hands now."""

    kind: AlertKind
    opened: int
    acknowledged: int
    resolved: int
    unanswered: int


def from_step(step: AlertStep, known: Episode | None) -> Episode:
    """The episode after `step`, given what was known of it; a step already known changes nothing."""
    if known is not None and known.last_step_no >= step.step_no:
        return known
    before = known or _begun_by(step)
    acknowledged = step.step is StepKind.ACKNOWLEDGED
    state = _STATE_AFTER.get(step.step, before.state)
    return replace(
        before,
        state=state,
        last_step_no=step.step_no,
        reason=step.reason,
        last_at=step.at,
        facts=step.facts or before.facts,
        parts=step.parts or before.parts,
        value_at_risk=step.value_at_risk,
        currency=step.currency or "",
        owner=step.owner or before.owner,
        acknowledged_by=(step.actor or "") if acknowledged else before.acknowledged_by,
        acknowledged_at=step.at if acknowledged else before.acknowledged_at,
        closed_at=step.at if state in CLOSED else None,
        holder=step.escalation_chain[0] if step.escalation_chain else before.holder,
    )


def _begun_by(step: AlertStep) -> Episode:
    return Episode(
        alert_id=step.alert_id,
        account_id=step.account_id,
        account_name=step.account_name or step.account_id,
        kind=step.kind,
        episode=step.episode,
        state=EpisodeState.OPEN,
        historic=step.historic,
        owner=step.owner or "",
        last_step_no=0,
        reason=step.reason,
        last_at=step.at,
        role=step.role,
        suggestion=step.suggestion,
        opened_at=step.at if step.step is StepKind.OPENED else None,
    )


@dataclass(frozen=True, slots=True)
class Sent:
    """What a message was about, to whom it went and how."""

    alert_id: str
    recipient: str
    channel: str


@dataclass(frozen=True, slots=True)
class Fact:
    """One event as stored: its CloudEvent as JSON, and the points it moved the score by, where it did."""

    source: str
    event_id: str
    type: str
    at: datetime
    payload: str
    points: float | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One snapshot's step from the score before, with its exact parts."""

    version: int
    at: datetime
    score: float | None
    previous: float | None
    band: Band | None
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Moment:
    """One point of the score's history."""

    at: datetime
    score: float
    band: Band | None


@dataclass(frozen=True, slots=True)
class AccountPage:
    """Everything the account page shows. `snapshot` is None for an account that was never scored."""

    account: Account
    parent: Parent | None
    group: Group | None
    snapshot: HealthSnapshot | None
    changes: tuple[Change, ...]
    episodes: tuple[Episode, ...]
    facts: tuple[Fact, ...]
    history: tuple[Moment, ...]
    more_facts: bool
