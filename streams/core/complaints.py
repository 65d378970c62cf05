"""The course of a complaint as an order-free fold: a record takes its facts in any order and ends the same.

What a complaint counts for is a function of its record, so a fact's effect is the difference it makes to that function:
opened and not withdrawn counts 1 in `complaint_<severity>`; resolved (and not reopened later) counts 1 in
`recovered_<severity>`, both as of the opening, so that recovery returns a share of what is left and never more.
"""

from collections import Counter
from dataclasses import dataclass, replace
from typing import Final

from schemas.events.complaints import ComplaintEvent, ComplaintOpened
from streams.core.effects import Effect
from streams.core.policy import SIGNAL_INDEX

_CLOSING: Final = {"complaint.resolved.v1": "resolved", "complaint.reopened.v1": "open"}


@dataclass(frozen=True, slots=True)
class Complaint:
    """`severity` 0 until the opening arrived; times in epoch seconds; `due_at` None means the policy's SLA."""

    severity: int = 0
    opened_at: float = 0.0
    due_at: float | None = None
    answered_at: float | None = None
    status: str = "open"
    status_at: float = float("-inf")
    withdrawn: bool = False

    @property
    def owes_answer(self) -> bool:
        """Opened, and neither answered nor settled."""
        return self.severity > 0 and not self.withdrawn and self.answered_at is None and self.status == "open"

    @property
    def is_open(self) -> bool:
        """Opened and not settled."""
        return self.severity > 0 and not self.withdrawn and self.status == "open"

    def due(self, sla_h: tuple[float, float, float, float]) -> float:
        """By when a first answer is owed, epoch seconds."""
        return self.due_at if self.due_at is not None else self.opened_at + sla_h[self.severity - 1] * 3600.0


def advanced(record: Complaint, event: ComplaintEvent) -> Complaint:
    """The record with one more fact; facts may come in any order, each once."""
    at = event.time.timestamp()
    if isinstance(event, ComplaintOpened):
        if record.severity and (record.opened_at, record.severity) <= (at, event.data.severity):
            return record  # told twice under different ids: the earlier opening stands, whichever came first
        due = event.data.answer_due_at
        return replace(
            record, severity=event.data.severity, opened_at=at, due_at=None if due is None else due.timestamp()
        )
    if event.type == "complaint.answered.v1":
        return replace(record, answered_at=at if record.answered_at is None else min(at, record.answered_at))
    if event.type == "complaint.withdrawn.v1":
        return replace(record, withdrawn=True)
    status = _CLOSING.get(event.type)
    if status is None or (at, status) < (record.status_at, record.status):
        return record
    return replace(record, status=status, status_at=at)


def difference(before: Complaint, after: Complaint) -> list[Effect]:
    """What the change of a record adds to the sums."""
    net: Counter[tuple[int, float]] = Counter()
    net.update({(signal, after.opened_at): 1 for signal in _counted(after)})
    net.subtract({(signal, before.opened_at): 1 for signal in _counted(before)})
    return [Effect(signal, float(amount), at) for (signal, at), amount in net.items() if amount]


def _counted(record: Complaint) -> list[int]:
    if record.severity == 0 or record.withdrawn:
        return []
    counted = [SIGNAL_INDEX[f"complaint_{record.severity}"]]
    if record.status == "resolved":
        counted.append(SIGNAL_INDEX[f"recovered_{record.severity}"])
    return counted
