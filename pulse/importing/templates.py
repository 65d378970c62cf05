"""From a row's texts to an event's values: templates with columns in braces, typed fields, constants, nesting.

A template is compiled once; applying it is a plain function of one row. No input, no clock.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final, TypeVar

from pulse.importing.document import Numbers
from pulse.importing.errors import RowFault

LINE: Final = "line"
_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")
_FIELD_KEYS: Final = frozenset({"column", "as", "empty"})
KINDS: Final = ("text", "integer", "number", "decimal", "boolean", "time")
EMPTIES: Final = ("fault", "omit")
_TRUE: Final = frozenset({"true", "yes", "y", "1"})
_FALSE: Final = frozenset({"false", "no", "n", "0"})

Texts = Mapping[str, str]
ReadTime = Callable[[str, str], datetime]
C = TypeVar("C")
Maker = Callable[[Texts], Any]


class _Omitted:
    """Stands for a value that the row leaves out."""


OMITTED: Final = _Omitted()


@dataclass(frozen=True, slots=True)
class Conversions:
    """How the texts of one file are read: its way of writing numbers, and its times by (column, text)."""

    numbers: Numbers
    read_time: ReadTime


def placeholders(text: str) -> list[str]:
    """The names in braces.

    >>> placeholders("order-{line}-{shop}")
    ['line', 'shop']
    """
    return _PLACEHOLDER.findall(text)


def is_field(value: object) -> bool:
    """Whether a mapping of a template stands for one typed column rather than for a nested object."""
    return isinstance(value, dict) and "column" in value


def leaves(value: object, path: tuple[int | str, ...] = ()) -> Iterator[tuple[tuple[int | str, ...], object]]:
    """Every leaf of a template with its path: typed fields, texts and constants."""
    if isinstance(value, dict) and not is_field(value):
        for key, inner in value.items():
            yield from leaves(inner, (*path, str(key)))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from leaves(inner, (*path, index))
    else:
        yield path, value


def field_faults(field: dict[str, Any]) -> Iterator[str]:
    """What is wrong with the way a typed field is written."""
    if unknown := sorted(set(field) - _FIELD_KEYS):
        yield f"a field takes column, as and empty, not {', '.join(unknown)}"
    if field.get("as", "text") not in KINDS:
        yield f"as: expected one of {', '.join(KINDS)}"
    if field.get("empty", "fault") not in EMPTIES:
        yield f"empty: expected one of {', '.join(EMPTIES)}"


def compile_text(text: str) -> Callable[[Texts], str]:
    """A function that fills in the columns named in braces; an empty column is a fault of the row."""
    names = placeholders(text)
    if not names:
        return _constant(text)

    def fill(row: Texts) -> str:
        for name in names:
            if not row[name]:
                raise RowFault(name, "is empty")
        return _PLACEHOLDER.sub(lambda found: row[found[1]], text)

    return fill


def compile_value(value: object, conversions: Conversions) -> Maker:
    """A function that makes one value of the event from a row; omitted values leave objects and lists."""
    if isinstance(value, dict):
        return _field(value, conversions) if is_field(value) else _object(value, conversions)
    if isinstance(value, list):
        return _list(value, conversions)
    if isinstance(value, str):
        return compile_text(value)
    return _constant(value)


def _constant(value: C) -> Callable[[Texts], C]:
    def make(_row: Texts) -> C:
        return value

    return make


def _object(value: dict[str, Any], conversions: Conversions) -> Maker:
    makers = [(key, compile_value(inner, conversions)) for key, inner in value.items()]

    def make(row: Texts) -> dict[str, Any]:
        made = [(key, maker(row)) for key, maker in makers]
        return {key: item for key, item in made if item is not OMITTED}

    return make


def _list(value: list[Any], conversions: Conversions) -> Maker:
    makers = [compile_value(inner, conversions) for inner in value]
    return lambda row: [item for maker in makers if (item := maker(row)) is not OMITTED]


def _field(field: dict[str, Any], conversions: Conversions) -> Maker:
    name, convert = field["column"], _converter(field, conversions)
    omit_empty = field.get("empty", "fault") == "omit"

    def make(row: Texts) -> Any:
        text = row[name]
        if text:
            return convert(text)
        if omit_empty:
            return OMITTED
        raise RowFault(name, "is empty")

    return make


def _converter(field: dict[str, Any], conversions: Conversions) -> Callable[[str], Any]:
    name, kind = field["column"], field.get("as", "text")
    if kind == "time":
        return lambda text: conversions.read_time(name, text).isoformat()
    if kind == "boolean":
        return lambda text: _boolean(name, text)
    if kind == "text":
        return lambda text: text
    return lambda text: _number(name, kind, text, conversions.numbers)


def _boolean(name: str, text: str) -> bool:
    folded = text.casefold()
    if folded not in _TRUE | _FALSE:
        raise RowFault(name, "expected true or false, yes or no, 1 or 0")
    return folded in _TRUE


def _number(name: str, kind: str, text: str, numbers: Numbers) -> int | float | str:
    if numbers.thousands:
        text = text.replace(numbers.thousands, "")
    if numbers.decimal != ".":
        text = text.replace(numbers.decimal, ".")
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise RowFault(name, "expected a number") from None
    if not number.is_finite():
        raise RowFault(name, "expected a number")
    if kind == "decimal":
        return f"{number:f}"
    if kind == "number":
        return float(number)
    if number != number.to_integral_value():
        raise RowFault(name, "expected a whole number")
    return int(number)
