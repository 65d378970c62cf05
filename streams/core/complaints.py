"""The course of a complaint as an order-free fold: a record is the set of its facts, all it says follows from them.

What a complaint counts for is a function of its record, so a fact's effect is the difference it makes to that function:
opened and not withdrawn counts 1 in `complaint_<severity>`; resolved (and not reopened later) counts 1 in
`recovered_<severity>`, both as of the opening, so that recovery returns a share of what is left and never more.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from schemas.events.complaints import ComplaintEvent, ComplaintOpened
from streams.core.effects import Effect
from streams.core.policy import SIGNAL_INDEX

BY_POLICY: Final = float("inf")
"""`due_at` of an opening that names no time: the policy's SLA counts."""

_KINDS: Final = {
    "complaint.opened.v1": "opened",
    "complaint.answered.v1": "answered",
    "complaint.resolved.v1": "resolved",
    "complaint.reopened.v1": "reopened",
    "complaint.withdrawn.v1": "withdrawn",
}


class CourseFact(NamedTuple):
    """A fact as far as the course depends on it; epoch seconds, `severity` and `due_at` of an opening alone."""

    kind: str
    at: float
    severity: int = 0
    due_at: float = BY_POLICY


@dataclass(frozen=True, slots=True)
class Complaint:
    """How often each fact was told less how often it was withdrawn, in the facts' order; none with 0.

    A withdrawal that came before its original stands as -1 until the original arrives.
    """

    course: tuple[tuple[CourseFact, int], ...] = ()

    @property
    def opening(self) -> CourseFact | None:
        """The earliest opening that stands; None while there is none, and when the complaint was withdrawn."""
        return None if any(self._standing("withdrawn")) else min(self._standing("opened"), default=None)

    @property
    def is_resolved(self) -> bool:
        """Settled, and not reopened since."""
        last = max(self._standing("resolved", "reopened"), key=lambda fact: (fact.at, fact.kind), default=None)
        return last is not None and last.kind == "resolved"

    @property
    def is_open(self) -> bool:
        """Opened and not settled."""
        return self.opening is not None and not self.is_resolved

    @property
    def owes_answer(self) -> bool:
        """Open, and not answered yet."""
        return self.is_open and not any(self._standing("answered"))

    def due(self, sla_h: tuple[float, float, float, float]) -> float:
        """By when a first answer is owed, epoch seconds; inf where nothing was opened."""
        opening = self.opening
        if opening is None:
            return float("inf")
        return opening.due_at if opening.due_at != BY_POLICY else opening.at + sla_h[opening.severity - 1] * 3600.0

    def _standing(self, *kinds: str) -> Iterator[CourseFact]:
        return (fact for fact, times in self.course if times > 0 and fact.kind in kinds)


def advanced(record: Complaint, event: ComplaintEvent, sign: int = 1) -> Complaint:
    """The record with one more fact, or with `sign` -1 one fact taken back; in any order, each once."""
    kind = _KINDS.get(event.type)
    if kind is None:
        return record
    fact = CourseFact(kind, event.time.timestamp())
    if isinstance(event, ComplaintOpened):
        due = event.data.answer_due_at
        fact = fact._replace(severity=event.data.severity, due_at=BY_POLICY if due is None else due.timestamp())
    counts = Counter(dict(record.course))
    counts[fact] += sign
    return Complaint(tuple(sorted((fact, times) for fact, times in counts.items() if times)))


def difference(before: Complaint, after: Complaint) -> list[Effect]:
    """What the change of a record adds to the sums."""
    net: Counter[tuple[int, float]] = Counter()
    net.update(_counted(after))
    net.subtract(_counted(before))
    return [Effect(signal, float(amount), at) for (signal, at), amount in net.items() if amount]


def _counted(record: Complaint) -> list[tuple[int, float]]:
    opening = record.opening
    if opening is None:
        return []
    names = ["complaint", "recovered"] if record.is_resolved else ["complaint"]
    return [(SIGNAL_INDEX[f"{name}_{opening.severity}"], opening.at) for name in names]
