"""Every event type has one file that must be readable for ever, and what is published agrees with it."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from schemas.catalogue import MODELS, TOPIC_OF_TYPE, topic_of
from schemas.codec import decode, to_structured
from schemas.publish import event_schema
from schemas.topics import PURCHASES
from tests.schemas.examples import NOW, TYPES, golden, raw


def test_every_type_of_the_catalogue_has_a_golden_file() -> None:
    assert set(TYPES) >= set(MODELS)


@pytest.mark.parametrize("event_type", TYPES)
def test_a_golden_event_is_read_and_written_without_loss(event_type: str) -> None:
    event = decode(raw(golden(event_type)), [], NOW)
    assert event.model_dump(mode="json", exclude_none=True) == golden(event_type)
    assert decode(to_structured(event), [], NOW) == event


@pytest.mark.parametrize("event_type", TYPES)
def test_a_golden_event_fills_every_field(event_type: str) -> None:
    assert set(golden(event_type)["data"]) == set(MODELS[event_type].model_fields["data"].annotation.model_fields)  # type: ignore[union-attr]


@pytest.mark.parametrize("event_type", TYPES)
def test_a_golden_event_keeps_to_the_published_schema(event_type: str) -> None:
    _validator(event_type).validate(golden(event_type))


@pytest.mark.parametrize("event_type", sorted(MODELS))
def test_the_published_schema_refuses_what_the_code_refuses(event_type: str) -> None:
    for wrong in (_without("data"), _without("type"), _without("subject"), {"data": {"unheard_of": 1}}):
        event = {name: value for name, value in (golden(event_type) | wrong).items() if value is not None}
        assert not _validator(event_type).is_valid(event), wrong


@pytest.mark.parametrize("event_type", sorted(MODELS))
def test_an_event_travels_on_the_topic_of_its_family(event_type: str) -> None:
    event = decode(raw(golden(event_type)), [], NOW)
    assert topic_of(event) == TOPIC_OF_TYPE.get(event_type, PURCHASES)


def _validator(event_type: str) -> Draft202012Validator:
    schema = event_schema(event_type)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def _without(name: str) -> dict[str, Any]:
    return {name: None}
