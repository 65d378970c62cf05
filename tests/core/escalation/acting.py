"""Builders of what people decide about alerts."""

from schemas.events.actions import (
    AlertAcknowledged,
    AlertActionData,
    AlertCommented,
    AlertCommentedData,
    AlertReassigned,
    AlertReassignedData,
    AlertResolved,
    AlertSnoozed,
    AlertSnoozedData,
)
from schemas.ids import AlertId, ManagerId
from tests.core.building import SOURCE, At, when


def acknowledged(at: At, alert: str, actor: str) -> AlertAcknowledged:
    data = AlertActionData(alert_id=AlertId(alert), actor=ManagerId(actor))
    return AlertAcknowledged(id=at.event_id("ack"), source=SOURCE, subject=at.account, time=when(at.at_s), data=data)


def snoozed(at: At, alert: str, actor: str, until_s: float) -> AlertSnoozed:
    data = AlertSnoozedData(alert_id=AlertId(alert), actor=ManagerId(actor), until=when(until_s))
    return AlertSnoozed(id=at.event_id("snooze"), source=SOURCE, subject=at.account, time=when(at.at_s), data=data)


def reassigned(at: At, alert: str, actor: str, to: str) -> AlertReassigned:
    data = AlertReassignedData(alert_id=AlertId(alert), actor=ManagerId(actor), to=ManagerId(to))
    return AlertReassigned(id=at.event_id("reassign"), source=SOURCE, subject=at.account, time=when(at.at_s), data=data)


def settled(at: At, alert: str, actor: str) -> AlertResolved:
    data = AlertActionData(alert_id=AlertId(alert), actor=ManagerId(actor))
    return AlertResolved(id=at.event_id("settle"), source=SOURCE, subject=at.account, time=when(at.at_s), data=data)


def commented(at: At, alert: str, actor: str) -> AlertCommented:
    data = AlertCommentedData(alert_id=AlertId(alert), actor=ManagerId(actor), comment="looking into it")
    return AlertCommented(id=at.event_id("comment"), source=SOURCE, subject=at.account, time=when(at.at_s), data=data)
