"""What a torture of delivery found: everybody told, nobody else, a second mail only where one may be. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from schemas.deliveries import DeliveryReceipt, Outcome, OutcomeReason
from schemas.events.managers import ContactKind

_SHOWN = 20


class Arrival(NamedTuple):
    """A mail that the server took: by its own clock, for whom, and its bytes."""

    at_s: float
    notification: str
    address: str
    content: bytes


@dataclass(slots=True)
class Verdict:
    """`repeats` are mails that came again: under the same id, and each of them must have its reason."""

    expected: int = 0
    mails: int = 0
    repeats: int = 0
    overtaken: int = 0
    lost: list[str] = field(default_factory=list)
    unbidden: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def is_exact(self) -> bool:
        """Whether nothing was lost, nothing told that should not be, and every repeat has its reason."""
        return not (self.lost or self.unbidden or self.faults)

    def shown(self) -> list[str]:
        """The first of everything that is wrong."""
        told = [f"lost: {name}" for name in self.lost[:_SHOWN]]
        told += [f"unbidden: {name}" for name in self.unbidden[:_SHOWN]]
        return told + self.faults[:_SHOWN]


def judge(
    wanted: Mapping[str, str],
    receipts: Sequence[DeliveryReceipt],
    arrivals: Sequence[Arrival],
    breaks_s: Sequence[tuple[float, float]],
) -> Verdict:
    """Compare. `wanted` is the address by notification id; `breaks_s` are the stretches of kills and outages: within
    one, a mail may have been taken without its receipt being written.
    """
    mails = defaultdict(list)
    for arrival in arrivals:
        mails[arrival.notification].append(arrival)
    verdict = Verdict(expected=len(wanted), mails=len(arrivals))
    became = _became(receipts, verdict)
    for name, address in wanted.items():
        _judge_one(name, became.get(name), mails.get(name, []), verdict)
        if any(mail.address != address for mail in mails.get(name, [])):
            verdict.faults.append(f"{name} went to somebody else")
    verdict.unbidden += [name for name in mails if name not in wanted]
    for name, copies in mails.items():
        _judge_copies(name, copies, breaks_s, verdict)
    return verdict


def _became(receipts: Sequence[DeliveryReceipt], verdict: Verdict) -> dict[str, DeliveryReceipt]:
    """The first receipt that settled each mail; a later one may say the same again, and nothing else."""
    became: dict[str, DeliveryReceipt] = {}
    for receipt in receipts:
        if receipt.channel is not ContactKind.EMAIL or receipt.outcome is Outcome.DEFERRED:
            continue
        before = became.setdefault(receipt.notification_id, receipt)
        if before.outcome is not receipt.outcome and {before.outcome, receipt.outcome} != _EITHER:
            verdict.faults.append(f"{receipt.notification_id} is {before.outcome.value} and {receipt.outcome.value}")
    return became


_EITHER = {Outcome.DELIVERED, Outcome.SUPPRESSED}
"""Two processes may settle one for a moment, of which one does not know yet that it lost its partitions."""


def _judge_one(name: str, became: DeliveryReceipt | None, mails: Sequence[Arrival], verdict: Verdict) -> None:
    if became is None:
        verdict.lost.append(f"{name}: no receipt that settles it")
    elif became.outcome is Outcome.DELIVERED and not mails:
        verdict.lost.append(f"{name}: said to be delivered, and never came")
    elif became.outcome is Outcome.SUPPRESSED and became.reason is OutcomeReason.OVERTAKEN:
        verdict.overtaken += 1
    elif became.outcome is not Outcome.DELIVERED:
        verdict.lost.append(f"{name}: {became.outcome.value}, {became.reason.value}, {became.detail}")


def _judge_copies(
    name: str, copies: Sequence[Arrival], breaks_s: Sequence[tuple[float, float]], verdict: Verdict
) -> None:
    for first, second in pairwise(copies):
        verdict.repeats += 1
        if first.content != second.content:
            verdict.faults.append(f"{name} came again with another content")
        if not any(begin <= second.at_s and end >= first.at_s for begin, end in breaks_s):
            verdict.faults.append(f"{name} came again {second.at_s - first.at_s:.1f} s later and nothing had failed")
