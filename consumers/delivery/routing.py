"""Who is told of a step, over which channels: a pure function of the step, the managers and who was told before.

* A historic step is told to nobody.
* `opened` goes to the owner, `escalated` to the first of the escalation chain (the owner where it is empty), `resolved`
  to whoever was told of the episode, except the one who resolved it. Other steps are told to nobody: they show in the
  console.
* A manager is told over each channel of theirs, the first address of each kind.
"""

from collections.abc import Collection, Iterator

from consumers.delivery.addresses import is_mail_address
from consumers.delivery.decisions import Decision, Notification, Suppression
from consumers.delivery.directory import Directory
from schemas.alerts import AlertStep, StepKind
from schemas.deliveries import OutcomeReason
from schemas.events.managers import Contact, ContactKind, ManagerProfileData
from schemas.ids import ManagerId

NOTIFIED = frozenset({StepKind.OPENED, StepKind.ESCALATED, StepKind.RESOLVED})


def route(
    step: AlertStep, directory: Directory, told: Collection[ManagerId], channels: Collection[ContactKind]
) -> list[Decision]:
    """Everything decided about the step, at least one decision.

    `told` are the managers who were told of this episode before; `channels` are those we can send over.
    """
    if step.historic:
        return [Suppression(step, OutcomeReason.HISTORIC)]
    if step.step not in NOTIFIED:
        return [Suppression(step, OutcomeReason.NOT_NOTIFIED_STEP, detail=step.step.value)]
    recipients = _recipients(step, told)
    if not recipients:
        return [_nobody(step)]
    return [decision for recipient in recipients for decision in _to_manager(step, recipient, directory, channels)]


def contacts_of(profile: ManagerProfileData) -> dict[ContactKind, Contact]:
    """The contact that is used for each kind: the first of it."""
    first: dict[ContactKind, Contact] = {}
    for contact in profile.channels:
        first.setdefault(contact.kind, contact)
    return first


def _recipients(step: AlertStep, told: Collection[ManagerId]) -> list[ManagerId]:
    if step.step is StepKind.RESOLVED:
        return sorted(set(told) - {step.actor})
    if step.step is StepKind.ESCALATED and step.escalation_chain:
        return [step.escalation_chain[0]]
    return [step.owner] if step.owner else []


def _nobody(step: AlertStep) -> Suppression:
    if step.step is StepKind.RESOLVED:
        return Suppression(step, OutcomeReason.NOT_NOTIFIED_STEP, detail="nobody else was told of this episode")
    return Suppression(step, OutcomeReason.NO_OWNER)


def _to_manager(
    step: AlertStep, recipient: ManagerId, directory: Directory, channels: Collection[ContactKind]
) -> Iterator[Decision]:
    profile = directory.find(recipient)
    if profile is None:
        yield Suppression(step, OutcomeReason.UNKNOWN_MANAGER, recipient)
        return
    contacts = contacts_of(profile)
    if not contacts:
        yield Suppression(step, OutcomeReason.NO_CHANNEL, recipient, detail="the manager has no channel")
    for contact in contacts.values():
        yield _over(step, recipient, profile, contact, channels)


def _over(
    step: AlertStep,
    recipient: ManagerId,
    profile: ManagerProfileData,
    contact: Contact,
    channels: Collection[ContactKind],
) -> Decision:
    reason = OutcomeReason.NO_CHANNEL
    if contact.kind not in channels:
        return Suppression(step, reason, recipient, contact.kind, "this channel is not offered")
    if contact.kind is ContactKind.EMAIL and not is_mail_address(contact.address):
        return Suppression(step, reason, recipient, contact.kind, "not a mail address")
    return Notification(step, recipient, profile, contact.kind, contact.address)
