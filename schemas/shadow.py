"""account.shadow: what a policy that is tried out says otherwise of an account than the one in force.

Nobody acts on it. A record is written when the difference changes, also when there is none any more; the latest of an
account counts. It is as good as the worker's memory: one that starts again, or takes the account over, lets the policy
begin anew (`began_at`), and what it said before that counts no more.
"""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from schemas.alerts import AlertKind
from schemas.envelope import Model
from schemas.health import Band
from schemas.ids import AccountIdField, ManagerIdField
from schemas.times import UtcDatetime

_Score = Annotated[float, Field(ge=0, le=100)]


class ShadowChange(StrEnum):
    """What becomes of an alert under the policy tried out: it would be open and is not, or the other way about."""

    ADDED = "added"
    REMOVED = "removed"


class ShadowAlert(Model):
    """An alert kind in which the two differ now, and how often they came to differ each way since `began_at`."""

    kind: AlertKind
    now: ShadowChange | None = None
    added: Annotated[int, Field(ge=0)] = 0
    removed: Annotated[int, Field(ge=0)] = 0


class ShadowDifference(Model):
    """`policy`, `score` and `band` are what counts, those with `shadow_` what would; both as of `as_of` (event time).

    `shadow_policy` names the rules, such as `default/2/strategic`; `tried_since` is the moment of the release on
    account.policies that set it.
    """

    account_id: AccountIdField
    owner: ManagerIdField | None = None
    as_of: UtcDatetime
    produced_at: UtcDatetime
    tried_since: UtcDatetime
    began_at: UtcDatetime
    policy: str
    shadow_policy: str
    score: _Score | None
    shadow_score: _Score | None
    band: Band | None
    shadow_band: Band | None
    alerts: tuple[ShadowAlert, ...] = ()
