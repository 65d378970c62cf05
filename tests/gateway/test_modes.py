"""Every way in ends as the same structured CloudEvent, on the right topic, under the right key."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka.partitioner import murmur2

from schemas.broker import Broker
from schemas.codec import decode
from tests.gateway.events import NOW, PURCHASES, complaint, order
from tests.gateway.running import BATCH, NDJSON, Gateway, running, written

EXTRA = {"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "tenant": "Zürich 100%"}


@pytest.fixture
def fresh(topics_applied: Broker, tmp_path: Path) -> Iterator[Gateway]:
    with running(topics_applied, tmp_path) as started:
        yield started


def structured(gateway: Gateway, event: dict[str, Any]) -> int:
    return gateway.post(event).status_code


def binary(gateway: Gateway, event: dict[str, Any]) -> int:
    encoded = {"Zürich 100%": "Z%C3%BCrich 100%25"}
    headers = {f"ce_{name}": encoded.get(value, value) for name, value in event.items() if name != "data"}
    return gateway.post(event["data"], "application/json", **headers).status_code


def batched(gateway: Gateway, event: dict[str, Any]) -> int:
    return gateway.post([event], BATCH + "; charset=UTF-8").status_code


def streamed(gateway: Gateway, event: dict[str, Any]) -> int:
    answer = gateway.post(json.dumps(event).encode(), NDJSON)
    assert json.loads(answer.text)["status"] == "accepted"
    return 202


@pytest.mark.parametrize("send", [structured, binary, batched, streamed])
def test_an_event_arrives_whole_on_its_topic_under_its_account(
    send: Callable[[Gateway, dict[str, Any]], int], fresh: Gateway, topics_applied: Broker
) -> None:
    subjects = [f"Example Retail {number:05}" for number in range(8)]
    for number, subject in enumerate(subjects):
        assert send(fresh, order(f"order-{number}", subject, **EXTRA)) == 202
    found = sorted(written(topics_applied, PURCHASES), key=lambda record: record.key)
    assert [record.key for record in found] == subjects
    for number, record in enumerate(found):
        assert record.partition == (murmur2(record.key.encode()) & 0x7FFFFFFF) % 4
        assert record.headers == {"content-type": b"application/cloudevents+json"}
        value = {**record.value, "datacontenttype": None}
        assert value == {**order(f"order-{number}", record.key, **EXTRA), "datacontenttype": None} | {
            "data": value["data"]
        }
        event = decode(json.dumps(record.value).encode(), record.headers.items(), NOW)
        assert event.model_extra == EXTRA


def test_each_event_of_a_batch_goes_to_the_topic_of_its_type(fresh: Gateway, topics_applied: Broker) -> None:
    withdrawal = order("w-1", type="fact.withdrawn.v1", data={"original": order(), "reason": "typed twice"})
    answer = fresh.post([order(), complaint(), withdrawal], BATCH)
    assert answer.status_code == 202
    assert [record.value["id"] for record in written(topics_applied, PURCHASES)] == ["order-1", "w-1"]
    assert [record.value["id"] for record in written(topics_applied, "account.complaints")] == ["complaint-1"]


def test_accepted_means_acknowledged_and_every_event_is_answered(fresh: Gateway, topics_applied: Broker) -> None:
    answer = fresh.post([order(f"order-{number}", f"A-{number}") for number in range(500)], BATCH)
    assert answer.status_code == 202
    receipt = answer.json()
    assert (receipt["accepted"], receipt["refused"]) == (500, 0)
    assert [result["index"] for result in receipt["results"]] == list(range(500))
    assert {result["status"] for result in receipt["results"]} == {"accepted"}
    assert {record.value["id"] for record in written(topics_applied, PURCHASES)} == {
        result["id"] for result in receipt["results"]
    }
