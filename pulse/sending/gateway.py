"""One request at a time to the gateway: a batch of events in, a verdict for each out; waits out what passes by itself.

An event is accepted only when the gateway says so, and it says so only after the broker has it. A request whose answer
was lost is sent again: ids make that harmless.
"""

import asyncio
import email.utils
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

import httpx

from pulse.sending.errors import GatewayAway, GatewayRefused
from schemas.errors import Reason

PATH: Final = "/v1/events"
BATCH: Final = "application/cloudevents-batch+json"
_FIRST_BACKOFF_S: Final = 0.1
_LONGEST_BACKOFF_S: Final = 5.0
_PASSING: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_TOO_LARGE: Final = 413


@dataclass(frozen=True, slots=True)
class Target:
    """Where the gateway is, the key to show, and how long to wait for it: per request, and in all without an answer."""

    url: str
    key: str | None = None
    timeout_s: float = 30.0
    patience_s: float = 120.0


class Verdict(NamedTuple):
    """What the gateway said about one event; `reason` is empty when it was accepted."""

    accepted: bool
    reason: str = ""
    detail: str = ""


ACCEPTED: Final = Verdict(accepted=True)


class Gateway:
    """Sends batches. `clock` is monotonic, in seconds."""

    def __init__(self, target: Target, clock: Callable[[], float], connections: int = 4) -> None:
        self._target = target
        self._clock = clock
        limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
        headers = {} if target.key is None else {"authorization": f"Bearer {target.key}"}
        self._http = httpx.AsyncClient(
            base_url=target.url, timeout=target.timeout_s, limits=limits, headers=headers, trust_env=False
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def send(self, events: Sequence[bytes]) -> list[Verdict]:
        """The gateway's verdict on each event, in their order.

        Raises:
            GatewayAway: no answer, or no room, for as long as we have patience.
            GatewayRefused: the gateway does not take requests from us.
        """
        body = b"[" + b",".join(events) + b"]"
        started, backoff_s = self._clock(), _FIRST_BACKOFF_S
        while True:
            response, trouble = await self._post(body)
            if response is not None:
                results = _results(response, len(events))
                if results is not None:
                    return [_verdict(result) for result in results]
                if response.status_code == _TOO_LARGE:
                    return await self._send_less(events, response)
                if response.status_code not in _PASSING:
                    raise GatewayRefused(f"{self._target.url} answered {trouble}")
            if self._clock() - started > self._target.patience_s:
                raise GatewayAway(f"{self._target.url} took nothing for {self._target.patience_s:.0f} s: {trouble}")
            await asyncio.sleep(_wait_s(response, backoff_s))
            backoff_s = min(backoff_s * 2, _LONGEST_BACKOFF_S)

    async def _send_less(self, events: Sequence[bytes], response: httpx.Response) -> list[Verdict]:
        """The same in two halves; one event that is too large by itself is refused."""
        if len(events) == 1:
            return [Verdict(accepted=False, reason=Reason.TOO_LARGE.value, detail=_said(response))]
        half = len(events) // 2
        return [*await self.send(events[:half]), *await self.send(events[half:])]

    async def _post(self, body: bytes) -> tuple[httpx.Response | None, str]:
        try:
            response = await self._http.post(PATH, content=body, headers={"content-type": BATCH})
        except httpx.TransportError as error:
            return None, f"{type(error).__name__} {error}".strip()
        return response, f"{response.status_code} {_said(response)}"


def _wait_s(response: httpx.Response | None, backoff_s: float) -> float:
    """Retry-After where the gateway names one, else the backoff with some jitter."""
    told = None if response is None else _retry_after_s(response)
    return told if told is not None else backoff_s * random.uniform(0.5, 1.0)  # noqa: S311 - jitter is no secret


def _retry_after_s(response: httpx.Response) -> float | None:
    text = response.headers.get("retry-after", "")
    try:
        return min(max(float(text), 0.0), 60.0)
    except ValueError:
        pass
    parsed = email.utils.parsedate_tz(text)
    if parsed is None:
        return None
    moment = datetime.fromtimestamp(email.utils.mktime_tz(parsed), UTC)
    return min(max((moment - datetime.now(UTC)).total_seconds(), 0.0), 60.0)


def _results(response: httpx.Response, count: int) -> list[dict[str, Any]] | None:
    """One result an event, None where the answer is about the request as a whole."""
    try:
        body = response.json()
    except ValueError:
        return None
    results = body.get("results") if isinstance(body, dict) else None
    return results if isinstance(results, list) and len(results) == count else None


def _verdict(result: dict[str, Any]) -> Verdict:
    if result.get("status") == "accepted":
        return ACCEPTED
    return Verdict(accepted=False, reason=str(result.get("reason", "refused")), detail=str(result.get("detail", "")))


def _said(response: httpx.Response) -> str:
    return response.text[:300]
