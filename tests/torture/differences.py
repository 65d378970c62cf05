"""What was found to differ from what must be, and the counts of a comparison."""

from collections.abc import Iterable
from dataclasses import dataclass, field

SHOWN = 10


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it must be: of whom (an account, a step, a place in the log), and what."""

    subject: str
    what: str

    def __str__(self) -> str:
        return f"{self.subject}: {self.what}"


@dataclass(slots=True)
class Verdict:
    """`lost` and `twice` count facts: those missing in an account's state, and those beyond what was told."""

    differences: list[Difference] = field(default_factory=list)
    expected: int = 0
    applied: int = 0
    lost: int = 0
    twice: int = 0
    snapshots: int = 0
    steps: int = 0
    differing_repeats: int = 0

    @property
    def is_exact(self) -> bool:
        """Nothing differs."""
        return not self.differences

    def add(self, subject: str, what: str) -> None:
        """Note a difference."""
        self.differences.append(Difference(subject, what))

    def shown(self) -> Iterable[str]:
        """The first differences, and how many more there are."""
        yield from (str(one) for one in self.differences[:SHOWN])
        if (more := len(self.differences) - SHOWN) > 0:
            yield f"and {more} more"
