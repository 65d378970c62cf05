"""What can be wrong with bytes that claim to be an event.

    SchemaError
    └── BadEvent            the event is at fault: dead-letter it or refuse it, never retry

`BadEvent.reason` is a closed enum: it is the metric label, the header of the dead letter and the key of the
sentence a person reads.
"""

from enum import StrEnum


class Reason(StrEnum):
    """Why a record was refused. A member is never renamed: dead letters of years ago carry it."""

    NO_VALUE = "no_value"
    TOO_LARGE = "too_large"
    NOT_UTF8 = "not_utf8"
    NOT_JSON = "not_json"
    NOT_CLOUDEVENT = "not_cloudevent"
    UNKNOWN_TYPE = "unknown_type"
    WRONG_TOPIC = "wrong_topic"
    NO_SUBJECT = "no_subject"
    NAIVE_TIME = "naive_time"
    FUTURE_TIME = "future_time"
    BAD_MONEY = "bad_money"
    INVALID = "invalid"
    WRONG_KEY = "wrong_key"
    WRONG_PARTITION = "wrong_partition"
    WRONG_SOURCE = "wrong_source"


class SchemaError(Exception):
    """Base of everything this package raises."""


class BadEvent(SchemaError):
    """An event that cannot be accepted; `detail` names the field and what was expected, never the payload."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason.value}: {detail}")
        self.reason = reason
        self.detail = detail
