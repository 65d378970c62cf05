"""What a mapping document must hold as a whole: known type, zone and columns, distinct ids, the type's own fields."""

import codecs
from collections.abc import Iterator
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pulse.importing.document import EventRule, Mapping
from pulse.importing.templates import LINE, field_faults, is_field, leaves, placeholders
from pulse.importing.times import NAMED_FORMATS
from schemas.catalogue import MODELS

Path = tuple[int | str, ...]
Finding = tuple[Path, str]


def cross_check(mapping: Mapping) -> Iterator[Finding]:
    """Every fault that no single field shows, as path and message."""
    yield from _type_and_fields(mapping.event)
    yield from _time(mapping.event)
    yield from _texts(mapping.event)
    yield from _encoding(mapping)
    known = mapping.column_names()
    if known is not None:
        yield from unknown_columns(mapping, known)


def unknown_columns(mapping: Mapping, known: tuple[str, ...]) -> Iterator[Finding]:
    """Every use of a column that is not among `known`."""
    for path, name in _uses(mapping.event):
        if name not in known and name != LINE:
            yield path, f"there is no column {name!r}; there are {', '.join(known)}"


def used_columns(mapping: Mapping) -> frozenset[str]:
    """Every column the mapping reads."""
    return frozenset(name for _, name in _uses(mapping.event) if name != LINE)


def _uses(event: EventRule) -> Iterator[tuple[Path, str]]:
    yield ("event", "time", "column"), event.time.column
    for field in ("id", "account"):
        for name in placeholders(getattr(event, field)):
            yield ("event", field), name
    for path, leaf in leaves(event.data, ("event", "data")):
        if is_field(leaf) and isinstance(leaf, dict):
            yield (*path, "column"), str(leaf["column"])
        elif isinstance(leaf, str):
            for name in placeholders(leaf):
                yield path, name


def _type_and_fields(event: EventRule) -> Iterator[Finding]:
    model = MODELS.get(event.type)
    if model is None:
        yield ("event", "type"), f"is not in the catalogue: {', '.join(sorted(MODELS))}"
        return
    data = model.model_fields["data"].annotation
    fields = getattr(data, "model_fields", {})
    for name in event.data:
        if name not in fields:
            yield ("event", "data", name), f"{event.type} has no such field; it has {', '.join(fields)}"
    for name, field in fields.items():
        if field.is_required() and name not in event.data:
            yield ("event", "data"), f"{name} is missing: {event.type} requires it"


def _time(event: EventRule) -> Iterator[Finding]:
    rule = event.time
    if rule.zone is not None:
        try:
            ZoneInfo(rule.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            yield ("event", "time", "zone"), "is not a time zone of the IANA list, such as Europe/Berlin"
    for index, text in enumerate(rule.formats):
        if text not in NAMED_FORMATS and "%" not in text:
            names = ", ".join(NAMED_FORMATS)
            yield ("event", "time", "formats", index), f"expected a pattern such as %Y-%m-%d, or one of {names}"


def _texts(event: EventRule) -> Iterator[Finding]:
    for field in ("id", "account"):
        if not placeholders(getattr(event, field)):
            yield ("event", field), "names no column in braces, so every line would have the same"
    for path, leaf in leaves(event.data, ("event", "data")):
        if is_field(leaf) and isinstance(leaf, dict):
            for message in field_faults(leaf):
                yield path, message


def _encoding(mapping: Mapping) -> Iterator[Finding]:
    try:
        codecs.lookup(mapping.input.encoding)
    except LookupError:
        yield ("input", "encoding"), "is not an encoding that Python knows, such as utf-8 or latin-1"
