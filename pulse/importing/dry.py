"""A receiver for `--dry-run`: judges every event as the gateway would, and sends nothing."""

from collections.abc import Callable, Sequence
from datetime import datetime

from pulse.sending.gateway import ACCEPTED, Verdict
from schemas.codec import decode
from schemas.errors import BadEvent


class DryRun:
    """Holds events against the catalogue. `clock` tells the time that no event may be ahead of."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock

    async def send(self, events: Sequence[bytes]) -> list[Verdict]:
        """What the gateway would say."""
        now = self._clock()
        return [_judge(event, now) for event in events]


def _judge(event: bytes, now: datetime) -> Verdict:
    try:
        decode(event, (), now)
    except BadEvent as bad:
        return Verdict(accepted=False, reason=bad.reason.value, detail=bad.detail)
    return ACCEPTED
