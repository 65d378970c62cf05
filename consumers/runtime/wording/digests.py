"""The sentences of a digest: how much there is, and of each alert a headline and why."""

from dataclasses import dataclass
from typing import Final

from consumers.runtime.wording.alerts import AlertWords
from consumers.runtime.wording.marks import N_, NN_
from consumers.runtime.wording.names import KINDS
from consumers.runtime.wording.reader import Reader
from schemas.alerts import AlertKind, AlertStep

_HEADLINE: Final = NN_("Your digest: %(count)d alert", "Your digest: %(count)d alerts")
_EXTENT: Final = NN_(
    "What you were not interrupted for, on %(count)d account, the most valuable first.",
    "What you were not interrupted for, on %(count)d accounts, the most valuable first.",
)
_INCIDENT: Final = N_("%(kind)s on %(count)d accounts at once")
_ONE_CAUSE: Final = N_(
    "So many alerts of one kind within minutes may have one cause. The most valuable accounts come first."
)
_WHY_DIGEST: Final = N_(
    "You get a digest because of the number of your accounts, or because you had many alerts that day."
)
_WHY_INCIDENT: Final = N_("You get one message for all of them, because they came within minutes.")
_REST: Final = NN_("%(count)d more is in your inbox.", "%(count)d more are in your inbox.")


@dataclass(frozen=True, slots=True)
class DigestWords:
    """Some steps in one reader's words, the weightiest first; `most` of them are listed, the rest is counted."""

    reader: Reader
    steps: tuple[AlertStep, ...]
    most: int
    of: AlertKind | None = None
    """The kind of all of them where they are one incident."""

    @property
    def headline(self) -> str:
        """How many alerts there are, of an incident on how many accounts at once."""
        if self.of is not None:
            kind = self.reader.text(KINDS[self.of])
            return self.reader.text(_INCIDENT) % {"kind": kind, "count": self._accounts}
        return self._counted(_HEADLINE, len(self.steps))

    @property
    def extent(self) -> str:
        """On how many accounts; of an incident what that may mean."""
        if self.of is not None:
            return self.reader.text(_ONE_CAUSE)
        return self._counted(_EXTENT, self._accounts)

    @property
    def why_you(self) -> str:
        """Why the reader gets one message for many alerts."""
        return self.reader.text(_WHY_INCIDENT if self.of is not None else _WHY_DIGEST)

    @property
    def _accounts(self) -> int:
        return len({step.account_id for step in self.steps})

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
