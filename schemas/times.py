"""Times: aware on the wire, UTC inside. A naive time is an error, never a guess."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final

from pydantic import AfterValidator, AwareDatetime, Field, GetCoreSchemaHandler, GetPydanticSchema, WithJsonSchema
from pydantic_core import CoreSchema, core_schema

from schemas.limits import FIRST_TIME, LAST_TIME

_WRITTEN: Final = r"^\d{4}-\d{2}-\d{2}[Tt ]"


def to_utc(value: datetime) -> datetime:
    """The same instant in UTC.

    >>> from datetime import timedelta, timezone
    >>> to_utc(datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=2)))).isoformat()
    '2026-03-01T10:00:00+00:00'
    """
    return value if value.tzinfo is UTC else value.astimezone(UTC)


def _written_out(source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
    """On the wire a time is written out: a bare number, "1700000000" as well, would leave its unit to a guess."""
    inner = handler(source)
    text = core_schema.custom_error_schema(
        core_schema.str_schema(pattern=_WRITTEN),
        custom_error_type="time_format",
        custom_error_message="Input should be a time such as 2026-03-01T12:00:00Z",
    )
    return core_schema.json_or_python_schema(core_schema.chain_schema([text, inner]), inner)


UtcDatetime = Annotated[
    AwareDatetime,
    Field(ge=FIRST_TIME, lt=LAST_TIME, strict=False),
    AfterValidator(to_utc),
    GetPydanticSchema(_written_out),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
