"""What a torture of delivery found: everybody told, nobody else, a second message only where one may be. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from schemas.deliveries import DeliveryReceipt, Outcome, OutcomeReason
from schemas.events.managers import Contact, ContactKind

_SHOWN = 20


class Arrival(NamedTuple):
    """A message that came to a server: by its own clock, under which id, for whom, and its bytes.

    One that was not `taken` was answered with a fault, or not at all. `genuine` is whether its signature is right,
    where it has one.
    """

    at_s: float
    notification: str
    address: str
    content: bytes
    taken: bool = True
    genuine: bool = True


@dataclass(slots=True)
class Tally:
    """Of one channel. `repeated_in_send_window` are messages taken again: under the same id, each with its reason."""

    expected: int = 0
    overtaken: int = 0
    taken: int = 0
    repeated_in_send_window: int = 0


def _tallies() -> dict[ContactKind, Tally]:
    return {kind: Tally() for kind in (ContactKind.EMAIL, ContactKind.WEBHOOK)}


@dataclass(slots=True)
class Verdict:
    """By channel how many, and of all what is wrong."""

    tallies: dict[ContactKind, Tally] = field(default_factory=_tallies)
    lost: list[str] = field(default_factory=list)
    unbidden: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def is_exact(self) -> bool:
        """Whether nothing was lost, nothing told that should not be, and every repeat has its reason."""
        return not (self.lost or self.unbidden or self.faults)

    @property
    def expected(self) -> int:
        """Messages that somebody must get, or must be said to need no more."""
        return sum(tally.expected for tally in self.tallies.values())

    def shown(self) -> list[str]:
        """The first of everything that is wrong."""
        told = [f"lost: {name}" for name in self.lost[:_SHOWN]]
        told += [f"unbidden: {name}" for name in self.unbidden[:_SHOWN]]
        return told + self.faults[:_SHOWN]


def judge(
    wanted: Mapping[str, Contact],
    receipts: Sequence[DeliveryReceipt],
    arrivals: Sequence[Arrival],
    breaks_s: Sequence[tuple[float, float]],
) -> Verdict:
    """Compare. `wanted` is where each goes by notification id; `breaks_s` are the stretches of kills and outages:
    within one, a message may have been taken without its receipt being written.
    """
    came = defaultdict(list)
    for arrival in arrivals:
        came[arrival.notification].append(arrival)
    verdict = Verdict()
    became = _became(receipts, verdict)
    for name, contact in wanted.items():
        tally = verdict.tallies[contact.kind]
        tally.expected += 1
        _judge_one(name, became.get(name), any(one.taken for one in came.get(name, ())), verdict, tally)
        _judge_each(name, contact.address, came.get(name, ()), verdict)
        _judge_copies(name, [one for one in came.get(name, ()) if one.taken], breaks_s, verdict, tally)
    verdict.unbidden += [name for name in came if name not in wanted]
    return verdict


def _became(receipts: Sequence[DeliveryReceipt], verdict: Verdict) -> dict[str, DeliveryReceipt]:
    """The first receipt that settled each message; a later one may say the same again, and nothing else."""
    became: dict[str, DeliveryReceipt] = {}
    for receipt in receipts:
        if receipt.channel not in verdict.tallies or receipt.outcome is Outcome.DEFERRED:
            continue
        before = became.setdefault(receipt.notification_id, receipt)
        if before.outcome is not receipt.outcome and {before.outcome, receipt.outcome} != _EITHER:
            verdict.faults.append(f"{receipt.notification_id} is {before.outcome.value} and {receipt.outcome.value}")
    return became


_EITHER = {Outcome.DELIVERED, Outcome.SUPPRESSED}
"""Two processes may settle one for a moment, of which one does not know yet that it lost its partitions."""


def _judge_one(name: str, became: DeliveryReceipt | None, came: bool, verdict: Verdict, tally: Tally) -> None:
    if became is None:
        verdict.lost.append(f"{name}: no receipt that settles it")
    elif became.outcome is Outcome.DELIVERED and not came:
        verdict.lost.append(f"{name}: said to be delivered, and never came")
    elif became.outcome is Outcome.SUPPRESSED and became.reason is OutcomeReason.OVERTAKEN:
        tally.overtaken += 1
    elif became.outcome is not Outcome.DELIVERED:
        verdict.lost.append(f"{name}: {became.outcome.value}, {became.reason.value}, {became.detail}")


def _judge_each(name: str, address: str, attempts: Sequence[Arrival], verdict: Verdict) -> None:
    """Taken or not, every attempt goes to the same receiver with the same bytes."""
    if any(one.address != address for one in attempts):
        verdict.faults.append(f"{name} went to somebody else")
    if len({one.content for one in attempts}) > 1:
        verdict.faults.append(f"{name} came again with another content")
    if not all(one.genuine for one in attempts):
        verdict.faults.append(f"{name} came with a wrong signature")


def _judge_copies(
    name: str, copies: Sequence[Arrival], breaks_s: Sequence[tuple[float, float]], verdict: Verdict, tally: Tally
) -> None:
    tally.taken += len(copies)
    for first, second in pairwise(copies):
        tally.repeated_in_send_window += 1
        if not any(begin <= second.at_s and end >= first.at_s for begin, end in breaks_s):
            verdict.faults.append(f"{name} came again {second.at_s - first.at_s:.1f} s later and nothing had failed")
