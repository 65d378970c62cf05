"""Who is told, over what, and why not."""

from typing import Any

import pytest

from consumers.delivery.channels.smtp import Mail
from consumers.delivery.decisions import Notification
from consumers.delivery.directory import Directory
from consumers.delivery.routing import NOTIFIED, route
from consumers.delivery.settings import SmtpSettings
from schemas.alerts import AlertKind, AlertStep, StepKind, StepReason
from schemas.deliveries import OutcomeReason
from schemas.events.managers import Contact, ContactKind
from schemas.ids import ManagerId
from tests.delivery.samples import OWNER, band_dropped, band_recovered, manager

OFFERED = {ContactKind.CONSOLE: lambda _: "", ContactKind.EMAIL: Mail(SmtpSettings(), lambda _: b"").fault_of}


def routed(step: AlertStep, *told: ManagerId, **data: Any) -> list[tuple[str | None, str | None, str]]:
    """Recipient, channel and what happens to it, for each decision."""
    directory = Directory()
    directory.learn(manager(**data))
    return [
        (it.recipient, it.channel and it.channel.value, "told" if isinstance(it, Notification) else it.reason.value)
        for it in route(step, directory, told, OFFERED)
    ]


def test_an_opened_alert_goes_to_the_owner_over_each_channel() -> None:
    assert routed(band_dropped()) == [(OWNER, "console", "told"), (OWNER, "email", "told")]


def test_a_historic_step_is_told_to_nobody() -> None:
    assert routed(band_dropped(historic=True)) == [(None, None, "historic")]
    assert routed(band_recovered(historic=True), OWNER) == [(None, None, "historic")]


@pytest.mark.parametrize("step", sorted(set(StepKind) - NOTIFIED))
def test_a_step_in_between_is_told_to_nobody(step: StepKind) -> None:
    assert routed(band_dropped(step=step)) == [(None, None, "not_notified_step")]


def test_an_account_without_owner_is_told_to_nobody_and_says_so() -> None:
    assert routed(band_dropped(owner=None)) == [(None, None, "no_owner")]


def test_an_owner_nobody_told_us_about_is_said_to_be_unknown() -> None:
    assert routed(band_dropped(owner=ManagerId("M-99"))) == [("M-99", None, "unknown_manager")]


def test_a_manager_without_channels_is_not_told() -> None:
    assert routed(band_dropped(), channels=()) == [(OWNER, None, "no_channel")]


def test_a_channel_we_do_not_offer_does_not_stop_the_others() -> None:
    contacts = (Contact(kind=ContactKind.SLACK, address="C1"), Contact(kind=ContactKind.CONSOLE))
    assert routed(band_dropped(), channels=contacts) == [
        (OWNER, "slack", "channel_not_offered"),
        (OWNER, "console", "told"),
    ]


@pytest.mark.parametrize("address", ["", "nobody", "a@b.test\r\nBcc: c@d.test", "a@b.test,c@d.test", "<a@b.test>"])
def test_an_address_that_is_not_one_plain_address_is_not_mailed(address: str) -> None:
    assert routed(band_dropped(), channels=(Contact(kind=ContactKind.EMAIL, address=address),)) == [
        (OWNER, "email", "unusable_address")
    ]


def test_only_the_first_address_of_a_kind_is_used() -> None:
    contacts = tuple(Contact(kind=ContactKind.EMAIL, address=f"{name}@example.test") for name in "ab")
    directory = Directory()
    directory.learn(manager(channels=contacts))
    (decision,) = route(band_dropped(), directory, (), OFFERED)
    assert isinstance(decision, Notification)
    assert decision.address == "a@example.test"


def test_a_channel_is_used_for_the_kinds_that_the_manager_wants_over_it() -> None:
    some = (AlertKind.INVOICE_OVERDUE,)
    contacts = (
        Contact(kind=ContactKind.EMAIL, address="money@example.test", kinds=some),
        Contact(kind=ContactKind.EMAIL, address="rest@example.test"),
        Contact(kind=ContactKind.CONSOLE, kinds=some),
    )
    assert routed(band_dropped(), channels=contacts) == [(OWNER, "email", "told"), (OWNER, "console", "not_wanted")]
    directory = Directory()
    directory.learn(manager(channels=contacts))
    for kind, address in ((AlertKind.BAND_DROPPED, "rest"), (AlertKind.INVOICE_OVERDUE, "money")):
        first = route(band_dropped(kind=kind), directory, (), OFFERED)[0]
        assert isinstance(first, Notification)
        assert first.address == f"{address}@example.test"


def test_the_end_is_told_to_those_who_were_told_of_the_beginning() -> None:
    assert routed(band_recovered(), OWNER) == [(OWNER, "console", "told"), (OWNER, "email", "told")]
    assert routed(band_recovered()) == [(None, None, "not_notified_step")]


def test_who_closed_an_alert_is_not_told_that_it_is_closed() -> None:
    closed = band_recovered(reason=StepReason.BY_PERSON, actor=OWNER)
    assert routed(closed, OWNER) == [(None, None, OutcomeReason.NOT_NOTIFIED_STEP.value)]


def test_an_escalation_goes_to_the_first_of_the_chain() -> None:
    escalated = band_dropped(
        step=StepKind.ESCALATED, escalation_chain=(OWNER, ManagerId("M-1")), owner=ManagerId("M-3")
    )
    assert routed(escalated) == [(OWNER, "console", "told"), (OWNER, "email", "told")]


@pytest.mark.parametrize("step", [StepKind.OPENED, StepKind.ESCALATED, StepKind.REOPENED, StepKind.REASSIGNED])
def test_whoever_has_the_alert_is_told_and_nobody_else_of_the_chain(step: StepKind) -> None:
    taken = band_dropped(step=step, escalation_chain=(OWNER, ManagerId("M-1")), owner=ManagerId("M-3"))
    assert routed(taken) == [(OWNER, "console", "told"), (OWNER, "email", "told")]


def test_who_is_absent_is_not_told_and_a_receipt_says_who_is_there_for_them() -> None:
    facts = {"stands_in_for": "M-8", "absent": "M-7, M-8"}
    step = band_dropped(step=StepKind.ESCALATED, escalation_chain=(OWNER,), facts=facts)
    assert routed(step)[2:] == [("M-7", None, "absent"), ("M-8", None, "absent")]
    directory = Directory()
    directory.learn(manager())
    receipt = route(step, directory, (), OFFERED)[-1]
    assert not isinstance(receipt, Notification)
    assert receipt.detail == f"{OWNER} was told instead"


def test_who_passes_an_alert_to_themselves_knows_it() -> None:
    step = band_dropped(step=StepKind.REASSIGNED, escalation_chain=(OWNER,), actor=OWNER)
    assert routed(step) == [(None, None, "not_notified_step")]


def test_the_latest_data_of_a_manager_count_in_whatever_order_they_come() -> None:
    directory, old, new = Directory(), manager(name="Old"), manager(name="New")
    newer = new.model_copy(update={"time": new.time.replace(year=2027)})
    for event in (newer, old):
        directory.learn(event)
    found = directory.find(OWNER)
    assert found is not None
    assert found.name == "New"
