"""What people do, sent as events to the gateway. The only way in which the console changes anything."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Final

import httpx
import structlog

from consumers.console import metrics
from consumers.console.settings import ConsoleSettings
from consumers.runtime.wording.marks import N_
from schemas.codec import STRUCTURED, to_structured
from schemas.events.actions import (
    ActionEvent,
    AlertAcknowledged,
    AlertActionData,
    OverrideLifted,
    OverrideLiftedData,
    OverrideSet,
    OverrideSetData,
)
from schemas.ids import AccountId, AlertId, EventId, ManagerId, Source

log = structlog.get_logger()

EVENTS_PATH: Final = "/v1/events"


class NotSent(Exception):
    """The gateway did not take the event; `advice` tells the person what to do, and is still to be translated."""

    def __init__(self, advice: str) -> None:
        super().__init__(advice)
        self.advice = advice


@dataclass(frozen=True, slots=True)
class ByHand:
    """Who does something about an account's score, why and when; `once` stands for the form that was pressed."""

    account: str
    author: ManagerId
    reason: str
    at: datetime
    once: str


class Gateway:
    """A client with one pool of connections. Safe to use from many threads."""

    def __init__(self, settings: ConsoleSettings) -> None:
        key = settings.gateway_key
        headers = {"content-type": STRUCTURED}
        if key is not None:
            headers["authorization"] = f"Bearer {key.get_secret_value()}"
        self._source = settings.source
        self._client = httpx.Client(
            base_url=settings.gateway_url, headers=headers, timeout=settings.gateway_timeout_s, trust_env=False
        )

    def send(self, event: ActionEvent) -> None:
        """Hand the event over; returns when it is stored for good.

        Raises:
            NotSent: it was refused or nobody answered. Sending the same event again is safe.
        """
        try:
            answer = self._client.post(EVENTS_PATH, content=to_structured(event))
        except httpx.HTTPError as error:
            self._failed("away", error=type(error).__name__)
            raise NotSent(N_("The gateway cannot be reached. Nothing was changed; try again in a moment.")) from error
        if answer.status_code in (429, 503):
            self._failed("busy", status=answer.status_code)
            raise NotSent(N_("The pipeline is busy. Nothing was changed; try again in a moment."))
        if not answer.is_success:
            self._failed("refused", status=answer.status_code, detail=answer.text[:300])
            raise NotSent(N_("The gateway refused this. Nothing was changed; tell whoever runs the console."))
        metrics.ACTIONS.labels("sent").inc()

    @property
    def source(self) -> Source:
        """Under which name the console's events go."""
        return Source(self._source)

    def acknowledgement(self, account: str, alert: str, actor: ManagerId, at: datetime) -> AlertAcknowledged:
        """Somebody takes an alert. The id is a function of alert and person: a second press is the same fact."""
        name = blake2b(f"acknowledge\x00{alert}\x00{actor}".encode(), digest_size=16).hexdigest()
        return AlertAcknowledged(
            id=EventId(name),
            source=Source(self._source),
            subject=AccountId(account),
            time=at,
            data=AlertActionData(alert_id=AlertId(alert), actor=actor),
        )

    def override(self, said: ByHand, value: float, expires_at: datetime) -> OverrideSet:
        """Somebody sets a score. The id is a function of the form and the person: a second press is the same fact."""
        return OverrideSet(
            id=_once("override", said),
            source=Source(self._source),
            subject=AccountId(said.account),
            time=said.at,
            data=OverrideSetData(author=said.author, reason=said.reason, value=value, expires_at=expires_at),
        )

    def lift(self, said: ByHand) -> OverrideLifted:
        """Somebody lifts what was set; a second press is the same fact."""
        return OverrideLifted(
            id=_once("lift", said),
            source=Source(self._source),
            subject=AccountId(said.account),
            time=said.at,
            data=OverrideLiftedData(author=said.author, reason=said.reason),
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _failed(self, outcome: str, **details: str | int) -> None:
        metrics.ACTIONS.labels(outcome).inc()
        log.warning("action_not_sent", outcome=outcome, **details)


def _once(what: str, said: ByHand) -> EventId:
    named = f"{what}\x00{said.account}\x00{said.author}\x00{said.once}"
    return EventId(blake2b(named.encode(), digest_size=16).hexdigest())
