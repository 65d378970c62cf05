"""Events as plain dictionaries, the worker's way of reading: the catalogue's models without building one an event.

The validator here is made from the models' own, so that nothing is said twice: a model becomes the dictionary of its
fields, an enum its values, a time stays the text it was. It accepts nothing that the models refuse; what it refuses may
still be an event, only written less plainly (another time zone, an old version), and is then read by the model and laid
out plainly. `tests/schemas/test_plain.py` holds both to the same answers.
"""

from collections.abc import Callable, Mapping
from datetime import time
from typing import Any, Final

from pydantic_core import SchemaValidator, core_schema

from schemas.catalogue import EVENT, AnyEvent
from schemas.times import read_time

Plain = dict[str, Any]
"""An event as its JSON object: times and amounts are text, an optional field that was not given is not there."""

_TIME: Final = (
    r"^(?:19|2[01])[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])"
    r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?(?:Z|\+00:00)$"
)
_LAST_DAYS: Final = (
    r"^(?:19|2[01])[0-9]{2}-(?:(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
    r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?(?:Z|\+00:00)$"
)
"""A time in UTC between 1900 and 2200; the 29th of February alone is left to the model."""
_AMOUNT: Final = r"^[0-9]{1,14}(?:\.[0-9]{1,4})?$"
_BETWEEN: Final = b",\nnull,"
"""Stands between events read in one call. A line break ends no text and null is no element of any list in an event, so
that two halves in two records never become one event."""

Schema = Mapping[str, Any]


def to_plain(event: AnyEvent) -> Plain:
    """The model's event laid out plainly."""
    return event.model_dump(mode="json", exclude_none=True)


def _plain(schema: Schema) -> core_schema.CoreSchema:
    """The plain twin of a model's schema; what has none of its own stays as it is."""
    twin = _TWINS.get(schema["type"])
    return twin(schema) if twin else schema


def _of_model(schema: Schema) -> core_schema.CoreSchema:
    inner, config = schema["schema"], schema["config"]
    extras = inner.get("extras_schema")
    return core_schema.typed_dict_schema(
        {name: _field(field["schema"]) for name, field in inner["fields"].items()},
        extras_schema=_plain(extras) if extras else None,
        extra_behavior=config["extra_fields_behavior"],
        config=core_schema.CoreConfig(strict=config["strict"], cache_strings="keys"),
        strict=True,
    )


def _field(schema: Schema) -> core_schema.TypedDictField:
    if schema["type"] == "default":
        return core_schema.typed_dict_field(_plain(schema["schema"]), required=False)
    return core_schema.typed_dict_field(_plain(schema), required=True)


def _of_before(schema: Schema) -> core_schema.CoreSchema:
    if schema["function"]["function"] is not read_time:
        return schema
    usual = core_schema.str_schema(pattern=_TIME, strict=True)
    return core_schema.union_schema([usual, core_schema.str_schema(pattern=_LAST_DAYS, strict=True)], mode=_IN_ORDER)


def _of_after(schema: Schema) -> core_schema.CoreSchema:
    """A check of a whole model needs the model: it is built, checked and laid out plainly."""
    if schema["schema"]["type"] != "model":
        return schema
    return core_schema.no_info_after_validator_function(
        lambda model: model.model_dump(mode="json", exclude_unset=True),  # a null that was given stays, as elsewhere
        schema,
    )


def _of_decimal(schema: Schema) -> core_schema.CoreSchema:
    number = core_schema.no_info_after_validator_function(str, schema)
    return core_schema.union_schema([core_schema.str_schema(pattern=_AMOUNT, strict=True), number], mode=_IN_ORDER)


def _of_tuple(schema: Schema) -> core_schema.CoreSchema:
    [items] = schema["items_schema"]
    return core_schema.list_schema(_plain(items), max_length=schema.get("max_length"), strict=True)


_IN_ORDER: Final = "left_to_right"
_TWINS: Final[dict[str, Callable[[Schema], core_schema.CoreSchema]]] = {
    "model": _of_model,
    "nullable": lambda schema: core_schema.nullable_schema(_plain(schema["schema"])),
    "enum": lambda schema: core_schema.literal_schema([member.value for member in schema["members"]]),
    "function-before": _of_before,
    "function-after": _of_after,
    "decimal": _of_decimal,
    "time": lambda schema: core_schema.no_info_after_validator_function(time.isoformat, schema),
    "tuple": _of_tuple,
    "tagged-union": lambda schema: core_schema.tagged_union_schema(
        {tag: _plain(choice) for tag, choice in schema["choices"].items()}, schema["discriminator"]
    ),
}
# Values differ from event to event: only names are worth remembering.
_EVENT: Final = SchemaValidator(_plain(EVENT.core_schema), core_schema.CoreConfig(cache_strings="keys"))

read: Final[Callable[[bytes], Plain]] = _EVENT.validate_json
"""The event in a value. One call an event: a list of a whole batch outgrows the cache and is slower.

Raises `pydantic.ValidationError` when it must be read by its model, which says what is wrong if anything is.
"""
