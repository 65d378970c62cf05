"""account.health: one snapshot of an account's score, complete in itself.

Two sums hold exactly (to 1e-9), and a property test holds them:

    score                  = Σ contributions.points
    score - previous_score = Σ change.points          (previous_score None counts as 0)
"""

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from schemas.envelope import Model, Text
from schemas.ids import AccountIdField, EventIdField, ManagerIdField, SourceField
from schemas.times import UtcDatetime


class Dimension(StrEnum):
    """The three families a score is made of."""

    RELATIONSHIP = "relationship"
    COMMERCE = "commerce"
    SERVICE = "service"


class Band(StrEnum):
    """How well the account is, best first."""

    HEALTHY = "healthy"
    WATCH = "watch"
    AT_RISK = "at_risk"
    CRITICAL = "critical"


class PartKind(StrEnum):
    """Why a score moved."""

    BASE = "base"
    EVENT = "event"
    DECAY = "decay"
    REWEIGHTING = "reweighting"
    SATURATION = "saturation"
    POLICY = "policy"
    OVERRIDE = "override"


class OverrideReason(StrEnum):
    """What a person's override did since the last snapshot; `override_held`: nothing, it hides what moved below."""

    SET = "override_set"
    LIFTED = "override_lifted"
    EXPIRED = "override_expired"
    WITHDRAWN = "override_withdrawn"
    HELD = "override_held"


class DimensionScore(Model):
    """`score` in [0, 100], None where the dimension has no signal; `weight` is its share of the total, 0 to 1."""

    dimension: Dimension
    score: Annotated[float, Field(ge=0, le=100)] | None
    weight: Annotated[float, Field(ge=0, le=1)]


class Contribution(Model):
    """One named summand of the score, in points of the score. What a person set (`override`) has no dimension."""

    name: str
    dimension: Dimension | None = None
    points: float


class Part(Model):
    """One named summand of the score's change.

    The event fields are set for kind `event`, and for an override that a person set or lifted; `reason` for kind
    `override` alone.
    """

    kind: PartKind
    points: float
    signal: str | None = None
    event_id: EventIdField | None = None
    source: SourceField | None = None
    event_type: str | None = None
    event_time: UtcDatetime | None = None
    reason: OverrideReason | None = None


class Override(Model):
    """What a person set in place of the score: in force from `set_at` until `expires_at` (event time)."""

    value: Annotated[float, Field(ge=0, le=100)]
    author: ManagerIdField
    reason: Text
    set_at: UtcDatetime
    expires_at: UtcDatetime


class HealthSnapshot(Model):
    """The score of one account as of `as_of` (event time). `version` counts an account's snapshots without a gap.

    `score` is what is shown: the value of `override` where a person set one, else `computed_score`, made of the facts.
    `caused_by_record_at` is the broker's timestamp of the newest record in it, for latency; None when only time passed.
    """

    account_id: AccountIdField
    version: Annotated[int, Field(ge=1)]
    as_of: UtcDatetime
    produced_at: UtcDatetime
    caused_by_record_at: UtcDatetime | None = None
    policy: str
    score: Annotated[float, Field(ge=0, le=100)] | None
    band: Band | None
    coverage: Annotated[float, Field(ge=0, le=1)]
    dimensions: tuple[DimensionScore, ...]
    contributions: tuple[Contribution, ...]
    previous_score: float | None
    change: tuple[Part, ...]
    events_applied: Annotated[int, Field(ge=0)] = 0
    """How many facts of this account the state holds: compared with the distinct facts in the warehouse."""
    open_complaints: Annotated[int, Field(ge=0)] = 0
    computed_score: Annotated[float, Field(ge=0, le=100)] | None = None
    override: Override | None = None
    next_band: Band | None = None
    next_band_at: UtcDatetime | None = None
    """The next band if nothing more is told of the account, and when it will count, hysteresis and dwell included; None
    when none comes within 400 days. To about a day, or a hundredth of the time until then.
    """
    owner: ManagerIdField | None = None
    last_purchase_on: date | None = None
    """The day (UTC) of the latest purchase, and by which day the next is expected by the account's own rhythm; later it
    is overdue. None where nothing can be said.
    """
    purchase_expected_by: date | None = None
    last_word_on: date | None = None
    """The same of the latest word from the client: a contact, a purchase, a complaint."""
    word_expected_by: date | None = None
