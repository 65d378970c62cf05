"""Each kind of bad input has its reason, and a detail that names the field and never the payload."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from schemas.codec import decode
from schemas.errors import BadEvent, Reason
from schemas.limits import MAX_CLOCK_SKEW, MAX_EVENT_BYTES
from tests.schemas.examples import NOW, golden, raw

Change = Callable[[dict[str, Any]], None]


def envelope(**changed: object) -> Change:
    return lambda event: event.update(changed)


def data(**changed: object) -> Change:
    return lambda event: event["data"].update(changed)


def without(name: str) -> Change:
    def drop(event: dict[str, Any]) -> None:
        del event[name]

    return drop


OVERRIDE = "health.override_set.v1"
ORDER, COMPLAINT, CALL, PAID = (
    "purchase.order_placed.v1",
    "complaint.opened.v1",
    "interaction.logged.v1",
    "purchase.invoice_paid.v1",
)
BAD: dict[str, tuple[Reason, str, Change, str]] = {
    "unknown type": (Reason.UNKNOWN_TYPE, CALL, envelope(type="interaction.dreamt.v1"), "type"),
    "unknown version": (Reason.UNKNOWN_TYPE, CALL, envelope(type="interaction.logged.v9"), "type"),
    "no type": (Reason.NOT_CLOUDEVENT, CALL, without("type"), "type"),
    "type that is a list": (Reason.NOT_CLOUDEVENT, CALL, envelope(type=[]), "type"),
    "no id": (Reason.NOT_CLOUDEVENT, CALL, without("id"), "id"),
    "no source": (Reason.NOT_CLOUDEVENT, CALL, without("source"), "source"),
    "source with a blank": (Reason.NOT_CLOUDEVENT, CALL, envelope(source="my crm"), "source"),
    "other version of CloudEvents": (Reason.NOT_CLOUDEVENT, CALL, envelope(specversion="0.3"), "specversion"),
    "no subject": (Reason.NO_SUBJECT, CALL, without("subject"), "subject"),
    "empty subject": (Reason.NO_SUBJECT, CALL, envelope(subject=""), "subject"),
    "subject that is a number": (Reason.INVALID, CALL, envelope(subject=42), "subject"),
    "subject with a control character": (Reason.INVALID, CALL, envelope(subject="A\n1"), "subject"),
    "naive time": (Reason.NAIVE_TIME, CALL, envelope(time="2026-03-02T09:30:00"), "time"),
    "naive time in the data": (
        Reason.NAIVE_TIME,
        COMPLAINT,
        data(answer_due_at="2026-03-02T09:30:00"),
        "answer_due_at",
    ),
    "time as a number": (Reason.INVALID, CALL, envelope(time=1772443800), "time"),
    "time as digits": (Reason.INVALID, CALL, envelope(time="1772443800"), "time"),
    "time that is a date": (Reason.INVALID, CALL, envelope(time="2026-03-02"), "time"),
    "time near year 1": (Reason.INVALID, CALL, envelope(time="0001-01-01T00:00:00+05:00"), "time"),
    "due in a year no reader holds": (Reason.INVALID, COMPLAINT, data(answer_due_at="9999-12-31T23:59:59Z"), "due_at"),
    "amount that is no number": (Reason.BAD_MONEY, ORDER, data(amount="twelve"), "amount"),
    "amount below zero": (Reason.BAD_MONEY, ORDER, data(amount="-1.00"), "amount"),
    "amount with five decimals": (Reason.BAD_MONEY, ORDER, data(amount="1.00001"), "amount"),
    "amount that is infinite": (Reason.BAD_MONEY, ORDER, data(amount="Infinity"), "amount"),
    "amount that is true": (Reason.BAD_MONEY, ORDER, data(amount=True), "amount"),
    "no amount": (Reason.BAD_MONEY, ORDER, lambda event: event["data"].pop("amount"), "amount"),
    "unknown currency": (Reason.BAD_MONEY, ORDER, data(currency="XXX"), "currency"),
    "currency in small letters": (Reason.BAD_MONEY, ORDER, data(currency="eur"), "currency"),
    "amount of a line": (Reason.BAD_MONEY, ORDER, data(lines=[{"sku": "S", "quantity": 1, "amount": "x"}]), "lines.0"),
    "payment without its currency": (Reason.BAD_MONEY, PAID, lambda event: event["data"].pop("currency"), "together"),
    "number as text": (Reason.INVALID, COMPLAINT, data(severity="3"), "severity"),
    "truth as number": (Reason.INVALID, COMPLAINT, data(severity=True), "severity"),
    "number out of range": (Reason.INVALID, COMPLAINT, data(severity=5), "severity"),
    "word not in the list": (Reason.INVALID, COMPLAINT, data(category="weather"), "category"),
    "field nobody knows": (Reason.INVALID, COMPLAINT, data(colour="red"), "colour"),
    "data that are no object": (Reason.INVALID, COMPLAINT, envelope(data=[1]), "data"),
    "no data": (Reason.INVALID, COMPLAINT, without("data"), "data"),
    "text that is too long": (Reason.INVALID, COMPLAINT, data(summary="x" * 2001), "summary"),
    "answer off its scale": (Reason.INVALID, "interaction.survey_answered.v1", data(answer=11), "scale"),
    "scale upside down": (Reason.INVALID, "interaction.survey_answered.v1", data(scale_max=-1), "scale"),
    "override without an expiry": (
        Reason.INVALID,
        OVERRIDE,
        lambda event: event["data"].pop("expires_at"),
        "expires_at",
    ),
    "override that ends before it begins": (
        Reason.INVALID,
        OVERRIDE,
        data(expires_at="2026-03-02T09:29:59Z"),
        "expires_at",
    ),
    "override that ends as it begins": (
        Reason.INVALID,
        OVERRIDE,
        data(expires_at="2026-03-02T09:30:00Z"),
        "later than",
    ),
    "override above the scale": (
        Reason.INVALID,
        OVERRIDE,
        data(value=100.5),
        "data.value: Input should be less than or equal to 100",
    ),
    "override below the scale": (
        Reason.INVALID,
        OVERRIDE,
        data(value=-1),
        "data.value: Input should be greater than or equal to 0",
    ),
    "extension that is an object": (Reason.INVALID, CALL, envelope(trace={"a": 1}), "trace"),
    "account that is its own parent": (
        Reason.INVALID,
        "account.profile_set.v1",
        lambda event: event["data"].update(parent=event["subject"]),
        "parent",
    ),
    "withdrawal of another account's fact": (
        Reason.INVALID,
        "fact.withdrawn.v1",
        lambda event: event["data"]["original"].update(subject="A-99999"),
        "withdrawn",
    ),
    "withdrawal of what cannot be withdrawn": (
        Reason.INVALID,
        "fact.withdrawn.v1",
        lambda event: event["data"].update(original=golden("alert.rated.v1")),
        "original",
    ),
    "withdrawal with an original of no type": (
        Reason.INVALID,
        "fact.withdrawn.v1",
        lambda event: event["data"]["original"].update(type=[]),
        "original",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_event_is_refused_with_its_reason(case: str) -> None:
    reason, event_type, change, named = BAD[case]
    event = golden(event_type)
    change(event)
    refused = _refused(raw(event))
    assert (refused.reason, named in refused.detail) == (reason, True), refused


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, Reason.NO_VALUE),
        (b"", Reason.NOT_JSON),
        (b"{", Reason.NOT_JSON),
        (b'{"a": NaN}', Reason.NOT_JSON),
        (b"[" * 5000, Reason.NOT_JSON),
        (b'{"n": ' + b"9" * 5000 + b"}", Reason.NOT_JSON),
        (b'{"a": "\\ud800"}', Reason.NOT_JSON),
        (b"\xff\xfe", Reason.NOT_UTF8),
        (b'{"subject": "\xc3\x28"}', Reason.NOT_UTF8),
        (b"[]", Reason.NOT_CLOUDEVENT),
        (b"5", Reason.NOT_CLOUDEVENT),
        (b"{}", Reason.NOT_CLOUDEVENT),
    ],
)
def test_bytes_that_are_no_event_are_refused_with_their_reason(value: bytes | None, reason: Reason) -> None:
    assert _refused(value).reason == reason


def test_an_event_of_the_greatest_size_is_read_and_one_byte_more_is_refused() -> None:
    event = raw(golden(CALL))
    assert decode(event.ljust(MAX_EVENT_BYTES), [], NOW).type == CALL
    assert _refused(event.ljust(MAX_EVENT_BYTES + 1)).reason == Reason.TOO_LARGE


def test_an_event_may_be_ahead_of_the_clock_by_the_skew_and_no_more() -> None:
    latest = golden(CALL) | {"time": (NOW + MAX_CLOCK_SKEW).isoformat()}
    assert decode(raw(latest), [], NOW).type == CALL
    assert _refused(raw(latest), NOW - timedelta(microseconds=1)).reason == Reason.FUTURE_TIME


def test_a_fact_of_the_future_cannot_be_withdrawn_today() -> None:
    event = golden("fact.withdrawn.v1")
    event["data"]["original"]["time"] = "2199-01-01T00:00:00Z"
    assert _refused(raw(event), NOW).reason == Reason.FUTURE_TIME


def test_a_binary_header_that_is_not_utf8_is_refused() -> None:
    headers = [("ce_type", b"interaction.logged.v1"), ("ce_subject", b"\xff")]
    with pytest.raises(BadEvent) as refused:
        decode(b"{}", headers, NOW)
    assert refused.value.reason == Reason.NOT_UTF8


def test_the_detail_names_every_field_at_fault_and_shows_no_value() -> None:
    event = golden(COMPLAINT)
    event["data"] |= {"severity": "secret-1", "category": "secret-2", "complaint_id": ""}
    detail = _refused(raw(event)).detail
    assert [name in detail for name in ("data.severity", "data.category", "data.complaint_id")] == [True] * 3
    assert "secret" not in detail


def test_the_detail_stays_short_however_long_the_names_in_the_event_are() -> None:
    event = golden(COMPLAINT)
    event["data"] |= {f"{n}" * 1000: 1 for n in range(20)}
    assert len(_refused(raw(event)).detail) < 2000


def test_every_reason_the_codec_can_give_is_tested_here() -> None:
    given_by_others = {Reason.WRONG_TOPIC, Reason.WRONG_KEY, Reason.WRONG_PARTITION, Reason.WRONG_SOURCE}
    tested = {case[0] for case in BAD.values()} | {
        Reason.NO_VALUE,
        Reason.NOT_JSON,
        Reason.NOT_UTF8,
        Reason.TOO_LARGE,
        Reason.FUTURE_TIME,
    }
    assert tested == set(Reason) - given_by_others


def _refused(value: bytes | None, now: datetime = NOW) -> BadEvent:
    with pytest.raises(BadEvent) as refused:
        decode(value, [], now)
    return refused.value
