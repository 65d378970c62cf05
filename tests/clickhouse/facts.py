"""Facts and outputs as the pipeline makes them, and a producer that writes them where they belong."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from confluent_kafka import Producer

from schemas.alerts import AlertKind, AlertStep, CalledRole, StepKind, StepReason, Suggestion, alert_id
from schemas.broker import Broker
from schemas.catalogue import AnyEvent, topic_of
from schemas.codec import STRUCTURED_HEADERS, to_structured
from schemas.deliveries import DeliveryReceipt, Outcome, OutcomeReason, notification_id
from schemas.events.complaints import Category, ComplaintOpened, ComplaintOpenedData
from schemas.events.interactions import Channel, Direction, InteractionLogged, LoggedData
from schemas.events.managers import ContactKind, ManagerProfileData, ManagerProfileSet, Role
from schemas.events.profiles import AccountProfileData, AccountProfileSet, Segment
from schemas.events.purchases import OrderPlaced, OrderPlacedData
from schemas.health import Band, Contribution, Dimension, DimensionScore, HealthSnapshot, Part, PartKind
from schemas.ids import AccountId, AlertId, ComplaintId, EventId, ManagerId, OrderId, Source

NOW = datetime.now(UTC).replace(microsecond=0)
A = AccountId("A-1")
M = ManagerId("M-1")
CRM = Source("/crm")


def opened(number: int = 1, account: AccountId = A, at: datetime = NOW) -> ComplaintOpened:
    due = at + timedelta(days=1)
    data = ComplaintOpenedData(
        complaint_id=ComplaintId(f"C-{number}"), category=Category.BILLING, severity=3, answer_due_at=due
    )
    return ComplaintOpened(id=EventId(f"c-{number}"), source=CRM, subject=account, time=at, data=data)


def ordered(number: int = 1, account: AccountId = A, at: datetime = NOW, amount: str = "12.3400") -> OrderPlaced:
    data = OrderPlacedData(order_id=OrderId(f"O-{number}"), amount=Decimal(amount), currency="EUR")
    return OrderPlaced(id=EventId(f"o-{number}"), source=Source("/shop"), subject=account, time=at, data=data)


def logged(number: int = 1, account: AccountId = A, at: datetime = NOW, sentiment: float = 0.5) -> InteractionLogged:
    data = LoggedData(channel=Channel.CALL, direction=Direction.INBOUND, sentiment=sentiment)
    return InteractionLogged(id=EventId(f"i-{number}"), source=CRM, subject=account, time=at, data=data)


def profile(
    account: AccountId = A, name: str = "Example Retail 1", at: datetime = NOW, owner: ManagerId = M
) -> AnyEvent:
    data = AccountProfileData(
        name=name, segment=Segment.MID, annual_value=Decimal("1000.50"), currency="EUR", owner=owner
    )
    return AccountProfileSet(id=EventId(f"p-{account}-{name}"), source=CRM, subject=account, time=at, data=data)


def manager(who: ManagerId = M, name: str = "Manager 1", at: datetime = NOW) -> AnyEvent:
    data = ManagerProfileData(name=name, role=Role.ACCOUNT_MANAGER)
    return ManagerProfileSet(id=EventId(f"m-{who}-{name}"), source=CRM, subject=AccountId(who), time=at, data=data)


def snapshot(
    version: int, score: float | None = 40.25, account: AccountId = A, at: datetime = NOW, previous: float | None = None
) -> HealthSnapshot:
    """A snapshot whose contributions and parts sum as they must."""
    base = score or 0.0
    return HealthSnapshot(
        account_id=account,
        version=version,
        as_of=at,
        produced_at=at + timedelta(milliseconds=version),
        policy="default-1",
        score=score,
        band=None if score is None else Band.HEALTHY if score >= 70 else Band.AT_RISK if score >= 25 else Band.CRITICAL,
        coverage=0.5,
        dimensions=(
            DimensionScore(dimension=Dimension.COMMERCE, score=score, weight=1.0),
            DimensionScore(dimension=Dimension.SERVICE, score=None, weight=0.0),
        ),
        contributions=(
            Contribution(name="base", dimension=Dimension.COMMERCE, points=base - 1.1),
            Contribution(name="orders", dimension=Dimension.COMMERCE, points=1.1),
        ),
        previous_score=previous,
        change=(
            Part(kind=PartKind.DECAY, points=base - (previous or 0.0) - 0.7),
            Part(kind=PartKind.EVENT, points=0.7, signal="orders", event_id=EventId("o-1"), source=Source("/shop")),
        ),
        events_applied=3,
        open_complaints=1,
        owner=M,
    )


def step(number: int, kind: StepKind, account: AccountId = A, at: datetime = NOW, **more: object) -> AlertStep:
    """Step `number` of the account's first episode."""
    episode = alert_id(account, AlertKind.BAND_DROPPED, 1)
    told = {
        "alert_id": episode,
        "step_id": f"{episode}:{number}",
        "account_id": account,
        "kind": AlertKind.BAND_DROPPED,
        "episode": 1,
        "step_no": number,
        "step": kind,
        "reason": StepReason.BAND_WORSENED,
        "at": at,
        "decided_at": at,
        "historic": False,
        "role": CalledRole.SALES,
        "suggestion": Suggestion.CALL_CLIENT,
    }
    return AlertStep.model_validate(told | more)


def receipt(number: int = 1, account: AccountId = A) -> DeliveryReceipt:
    step_id = f"step-{number}"
    return DeliveryReceipt(
        notification_id=notification_id(step_id, M, ContactKind.EMAIL),
        alert_id=AlertId("a" * 32),
        step_id=step_id,
        account_id=account,
        recipient=M,
        channel=ContactKind.EMAIL,
        attempt=1,
        outcome=Outcome.DELIVERED,
        reason=OutcomeReason.ACCEPTED,
        at=NOW,
    )


class Log:
    """Writes to the broker as producers do: acknowledged, keys partitioned by murmur2."""

    def __init__(self, broker: Broker) -> None:
        self._producer = Producer(
            {"bootstrap.servers": broker.bootstrap, "partitioner": "murmur2", "acks": "all", "log_level": 0}
        )

    def tell(self, events: Iterable[AnyEvent]) -> None:
        """Events on their topics."""
        for event in events:
            self.put(topic_of(event).name, event.subject.encode(), to_structured(event), STRUCTURED_HEADERS)

    def put(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        headers: Sequence[tuple[str, bytes | None]] | None = None,
        partition: int = -1,
    ) -> None:
        """Any bytes; `flush` makes them certain."""
        self._producer.produce(topic, value, key, partition, headers=list(headers or []))
        self._producer.poll(0)

    def flush(self) -> None:
        """Wait until all is acknowledged."""
        assert self._producer.flush(20) == 0


@contextmanager
def told(broker: Broker) -> Iterator[Log]:
    """A log, everything in it acknowledged at the end of the block."""
    log = Log(broker)
    yield log
    log.flush()
