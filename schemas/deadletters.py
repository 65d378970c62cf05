"""account.dead-letters: a refused record with its bytes, key and headers intact; what we add stands in headers.

The value and key are the original's, untouched. Our headers start with `pulse_dl_`; the original's headers are kept as
they are, so taking ours away gives back the record as it came.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from schemas.codec import Headers
from schemas.errors import Reason

PREFIX: Final = "pulse_dl_"


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """Where the record was, why it was refused, by which version of what, and when (aware UTC)."""

    topic: str
    partition: int
    offset: int
    reason: Reason
    detail: str
    refused_by: str
    refused_at: datetime

    def to_headers(self, original: Headers) -> list[tuple[str, bytes | None]]:
        """The original's headers followed by ours."""
        ours = {
            "topic": self.topic,
            "partition": str(self.partition),
            "offset": str(self.offset),
            "reason": self.reason.value,
            "detail": self.detail[:1000],
            "refused_by": self.refused_by,
            "refused_at": self.refused_at.isoformat(),
        }
        kept = [(name, raw) for name, raw in original if not name.startswith(PREFIX)]
        return [*kept, *((PREFIX + name, text.encode()) for name, text in ours.items())]


def from_headers(headers: Headers) -> tuple[DeadLetter, list[tuple[str, bytes | None]]]:
    """The dead letter in a record of the topic, and the original's own headers.

    Raises:
        KeyError: a header of ours is missing: the record is no dead letter.
        ValueError: a header of ours holds something else than we write.
    """
    listed = list(headers)
    present = [(name, raw) for name, raw in listed if raw is not None]
    ours = {name.removeprefix(PREFIX): raw.decode() for name, raw in present if name.startswith(PREFIX)}
    letter = DeadLetter(
        topic=ours["topic"],
        partition=int(ours["partition"]),
        offset=int(ours["offset"]),
        reason=Reason(ours["reason"]),
        detail=ours["detail"],
        refused_by=ours["refused_by"],
        refused_at=datetime.fromisoformat(ours["refused_at"]),
    )
    return letter, [(name, raw) for name, raw in listed if not name.startswith(PREFIX)]
