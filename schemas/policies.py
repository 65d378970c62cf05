"""account.policies: which policy counts from when on, and which is tried out beside it.

The topic is small, compacted and read whole by every worker. A record's key says what it is about, so that the latest
record of a key is the one that counts: at one moment one version comes into force.
"""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field

from schemas.envelope import Model, Text
from schemas.times import UtcDatetime


class ReleaseKind(StrEnum):
    """What becomes of a policy."""

    PROMOTED = "promoted"
    SHADOW = "shadow"
    SHADOW_ENDED = "shadow_ended"


class PolicyRelease(Model):
    """One decision about a policy. `policy` is its name and version, such as `default/2`, `document` all of it (none
    where a shadow ends); accounts read at `in_force_from` (event time) or later are judged by it.
    """

    kind: ReleaseKind
    policy: Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,64}/[0-9]{1,9}$")]
    document: dict[str, Any] | None = None
    in_force_from: UtcDatetime
    written_at: UtcDatetime
    author: Annotated[str, Field(min_length=1, max_length=200)]
    reason: Text

    @property
    def key(self) -> str:
        """The record's key: what is promoted, or shadowed, from this moment on."""
        about = "promoted" if self.kind is ReleaseKind.PROMOTED else "shadow"
        return f"{about}/{self.in_force_from.isoformat()}"
