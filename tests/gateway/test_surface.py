"""What operators and newcomers see: health, metrics, the contract, the first page."""

import json
import re
import shlex
from itertools import pairwise
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from schemas.catalogue import MODELS
from schemas.errors import Reason
from streams.gateway.errors import STATUS_OF, Why
from streams.gateway.metrics import Metrics
from streams.gateway.openapi import document
from tests.gateway.events import complaint, order, without
from tests.gateway.running import BATCH, Gateway


@pytest.fixture(scope="module")
def contract() -> dict[str, Any]:
    return document()


def validator(contract: dict[str, Any], model: str) -> Draft202012Validator:
    return Draft202012Validator({**contract, "$ref": f"#/components/schemas/{model}"})


def test_it_is_alive_and_ready(gateway: Gateway) -> None:
    assert gateway.get("/healthz").status_code == 200
    assert gateway.get("/readyz").json() == {"ready": True, "broker": "reachable"}


def test_what_is_accepted_and_refused_is_counted(gateway: Gateway) -> None:
    gateway.post([order(), order(source="crm")], BATCH)
    text = gateway.get("/metrics").text
    assert re.search(r'pulse_gateway_events_accepted_total\{topic="account.purchases"\} [1-9]', text)
    assert re.search(r'pulse_gateway_events_refused_total\{reason="wrong_source"\} [1-9]', text)
    assert "pulse_gateway_broker_connected 1.0" in text


def test_every_metric_says_what_it_means() -> None:
    for metric in Metrics().registry.collect():
        assert len(metric.documentation) > 40, metric.name
        assert metric.name.startswith("pulse_gateway_")


def test_the_served_contract_is_the_generated_one(gateway: Gateway, contract: dict[str, Any]) -> None:
    served = gateway.get("/openapi.json").json()
    assert served == json.loads(json.dumps(contract))
    assert served["openapi"] == "3.1.0"


def test_the_contract_holds_every_event_type_and_every_reference(contract: dict[str, Any]) -> None:
    assert set(contract["components"]["schemas"]["Event"]["discriminator"]["mapping"]) == set(MODELS)
    names = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(contract)))
    assert names <= set(contract["components"]["schemas"])
    for schema in contract["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_events_and_answers_are_as_the_contract_says(gateway: Gateway, contract: dict[str, Any]) -> None:
    for event in (order(), complaint()):
        validator(contract, "Event").validate(event)
    assert not validator(contract, "Event").is_valid(without("subject"))
    mixed = gateway.post([order(), order(source="crm")], BATCH)
    validator(contract, "Receipt").validate(mixed.json())
    turned_away = gateway.post(order(), "text/plain")
    validator(contract, "Problem").validate(turned_away.json())
    responses = contract["paths"]["/v1/events"]["post"]["responses"]
    assert {"207", "415"} <= set(responses)


def test_every_status_that_can_be_answered_is_in_the_contract(contract: dict[str, Any]) -> None:
    told = set(contract["paths"]["/v1/events"]["post"]["responses"])
    assert {str(status) for status in STATUS_OF.values()} | {"200", "202", "207", "403"} == told
    assert set(STATUS_OF) == set(Why)
    schemas = contract["components"]["schemas"]
    assert schemas["Reason"]["enum"] == [reason.value for reason in Reason]


def test_the_first_page_has_a_curl_that_works(gateway: Gateway) -> None:
    text = gateway.get("/").text
    command = text[text.index("curl") : text.index("Many at once")].replace("\\\n", " ")
    words = shlex.split(command.replace("$PULSE_KEY", gateway.token))
    headers = dict(word.split(": ", 1) for flag, word in pairwise(words) if flag == "-H")
    answer = gateway.client.post(words[2], content=words[words.index("-d") + 1].encode(), headers=headers)
    assert answer.status_code == 202


def test_another_method_or_path_is_told_so(gateway: Gateway) -> None:
    assert gateway.get("/v1/events").status_code == 405
    assert gateway.get("/nowhere").status_code == 404
