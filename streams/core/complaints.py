"""The course of a complaint as an order-free fold: a record is the set of its facts, all it says follows from them.

What a complaint counts for is a function of its record, so a fact's effect is the difference it makes to that function:
opened and not withdrawn counts 1 in `complaint_<severity>`; resolved (and not reopened later) counts 1 in
`recovered_<severity>`, both as of the opening, so that recovery returns a share of what is left and never more. One
about a product counts 1 in `product_complaint` besides, as of the opening, while it is not resolved.
"""

from typing import Final, NamedTuple

from schemas.events.complaints import Category
from schemas.plain import Plain
from streams.core.effects import Effect
from streams.core.facts import seconds
from streams.core.policy import PRODUCT_COMPLAINT, SIGNAL_INDEX
from streams.core.tables import SlaHours

ANSWER_DUE: Final = "answer_due_at"
BY_POLICY: Final = float("inf")
"""`due_at` of an opening that names no time: the policy's SLA counts."""

COUNTED_FACTS: Final = {
    "complaint.opened.v1": "opened",
    "complaint.answered.v1": "answered",
    "complaint.resolved.v1": "resolved",
    "complaint.reopened.v1": "reopened",
    "complaint.withdrawn.v1": "withdrawn",
}
"""By event type, the kind of fact in a course. An escalation counts by itself and changes no course."""


OPENED: Final = tuple(SIGNAL_INDEX[f"complaint_{severity}"] for severity in (1, 2, 3, 4))
RECOVERED: Final = tuple(SIGNAL_INDEX[f"recovered_{severity}"] for severity in (1, 2, 3, 4))
"""By severity, from 1, the signals of an opening and of a settlement."""
ABOUT_PRODUCT: Final = SIGNAL_INDEX[PRODUCT_COMPLAINT]
PRODUCT_CATEGORIES: Final = frozenset((Category.PRODUCT, Category.TECHNICAL))
"""What a complaint is about where something that was bought does not fit."""

Counts = tuple[tuple[int, float], ...]
_ENDS: Final = frozenset(("resolved", "reopened"))


class CourseFact(NamedTuple):
    """A fact as far as the course depends on it; epoch seconds. All beside kind and time is of an opening alone.

    Of two openings of one time the first in the order of the fields counts.
    """

    kind: str
    at: float
    severity: int = 0
    category: str = ""
    due_at: float = BY_POLICY


Course = tuple[tuple[CourseFact, int], ...]


def _counted(opening: CourseFact | None, is_resolved: bool) -> Counts:
    if opening is None:
        return ()
    counted = (OPENED[opening.severity - 1], opening.at)
    if is_resolved:
        return counted, (RECOVERED[opening.severity - 1], opening.at)
    return (counted, (ABOUT_PRODUCT, opening.at)) if opening.category in PRODUCT_CATEGORIES else (counted,)


class Complaint:
    """How often each fact was told less how often it was withdrawn, in the facts' order; none with 0.

    A withdrawal that came before its original stands as -1 until the original arrives. Never changed once made: what
    follows from the course is found out once.
    """

    __slots__ = ("counts", "course", "is_resolved", "opening", "owes_answer", "was_told")

    def __init__(self, course: Course = ()) -> None:
        self.course = course
        openings, ends, kinds = [], [], set()
        for fact, times in course:
            if times > 0:
                kinds.add(fact.kind)
                if fact.kind == "opened":
                    openings.append(fact)
                elif fact.kind in _ENDS:
                    ends.append((fact.at, fact.kind))
        self.was_told = bool(openings)
        """Whether an opening stands; one that was told and taken back as a fact does not."""
        self.opening = min(openings) if openings and "withdrawn" not in kinds else None
        """The earliest opening that stands; None while there is none, and when the complaint was withdrawn."""
        self.is_resolved = bool(ends) and max(ends)[1] == "resolved"
        """Settled, and not reopened since."""
        self.owes_answer = self.opening is not None and not self.is_resolved and "answered" not in kinds
        """Open, and not answered yet."""
        self.counts = _counted(self.opening, self.is_resolved)
        """Signals that it counts 1 in, each once, and as of when."""

    @property
    def is_open(self) -> bool:
        """Opened and not settled."""
        return self.opening is not None and not self.is_resolved

    @property
    def by_policy(self) -> bool:
        """Whether the opening names no time to answer by."""
        return self.opening is not None and self.opening.due_at == BY_POLICY

    def due(self, sla_h: SlaHours) -> float:
        """By when a first answer is owed, epoch seconds; inf where nothing was opened."""
        opening = self.opening
        if opening is None:
            return float("inf")
        if opening.due_at != BY_POLICY:
            return opening.due_at
        return opening.at + sla_h.of(opening.category)[opening.severity - 1] * 3600.0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Complaint) and self.course == other.course

    def __hash__(self) -> int:
        return hash(self.course)

    def __repr__(self) -> str:
        return f"Complaint({self.course!r})"


NO_COMPLAINT: Final = Complaint()


def advanced(record: Complaint, event: Plain, at: float, sign: int = 1) -> Complaint:
    """The record with one more fact, of the time `at`, or with `sign` -1 one taken back; in any order, each once."""
    kind = COUNTED_FACTS.get(event["type"])
    if kind is None:
        return record
    fact = CourseFact(kind, at)
    if kind == "opened":
        data = event["data"]
        due = data.get(ANSWER_DUE)
        fact = CourseFact(kind, at, data["severity"], data["category"], BY_POLICY if due is None else seconds(due))
    if not record.course:
        return Complaint(((fact, sign),))
    counts = dict(record.course)
    counts[fact] = counts.get(fact, 0) + sign
    course = [item for item in counts.items() if item[1]]
    course.sort()
    return Complaint(tuple(course))


def difference(before: Complaint, after: Complaint) -> list[Effect]:
    """What the change of a record adds to the sums."""
    if before.counts == after.counts:
        return []
    come = [Effect(signal, 1.0, at) for signal, at in after.counts if (signal, at) not in before.counts]
    return come + [Effect(signal, -1.0, at) for signal, at in before.counts if (signal, at) not in after.counts]
