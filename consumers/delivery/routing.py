"""Who is told of a step, over which channels: a pure function of the step, the managers and who was told before.

* A historic step is told to nobody.
* `opened`, `escalated`, `reopened` and `reassigned` go to whoever has the alert then, the first of the escalation chain
  (the owner where it is empty); not to the one who passed it to themselves. Whoever would have it and is absent is not
  told, with a receipt that says who is there for them.
* `resolved` and `retracted` go to whoever was told of the episode, except the one who resolved it. Other steps are told
  to nobody: they show in the console.
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
_TO_HOLDER = frozenset({StepKind.OPENED, StepKind.ESCALATED, StepKind.REOPENED, StepKind.REASSIGNED})
NOTIFIED = ENDS | _TO_HOLDER
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
    told_to = [decision for recipient in recipients for decision in _to_manager(step, recipient, directory, offered)]
    return [*told_to, *_absent(step, recipients)]


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
    holder = step.escalation_chain[0] if step.escalation_chain else step.owner
    passed_to_themselves = step.step is StepKind.REASSIGNED and holder == step.actor
    return [holder] if holder and not passed_to_themselves else []


def _absent(step: AlertStep, told: Collection[ManagerId]) -> Iterator[Decision]:
    """Those whose turn it was and who are away, as the step says."""
    named = (one.strip() for one in step.facts.get("absent", "").split(","))
    detail = f"{', '.join(told)} was told instead"
    for manager in dict.fromkeys(ManagerId(one) for one in named if one):
        if step.step in _TO_HOLDER and manager not in told:
            yield Suppression(step, OutcomeReason.ABSENT, manager, detail=detail)


def _nobody(step: AlertStep) -> Suppression:
    if step.step in ENDS:
        return Suppression(step, OutcomeReason.NOT_NOTIFIED_STEP, detail="nobody else was told of this episode")
    if step.step is StepKind.REASSIGNED and step.actor:
        return Suppression(step, OutcomeReason.NOT_NOTIFIED_STEP, detail="they passed it to themselves")
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
