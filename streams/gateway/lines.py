"""Cutting an endless stream into lines, holding no more than one line's limit. Pure."""

from typing import Final

from schemas.codec import parse_json
from schemas.errors import BadEvent, Reason
from schemas.limits import MAX_EVENT_BYTES
from streams.gateway.judging import Raw

_TOO_LONG: Final = None


class LineCutter:
    """Takes chunks as they come, gives the lines that are complete; a line beyond the limit is skipped, not held.

    Blank lines are no events. Lines end in LF or CRLF; the last one need not.
    """

    def __init__(self, limit_bytes: int = MAX_EVENT_BYTES) -> None:
        self._limit_bytes = limit_bytes
        self._held = b""
        self._skipping = False

    @property
    def held_bytes(self) -> int:
        """How much of an incomplete line is held."""
        return len(self._held)

    def feed(self, chunk: bytes) -> list[bytes | None]:
        """The lines that `chunk` completes; None stands for one that was too long."""
        *complete, rest = chunk.split(b"\n")
        lines = [line for piece in complete if (line := self._end_line(piece)) != b""]
        self._hold(rest)
        return lines

    def end(self) -> list[bytes | None]:
        """The last line, where it had no end."""
        line = self._end_line(b"")
        return [] if line == b"" else [line]

    def _end_line(self, piece: bytes) -> bytes | None:
        line, skipping = self._held + piece, self._skipping
        self._held, self._skipping = b"", False
        return _TOO_LONG if skipping or len(line.rstrip()) > self._limit_bytes else line.strip()

    def _hold(self, rest: bytes) -> None:
        self._held += rest
        if len(self._held) > self._limit_bytes:
            self._held, self._skipping = b"", True


def to_raw(line: bytes | None) -> Raw:
    """The JSON value of one line, or the `BadEvent` that says why there is none."""
    if line is None:
        return BadEvent(Reason.TOO_LARGE, f"a line is longer than {MAX_EVENT_BYTES} bytes")
    try:
        parsed: object = parse_json(line)
    except BadEvent as bad:
        return bad
    return parsed
