"""A roll-up to look at: plainly made up. Pure."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from consumers.delivery.channels.roll_up_message import RollUp
from consumers.delivery.sample_alerts import ACCOUNT, OWNER, sample_manager
from consumers.runtime.below import Waiting, Worsened
from consumers.runtime.hierarchy import Hierarchy, Person, Viewer
from consumers.runtime.rollup import Figures, team_of
from schemas.alerts import AlertKind
from schemas.events.managers import ContactKind, Role
from schemas.health import Band
from schemas.ids import ManagerId
from schemas.rollups import roll_up_id

_LEAD: Final = ManagerId("EXAMPLE-LEAD")
_THREE_DAYS: Final = timedelta(days=3)
_NAME: Final = "Example Retail 00042"
_FIGURES: Final = Figures(
    accounts=120,
    by_band={"critical": 2, "at_risk": 9, "watch": 30, "healthy": 79},
    annual={"EUR": Decimal(4_200_000)},
    critical={"EUR": Decimal(125_000)},
    at_risk={"EUR": Decimal(310_000)},
    worsened=7,
    improved=4,
    opened=31,
    acknowledged=24,
    resolved=19,
    unanswered=3,
    answered_after_s=(600, 5400, 7200),
)


def sample_roll_up(locale: str, at: datetime, address: str) -> RollUp:
    """A lead's roll-up of a moment, with one account and one alert by name."""
    lead = Person(_LEAD, "Example Lead", Role.LEAD, None)
    owner = Person(OWNER, "Example Manager", Role.ACCOUNT_MANAGER, _LEAD)
    hierarchy = Hierarchy([lead, owner])
    told = replace(_FIGURES, unanswered_since=at - _THREE_DAYS)
    team = team_of(hierarchy, Viewer(lead, frozenset({_LEAD, OWNER})), {OWNER: told}, {"EUR": 1.0})
    worth = (Decimal(125_000), "EUR")
    worsened = Worsened(ACCOUNT, _NAME, OWNER, *worth, Band.WATCH, Band.CRITICAL)
    waiting = Waiting(ACCOUNT, _NAME, AlertKind.COMPLAINT_OVERDUE, OWNER, at - _THREE_DAYS, *worth)
    profile = sample_manager(locale, ContactKind.EMAIL, address).model_copy(update={"name": lead.name})
    names: dict[str, str] = {OWNER: owner.name, _LEAD: lead.name}
    return RollUp(roll_up_id(_LEAD, at), profile, address, at, team, (worsened,), (waiting,), names)
