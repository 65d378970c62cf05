"""The sentences of a digest: how much there is, and of each alert a headline and why."""

from dataclasses import dataclass
from typing import Final

from consumers.runtime.wording.alerts import AlertWords
from consumers.runtime.wording.marks import NN_
from consumers.runtime.wording.reader import Reader
from schemas.alerts import AlertStep

_HEADLINE: Final = NN_("Your digest: %(count)d alert", "Your digest: %(count)d alerts")
_EXTENT: Final = NN_(
    "What you were not interrupted for, on %(count)d account, the most valuable first.",
    "What you were not interrupted for, on %(count)d accounts, the most valuable first.",
)
_REST: Final = NN_("%(count)d more is in your inbox.", "%(count)d more are in your inbox.")


@dataclass(frozen=True, slots=True)
class DigestWords:
    """Some steps in one reader's words, the weightiest first; `most` of them are listed, the rest is counted."""

    reader: Reader
    steps: tuple[AlertStep, ...]
    most: int

    @property
    def headline(self) -> str:
        """How many alerts there are."""
        return self._counted(_HEADLINE, len(self.steps))

    @property
    def extent(self) -> str:
        """On how many accounts."""
        return self._counted(_EXTENT, len({step.account_id for step in self.steps}))

    @property
    def listed(self) -> list[AlertWords]:
        """Those that have a line."""
        return [AlertWords(self.reader, step) for step in self.steps[: self.most]]

    @property
    def rest(self) -> str:
        """How many have none; empty where all have."""
        more = len(self.steps) - self.most
        return self._counted(_REST, more) if more > 0 else ""

    def _counted(self, forms: tuple[str, str], count: int) -> str:
        return self.reader.plural(forms, count) % {"count": count}
