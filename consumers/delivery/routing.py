"""Who is told of a step, over which channels: a pure function of the step, the managers and who was told before.

* A historic step is told to nobody.
* `opened` goes to the owner, `escalated` to the first of the escalation chain (the owner where it is empty), `resolved`
  and `retracted` to whoever was told of the episode, except the one who resolved it. Other steps are told to nobody:
  they show in the console.
* A manager is told over each channel of theirs, the first address of each that wants this kind of alert.
"""

from collections.abc import Callable, Collection, Iterator, Mapping

from consumers.delivery.decisions import Decision, Notification, Suppression
from consumers.delivery.directory import Directory
from schemas.alerts import AlertKind, AlertStep, StepKind
from schemas.deliveries import OutcomeReason
from schemas.events.managers import Contact, ContactKind, ManagerProfileData
from schemas.ids import ManagerId

ENDS = frozenset({StepKind.RESOLVED, StepKind.RETRACTED})
NOTIFIED = ENDS | {StepKind.OPENED, StepKind.ESCALATED}
Offered = Mapping[ContactKind, Callable[[str], str]]
"""The channels we can send over; each says what is wrong with an address, nothing when it can be sent to."""


def route(step: AlertStep, directory: Directory, told: Collection[ManagerId], offered: Offered) -> list[Decision]:
    """Everything decided about the step, at least one decision.

    `told` are the managers who were told of this episode before.
    """
    if step.historic:
        return [Suppression(step, OutcomeReason.HISTORIC)]
    if step.step not in NOTIFIED:
        return [Suppression(step, OutcomeReason.NOT_NOTIFIED_STEP, detail=step.step.value)]
    recipients = _recipients(step, told)
    if not recipients:
        return [_nobody(step)]
    return [decision for recipient in recipients for decision in _to_manager(step, recipient, directory, offered)]


def contacts_of(profile: ManagerProfileData, kind: AlertKind) -> dict[ContactKind, Contact | None]:
    """The contact that is used of each channel: the first that wants this kind of alert, None when none does."""
    first: dict[ContactKind, Contact | None] = {}
    for contact in profile.channels:
        wanted = contact if contact.kinds is None or kind in contact.kinds else None
        first[contact.kind] = first.get(contact.kind) or wanted
    return first


def _recipients(step: AlertStep, told: Collection[ManagerId]) -> list[ManagerId]:
    if step.step in ENDS:
        return sorted(set(told) - {step.actor})
    if step.step is StepKind.ESCALATED and step.escalation_chain:
        return [step.escalation_chain[0]]
    return [step.owner] if step.owner else []


def _nobody(step: AlertStep) -> Suppression:
    if step.step in ENDS:
        return Suppression(step, OutcomeReason.NOT_NOTIFIED_STEP, detail="nobody else was told of this episode")
    return Suppression(step, OutcomeReason.NO_OWNER)


def _to_manager(step: AlertStep, recipient: ManagerId, directory: Directory, offered: Offered) -> Iterator[Decision]:
    profile = directory.find(recipient)
    if profile is None:
        yield Suppression(step, OutcomeReason.UNKNOWN_MANAGER, recipient)
        return
    contacts = contacts_of(profile, step.kind)
    if not contacts:
        yield Suppression(step, OutcomeReason.NO_CHANNEL, recipient, detail="the manager has no channel")
    for channel, contact in contacts.items():
        if contact is None:
            detail = "the manager does not want this kind over this channel"
            yield Suppression(step, OutcomeReason.NOT_WANTED, recipient, channel, detail)
        else:
            yield _over(step, recipient, profile, contact, offered)


def _over(
    step: AlertStep, recipient: ManagerId, profile: ManagerProfileData, contact: Contact, offered: Offered
) -> Decision:
    if contact.kind not in offered:
        detail = "this channel is not set up here"
        return Suppression(step, OutcomeReason.CHANNEL_NOT_OFFERED, recipient, contact.kind, detail)
    if fault := offered[contact.kind](contact.address):
        return Suppression(step, OutcomeReason.UNUSABLE_ADDRESS, recipient, contact.kind, fault)
    return Notification(step, recipient, profile, contact.kind, contact.address)
