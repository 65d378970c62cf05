"""The mail of a roll-up. The same headers on every try; the figures are those of the moment it is sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage

from consumers.delivery.channels.links import Links
from consumers.delivery.channels.mail_message import CALM, POLICY, Envelope, address_of, addressed, filled
from consumers.delivery.settings import DeliverySettings
from consumers.runtime.below import Waiting, Worsened
from consumers.runtime.rollup import Team
from consumers.runtime.wording import reader_of
from consumers.runtime.wording.rollups import RollUpWords
from schemas.events.managers import ManagerProfileData


@dataclass(frozen=True, slots=True)
class RollUp:
    """What one reader is told of everything below them; due at `due_at`. `names` are those of the owners."""

    id: str
    profile: ManagerProfileData
    address: str
    due_at: datetime
    team: Team
    worsened: tuple[Worsened, ...]
    waiting: tuple[Waiting, ...]
    names: Mapping[str, str]


def roll_up_bytes(told: RollUp, settings: DeliverySettings, links: Links, now: datetime) -> bytes:
    """The whole mail, 7-bit clean, with CRLF line ends."""
    return to_roll_up(told, settings, links, now).as_bytes(policy=POLICY)


def to_roll_up(told: RollUp, settings: DeliverySettings, links: Links, now: datetime) -> EmailMessage:
    """The mail; how long something waits is told as of `now`."""
    reader = reader_of(told.profile.locale, told.profile.time_zone)
    words = RollUpWords(reader, told.team, told.worsened, told.waiting, told.names, now)
    envelope = Envelope(told.id, words.headline, told.due_at, reader.language)
    seen = {"reader": reader, "words": words, "links": links, "colour": CALM}
    to = address_of(told.profile.name, told.address)
    return filled(addressed(to, envelope, settings), "roll_up", seen, envelope)
