"""What a policy expects at a path, in words, from the JSON Schema of its model."""

from typing import Any, Final

from pulse.documents import Path
from streams.core.policy import Policy
from streams.core.segments import OVERRIDABLE

Schema = dict[str, Any]

_SEGMENT: Final = ("segments", "strategic")

_SCHEMA: Final[Schema] = Policy.model_json_schema()
_TYPES: Final = {
    "number": "a number",
    "integer": "a whole number",
    "string": "a text",
    "boolean": "true or false",
    "object": "a mapping",
    "array": "a list",
    "null": "null",
}
_BOUNDS: Final = (
    ("minimum", "at least"),
    ("exclusiveMinimum", "above"),
    ("maximum", "at most"),
    ("exclusiveMaximum", "below"),
)


def expected(path: Path) -> str:
    """Such as `a number between -100 and 100`."""
    return _words(_at(path))


def known_names(path: Path) -> tuple[str, ...]:
    """The keys that the mapping at a path may have; none where they are not fixed."""
    if path[:1] == ("segments",) and len(path) == len(_SEGMENT):
        return OVERRIDABLE
    schema = _at(path)
    return tuple(schema.get("properties") or _resolved(schema.get("propertyNames", {})).get("enum", ()))


def _at(path: Path) -> Schema:
    """What is said at a path; of a segment what the whole document may say there."""
    schema = _SCHEMA
    if path[:1] == ("segments",) and len(path) > len(_SEGMENT):
        path = path[len(_SEGMENT) :]
    for step in path:
        if isinstance(step, int) and "prefixItems" in schema:
            schema = schema["prefixItems"][min(step, len(schema["prefixItems"]) - 1)]
        elif isinstance(step, int) and "items" in schema:
            schema = schema["items"]
        else:
            anyone = [*schema.get("patternProperties", {}).values(), schema.get("additionalProperties") or {}]
            schema = schema.get("properties", {}).get(step) or anyone[0]
        schema = _resolved(schema)
    return schema


def _resolved(schema: Schema) -> Schema:
    reference = schema.get("$ref")
    found: Schema = _SCHEMA["$defs"][reference.rpartition("/")[2]] if reference else schema
    return found


def _words(schema: Schema) -> str:
    if "anyOf" in schema:
        return " or ".join(_words(_resolved(choice)) for choice in schema["anyOf"])
    if "enum" in schema:
        *most, last = schema["enum"]
        return f"{', '.join(most)} or {last}"
    if "prefixItems" in schema:
        return f"a list of {len(schema['prefixItems'])}, each {_words(schema['prefixItems'][0])}"
    if schema.get("format") == "time":
        return "a time of day such as 09:00"
    return f"{_TYPES[schema['type']]} {_limits(schema)}".rstrip()


def _limits(schema: Schema) -> str:
    if "pattern" in schema:
        return f"that matches {schema['pattern']}"
    if "minLength" in schema:
        return "that is not empty"
    if schema.keys() >= {"minimum", "maximum"}:
        return f"between {schema['minimum']:g} and {schema['maximum']:g}"
    return " and ".join(f"{words} {schema[key]:g}" for key, words in _BOUNDS if key in schema)
