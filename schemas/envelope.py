"""The CloudEvents 1.0 envelope every incoming fact wears, and the base of all models.

`(source, id)` identifies the fact for ever; `subject` is the account (for `manager.*` the manager) and the Kafka key;
`time` is when it happened. Unknown extension attributes are kept in `model_extra`.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from schemas.ids import AccountIdField, EventIdField, SourceField
from schemas.limits import MAX_NAME_CHARS, MAX_TEXT_CHARS
from schemas.times import UtcDatetime

Text = Annotated[str, StringConstraints(max_length=MAX_TEXT_CHARS)]
Extension = Annotated[
    Text | bool | int | Annotated[float, Field(allow_inf_nan=False)] | None, Field(union_mode="left_to_right")
]
"""The values CloudEvents allows an attribute; null is the same as leaving it out."""
Name = Annotated[str, StringConstraints(min_length=1, max_length=MAX_NAME_CHARS)]


class Model(BaseModel):
    """Base of every model: frozen, and an unknown field is a fault rather than a silent loss."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Data(Model):
    """Base of what an event carries. Strict: on the wire "2" is no number and 1 is no truth."""

    model_config = ConfigDict(strict=True)


class Envelope(BaseModel):
    """The context attributes of CloudEvents 1.0 that we require or read."""

    model_config = ConfigDict(frozen=True, extra="allow", strict=True)

    __pydantic_extra__: dict[str, Extension] = Field(init=False)

    specversion: Literal["1.0"] = "1.0"
    id: EventIdField
    source: SourceField
    subject: AccountIdField
    time: UtcDatetime
    datacontenttype: Literal["application/json"] | None = None
    dataschema: Annotated[str, StringConstraints(max_length=512)] | None = None
