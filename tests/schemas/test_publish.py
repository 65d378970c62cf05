"""What is published is what the code says, and the committed copies are current."""

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from schemas.catalogue import MODELS
from schemas.publish import OUTPUTS, files, output_schema
from schemas.topics import BY_NAME, CHANGELOG

COMMITTED = Path(__file__).parents[2] / "docs" / "schemas"


def test_the_committed_copies_are_current() -> None:
    """Renew them with `pulse schema export docs/schemas`."""
    found = {str(path.relative_to(COMMITTED)): path.read_text() for path in COMMITTED.rglob("*.json")}
    assert found == files(version("account-pulse"))


@pytest.mark.parametrize("name", OUTPUTS)
def test_the_schema_of_an_output_is_valid(name: str) -> None:
    Draft202012Validator.check_schema(output_schema(name))


def test_every_topic_that_others_may_touch_is_a_channel() -> None:
    assert set(asyncapi()["channels"]) == set(BY_NAME) - {CHANGELOG.name}


def test_every_event_and_output_is_a_message_of_some_channel() -> None:
    used = {name for channel in asyncapi()["channels"].values() for name in channel["messages"]}
    assert used == {*MODELS, *OUTPUTS, "dead-letter"}
    assert used == set(asyncapi()["components"]["messages"])


def test_every_reference_leads_somewhere() -> None:
    published = files("1.0.0")
    for target in references(asyncapi()):
        assert target in published or found(asyncapi(), target), target


def references(node: object) -> list[str]:
    if isinstance(node, dict):
        return [node["$ref"]] if "$ref" in node else [ref for value in node.values() for ref in references(value)]
    return [ref for value in node for ref in references(value)] if isinstance(node, list) else []


def found(document: dict[str, Any], pointer: str) -> bool:
    node: Any = document
    for step in pointer.removeprefix("#/").split("/"):
        node = node.get(step, {})
    return bool(node)


def asyncapi() -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(files("1.0.0")["asyncapi.json"])
    return parsed
