"""account.managers: the people who own accounts and whom they report to. Here `subject` is the manager's id."""

from datetime import time
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from schemas.alerts import AlertKind
from schemas.envelope import Data, Envelope, Name
from schemas.events.profiles import Locale, TimeZone
from schemas.ids import ManagerIdField
from schemas.times import UtcDatetime


class Role(StrEnum):
    """The rungs of the reporting line, lowest first."""

    ASSISTANT = "assistant"
    ASSOCIATE = "associate"
    ACCOUNT_MANAGER = "account_manager"
    LEAD = "lead"
    DIRECTOR = "director"
    VICE_PRESIDENT = "vice_president"


class ContactKind(StrEnum):
    """The ways a manager can be told."""

    CONSOLE = "console"
    EMAIL = "email"
    SLACK = "slack"
    TEAMS = "teams"
    WEBHOOK = "webhook"
    APPRISE = "apprise"


class Contact(Data):
    """One way to reach the manager, for these kinds of alert (without `kinds` for all).

    `address` is empty for the console inbox, a mail address for e-mail, the id of a channel or member for Slack, and
    for Teams, webhook and Apprise the name of a target that the settings of delivery hold.
    """

    kind: ContactKind
    address: Annotated[str, StringConstraints(max_length=512)] = ""
    kinds: Annotated[tuple[AlertKind, ...] | None, Field(min_length=1, max_length=50)] = None


class WorkingHours(Data):
    """Local times of one weekday, Monday = 0; hours that end no later than they begin run into the next day.

    JSON Schema wants an offset in a time: it may be given, and says nothing.
    """

    weekday: Annotated[int, Field(ge=0, le=6)]
    start: time
    end: time


class Absence(Data):
    """Away from `start_at` until `end_at`; `delegate` stands in."""

    start_at: UtcDatetime
    end_at: UtcDatetime
    delegate: ManagerIdField | None = None


class ManagerProfileData(Data):
    """`reports_to` is empty only at the top of the line."""

    name: Name
    role: Role
    reports_to: ManagerIdField | None = None
    locale: Locale = "en"
    time_zone: TimeZone = "UTC"
    working_hours: Annotated[tuple[WorkingHours, ...], Field(max_length=14)] = ()
    absences: Annotated[tuple[Absence, ...], Field(max_length=50)] = ()
    channels: Annotated[tuple[Contact, ...], Field(max_length=10)] = (Contact(kind=ContactKind.CONSOLE),)


class ManagerProfileSet(Envelope):
    """A manager's data were set."""

    type: Literal["manager.profile_set.v1"] = "manager.profile_set.v1"
    data: ManagerProfileData


ManagerEvent = ManagerProfileSet
