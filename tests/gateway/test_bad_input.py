"""Each kind of bad input gets a clear answer with its reason, and takes nothing else with it."""

import json
import socket
from typing import Any

import pytest

from schemas.broker import Broker
from schemas.limits import MAX_BATCH_BYTES, MAX_BATCH_EVENTS, MAX_EVENT_BYTES
from tests.gateway.events import PURCHASES, compact, order, padded, without
from tests.gateway.running import BATCH, NDJSON, STRUCTURED, Gateway, written

MONEY = {"order_id": "o", "amount": "12.345678", "currency": "EUR"}
UNKNOWN_MONEY = {"order_id": "o", "amount": "12.00", "currency": "GOLD"}

BAD_EVENTS = [
    pytest.param(b"not json", "not_json", "expected", id="not JSON"),
    pytest.param(b'{"id": NaN}', "not_json", "", id="not a JSON number"),
    pytest.param(b'{"id": "\xff"}', "not_utf8", "byte 8", id="invalid UTF-8"),
    pytest.param(b"[]", "not_cloudevent", "object", id="an array in structured mode"),
    pytest.param(order(type="purchase.order_dreamt.v1"), "unknown_type", "order_dreamt", id="unknown type"),
    pytest.param(without("type"), "not_cloudevent", "type", id="no type"),
    pytest.param(order(type=["purchase"]), "not_cloudevent", "type", id="a type that is no string"),
    pytest.param(order(subject=""), "no_subject", "subject", id="empty subject"),
    pytest.param(without("subject"), "no_subject", "subject", id="missing subject"),
    pytest.param(order(time="2026-01-31T12:00:00"), "naive_time", "time", id="naive time"),
    pytest.param(order(time="2126-01-31T12:00:00Z"), "future_time", "time", id="future time"),
    pytest.param(order(data=MONEY), "bad_money", "data.amount", id="too many decimals"),
    pytest.param(order(data=UNKNOWN_MONEY), "bad_money", "data.currency", id="unknown currency"),
    pytest.param(order(data={"order_id": "o"}), "bad_money", "data.amount", id="missing amount"),
    pytest.param(order(specversion="0.3"), "not_cloudevent", "specversion", id="another version of CloudEvents"),
    pytest.param(without("id"), "not_cloudevent", "id", id="no id"),
    pytest.param(without("data"), "invalid", "data", id="no data"),
    pytest.param(order(data={**order()["data"], "color": "red"}), "invalid", "data.color", id="a field nobody knows"),
    pytest.param(order(source="crm"), "wrong_source", "crm", id="another source"),
]


@pytest.mark.parametrize("content, reason, detail", [*BAD_EVENTS, pytest.param(b"", "not_json", "", id="nothing")])
def test_a_bad_event_is_refused_with_its_reason(gateway: Gateway, content: Any, reason: str, detail: str) -> None:
    answer = gateway.post(content)
    assert answer.status_code == (403 if reason == "wrong_source" else 422)
    (result,) = answer.json()["results"]
    assert (result["index"], result["status"], result["reason"]) == (0, "refused", reason)
    assert detail in result["detail"]


@pytest.mark.parametrize("content, reason, detail", BAD_EVENTS)
def test_a_stream_says_the_same_and_goes_on(gateway: Gateway, content: Any, reason: str, detail: str) -> None:
    line = content if isinstance(content, bytes) else json.dumps(content).encode()
    answer = gateway.post(b"\n".join([line, b"", json.dumps(order()).encode()]), NDJSON)
    assert answer.status_code == 200
    refused, accepted = map(json.loads, answer.text.splitlines())
    assert (refused["index"], refused["status"], refused["reason"]) == (0, "refused", reason)
    assert (accepted["index"], accepted["status"]) == (1, "accepted")


def test_one_bad_event_does_not_take_its_batch_with_it(gateway: Gateway, embedded_broker: Broker) -> None:
    batch = [order("m-0"), order("m-1", time="2026-01-31T12:00:00"), 7, order("m-3"), order("m-4", source="crm")]
    answer = gateway.post(batch, BATCH)
    assert answer.status_code == 207
    receipt = answer.json()
    assert (receipt["accepted"], receipt["refused"]) == (2, 3)
    assert [(result["index"], result["id"], result.get("reason")) for result in receipt["results"]] == [
        (0, "m-0", None),
        (1, "m-1", "naive_time"),
        (2, None, "not_cloudevent"),
        (3, "m-3", None),
        (4, "m-4", "wrong_source"),
    ]
    ids = {record.value["id"] for record in written(embedded_broker, PURCHASES)}
    assert {"m-0", "m-3"} <= ids
    assert not ids & {"m-1", "m-4"}


def test_a_batch_of_which_nothing_is_accepted_is_422(gateway: Gateway) -> None:
    assert gateway.post([order(source="crm"), order(subject="")], BATCH).status_code == 422
    assert gateway.post([order(source="crm"), order(source="crm")], BATCH).status_code == 403


def test_an_empty_batch_is_accepted_as_it_is(gateway: Gateway) -> None:
    answer = gateway.post([], BATCH)
    assert (answer.status_code, answer.json()["results"]) == (202, [])


@pytest.mark.parametrize("content", [b"not json", b"{}", b'["\xff"]'])
def test_what_is_no_batch_is_422(gateway: Gateway, content: bytes) -> None:
    answer = gateway.post(content, BATCH)
    assert (answer.status_code, answer.json()["reason"]) == (422, "not_a_batch")
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_binary_event_without_its_headers_is_refused_with_a_hint(gateway: Gateway) -> None:
    answer = gateway.post(order()["data"], "application/json")
    assert answer.status_code == 422
    assert "ce-type" in answer.json()["results"][0]["detail"]


def test_a_binary_header_that_is_not_utf8_is_refused(gateway: Gateway) -> None:
    headers = {f"ce_{name}": value for name, value in order().items() if name != "data"}
    answer = gateway.post(order()["data"], "application/json", **{**headers, "ce_tenant": "%FF"})
    assert (answer.status_code, answer.json()["results"][0]["reason"]) == (422, "not_utf8")


@pytest.mark.parametrize(
    "content_type, encoding",
    [
        ("text/plain", "identity"),
        ("application/xml", "identity"),
        ("", "identity"),
        (STRUCTURED + "; charset=latin-1", "identity"),
        (STRUCTURED, "gzip"),
    ],
)
def test_another_content_type_or_encoding_is_415(gateway: Gateway, content_type: str, encoding: str) -> None:
    answer = gateway.post(order(), content_type, Content_Encoding=encoding)
    assert (answer.status_code, answer.json()["reason"]) == (415, "wrong_content_type")


def test_an_event_over_32_kib_is_413(gateway: Gateway) -> None:
    answer = gateway.post(padded(MAX_EVENT_BYTES + 1))
    assert (answer.status_code, answer.json()["reason"]) == (413, "too_large")


def test_an_event_that_grows_over_32_kib_is_413_too(gateway: Gateway) -> None:
    """Written out in full an event may be longer than it came, and what is written must be readable."""
    answer = gateway.post(compact(padded(MAX_EVENT_BYTES)))
    assert (answer.status_code, answer.json()["results"][0]["reason"]) == (413, "too_large")
    assert gateway.post(compact(padded(MAX_EVENT_BYTES - 100))).status_code == 202


def test_a_large_event_in_a_batch_or_stream_is_refused_alone(gateway: Gateway) -> None:
    large = padded(2 * MAX_EVENT_BYTES)
    answer = gateway.post([large, order("small")], BATCH)
    assert [result.get("reason") for result in answer.json()["results"]] == ["too_large", None]
    lines = b"\n".join(json.dumps(event).encode() for event in (large, order("small"), large))
    reasons = [json.loads(line).get("reason") for line in gateway.post(lines, NDJSON).text.splitlines()]
    assert reasons == ["too_large", None, "too_large"]


def test_a_batch_of_too_many_events_is_413(gateway: Gateway) -> None:
    answer = gateway.post([{}] * (MAX_BATCH_EVENTS + 1), BATCH)
    assert (answer.status_code, answer.json()["reason"]) == (413, "too_many")


def test_a_body_declared_too_large_is_413_before_it_is_sent(gateway: Gateway) -> None:
    """With `Expect: 100-continue` the client waits for leave to send, and gets the refusal instead."""
    with _connected(gateway) as connection:
        connection.sendall(_head(gateway, f"Content-Length: {MAX_BATCH_BYTES + 1}", "Expect: 100-continue"))
        assert connection.recv(4096).startswith(b"HTTP/1.1 413 ")


def test_a_body_of_unknown_length_is_413_once_it_is_too_large(gateway: Gateway) -> None:
    def endless() -> Any:
        for _ in range(8):
            yield b"[" + b" " * 1_000_000

    answer = gateway.client.post(gateway.url + "/v1/events", content=endless(), headers=gateway.headers(BATCH))
    assert (answer.status_code, answer.json()["reason"]) == (413, "too_large")


def test_a_withdrawal_of_another_accounts_fact_is_refused(gateway: Gateway) -> None:
    data = {"original": order(subject="A-2"), "reason": "typed twice"}
    answer = gateway.post(order(type="fact.withdrawn.v1", data=data))
    assert (answer.status_code, answer.json()["results"][0]["reason"]) == (422, "invalid")


def _connected(gateway: Gateway) -> socket.socket:
    return socket.create_connection(("127.0.0.1", gateway.settings.port), timeout=10)


def _head(gateway: Gateway, *lines: str) -> bytes:
    named = [f"{name}: {value}" for name, value in gateway.headers(BATCH).items()]
    return "\r\n".join(["POST /v1/events HTTP/1.1", "Host: gateway", *named, *lines, "", ""]).encode()
