"""One event to the gateway, for commands that a person types."""

from collections.abc import Callable

from pulse.sending.gateway import Gateway, Target, Verdict


async def send_one(to: Target, event: bytes, clock: Callable[[], float]) -> Verdict:
    """What the gateway made of it. `clock` is monotonic, in seconds.

    Raises:
        GatewayAway: no answer, or no room, for as long as we have patience.
        GatewayRefused: the gateway does not take requests from us.
    """
    async with Gateway(to, clock) as gateway:
        (verdict,) = await gateway.send([event])
    return verdict
