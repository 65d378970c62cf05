"""What a field takes, in a reader's words."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from types import UnionType
from typing import Annotated, Final, Literal, Union, get_args, get_origin

from pydantic import AwareDatetime, BaseModel, SecretBytes, SecretStr
from pydantic.fields import FieldInfo

from schemas.envelope import Envelope

_WORDS: Final[dict[object, str]] = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    Decimal: "amount",
    datetime: "time",
    AwareDatetime: "time",
    time: "time of day",
    timedelta: "duration",
    Path: "path",
    SecretStr: "secret",
    SecretBytes: "secret",
}
_SIGNS: Final = (("ge", "≥"), ("gt", ">"), ("le", "≤"), ("lt", "<"), ("max_length", "at most"))


def words(field: FieldInfo) -> str:
    """The type of a field with its bounds, such as `whole number, ≥ 1, ≤ 4`."""
    found = [_name(field.annotation), *_bounds(field.metadata), *_inner_bounds(field.annotation)]
    return ", ".join(dict.fromkeys(found))


def _inner_bounds(annotation: object) -> Iterator[str]:
    if get_origin(annotation) in (Union, UnionType):
        for member in get_args(annotation):
            if get_origin(member) is Annotated:
                yield from _bounds(get_args(member)[1:])


def _bounds(metadata: object) -> Iterator[str]:
    for item in metadata if isinstance(metadata, list | tuple) else ():
        if isinstance(item, FieldInfo):
            yield from _bounds(item.metadata)
            continue
        for key, sign in _SIGNS:
            bound = getattr(item, key, None)
            if isinstance(bound, int | float):
                yield f"{sign} {bound:g}" if isinstance(bound, float) else f"{sign} {bound}"


def _name(annotation: object) -> str:
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _name(inner[0])
    if origin is Literal:
        return ", ".join(f"`{value}`" for value in inner)
    if origin in (Union, UnionType):
        return " or ".join(dict.fromkeys(_name(member) for member in inner if member is not type(None)))
    if origin is tuple:
        return f"list of {_name(inner[0])}"
    if origin is dict:
        return "entries by name"
    return _word(annotation)


def _word(annotation: object) -> str:
    if annotation in _WORDS:
        return _WORDS[annotation]
    supertype = getattr(annotation, "__supertype__", None)
    if supertype is not None:
        return _name(supertype)
    if not isinstance(annotation, type):
        return str(annotation)
    if issubclass(annotation, Enum):
        return ", ".join(f"`{member.value}`" for member in annotation)
    return _shape(annotation) if issubclass(annotation, BaseModel) else annotation.__name__


def _shape(model: type[BaseModel]) -> str:
    if issubclass(model, Envelope):
        return f"`{model.model_fields['type'].default}`"
    names = (f"`{name}`{'' if field.is_required() else '?'}" for name, field in model.model_fields.items())
    return f"({', '.join(names)})"
