"""What the codec writes it reads back equal, in both modes, and nothing but a bad event comes out of bad bytes."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.catalogue import AnyEvent
from schemas.codec import JSON, STRUCTURED, decode, to_binary, to_structured
from schemas.errors import BadEvent
from tests.schemas.examples import EXTENSIONS, NOW, TYPES, events, golden, raw

TEXT_EXTENSIONS = EXTENSIONS.map(lambda found: {name: str(value) for name, value in found.items()})
HEADERS = st.lists(
    st.tuples(st.sampled_from(["content-type", "ce_type", "ce_id", "ce_time", "trace"]), st.none() | st.binary())
)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(events())
def test_structured_mode_reads_back_equal(event: AnyEvent) -> None:
    assert decode(to_structured(event), [("content-type", STRUCTURED.encode())], NOW) == event


@given(events(TEXT_EXTENSIONS))
def test_binary_mode_reads_back_equal(event: AnyEvent) -> None:
    value, headers = to_binary(event)
    read = decode(value, headers, NOW)
    assert read == event.model_copy(update={"datacontenttype": JSON})


@given(events())
def test_binary_mode_keeps_every_extension_attribute_as_text(event: AnyEvent) -> None:
    value, headers = to_binary(event)
    written = {name: v if isinstance(v, str) else json.dumps(v) for name, v in (event.model_extra or {}).items()}
    assert decode(value, headers, NOW).model_extra == written


def test_structured_mode_needs_no_header() -> None:
    assert decode(raw(golden("complaint.opened.v1")), [], NOW).type == "complaint.opened.v1"


def test_header_names_are_read_in_any_case() -> None:
    event = decode(raw(golden("complaint.opened.v1")), [], NOW)
    value, headers = to_binary(event)
    assert decode(value, [(name.title(), text) for name, text in headers], NOW) == event


def test_a_header_without_a_value_is_as_if_absent() -> None:
    event = decode(raw(golden("complaint.opened.v1")), [("content-type", None), ("ce_type", None)], NOW)
    assert event.type == "complaint.opened.v1"


def test_a_null_extension_attribute_is_dropped_on_the_way() -> None:
    event = decode(raw(golden("complaint.opened.v1") | {"trace": None}), [], NOW)
    assert b'"trace"' not in to_structured(event)


@settings(max_examples=300)
@given(st.binary(max_size=200), HEADERS)
def test_any_bytes_give_an_event_or_a_bad_event(value: bytes, headers: list[tuple[str, bytes | None]]) -> None:
    _event_or_bad(value, headers)


@settings(max_examples=500)
@given(st.sampled_from(TYPES), st.data())
def test_any_change_of_a_good_event_gives_an_event_or_a_bad_event(event_type: str, data: st.DataObject) -> None:
    event = golden(event_type)
    target: dict[str, Any] = event["data"] if data.draw(st.booleans()) else event
    target[data.draw(st.sampled_from(sorted(target)))] = data.draw(JSON_VALUES)
    _event_or_bad(json.dumps(event).encode(), [])


def _event_or_bad(value: bytes, headers: list[tuple[str, bytes | None]]) -> None:
    try:
        event = decode(value, headers, NOW)
    except BadEvent:
        return
    assert to_structured(decode(to_structured(event), [], NOW)) == to_structured(event)
