"""The shape of a mapping document: which column is the account, the time, the amount, and how each is written.

Models alone: reading a document and checking it as a whole is the matter of `mapping`.
"""

from datetime import time
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from schemas.envelope import Model
from schemas.ids import SourceField

ColumnName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_ .\-]*$", max_length=100)]
Span = tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1, le=100_000)]]


class FixedWidth(Model):
    """Text whose columns stand at fixed places: first and last character of each, counted from 1."""

    format: Literal["fixed_width"]
    encoding: str = "utf-8"
    skip_lines: Annotated[int, Field(ge=0)] = 0
    columns: Annotated[dict[ColumnName, Span], Field(min_length=1)]

    @model_validator(mode="after")
    def _spans_run_forward(self) -> Self:
        for name, (first, last) in self.columns.items():
            if last < first:
                raise PydanticCustomError("span", "{name} ends before it begins", {"name": f"columns.{name}"})
        return self


class Csv(Model):
    """Separated values. With `header`, the first line after `skip_lines` names the columns; else `columns` does."""

    format: Literal["csv"]
    encoding: str = "utf-8"
    skip_lines: Annotated[int, Field(ge=0)] = 0
    delimiter: Annotated[str, StringConstraints(min_length=1, max_length=1)] = ","
    quote: Annotated[str, StringConstraints(min_length=1, max_length=1)] = '"'
    header: bool = True
    columns: Annotated[tuple[ColumnName, ...], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _columns_are_named_once(self) -> Self:
        if self.header == (self.columns is not None):
            raise PydanticCustomError("columns", "name the columns either by header: true or by columns, not both")
        return self


class Spread(Model):
    """A fixed time of day for each line of a log that has none: from `from` (included) until `until` (excluded)."""

    from_: Annotated[time, Field(alias="from")]
    until: time

    @model_validator(mode="after")
    def _runs_forward(self) -> Self:
        if self.until <= self.from_:
            raise PydanticCustomError("spread", "until must be later than from")
        return self


class TimeRule(Model):
    """Where the event's time stands, how it is written, and in which zone where it does not say so itself."""

    column: ColumnName
    formats: Annotated[tuple[str, ...], Field(min_length=1)]
    zone: str | None = None
    spread: Spread | None = None


class EventRule(Model):
    """How a line becomes an event. Texts may name columns in braces, and `{line}` for the number of the line."""

    type: str
    source: SourceField
    id: str
    account: str
    time: TimeRule
    data: dict[str, Any]


class Numbers(Model):
    """How numbers are written in the file."""

    decimal: Literal[".", ","] = "."
    thousands: Annotated[str, StringConstraints(max_length=1)] = ""


class Mapping(Model):
    """A whole mapping document."""

    version: Literal[1]
    input: Annotated[FixedWidth | Csv, Field(discriminator="format")]
    numbers: Numbers = Numbers()
    event: EventRule

    def column_names(self) -> tuple[str, ...] | None:
        """The columns the document itself names; None where the header of the file will."""
        columns = self.input.columns
        return None if columns is None else tuple(columns)
