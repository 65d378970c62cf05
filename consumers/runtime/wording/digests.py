"""The sentences of a digest: how much there is, and of each alert a headline and why."""

from dataclasses import dataclass

from consumers.runtime.wording.alerts import AlertWords
from consumers.runtime.wording.reader import Reader
from schemas.alerts import AlertStep


@dataclass(frozen=True, slots=True)
class DigestWords:
    """Some steps in one reader's words, the weightiest first; `most` of them are listed, the rest is counted."""

    reader: Reader
    steps: tuple[AlertStep, ...]
    most: int

    @property
    def headline(self) -> str:
        """How many alerts there are."""
        text = self.reader.plural("Your digest: %(count)d alert", "Your digest: %(count)d alerts", len(self.steps))
        return text % {"count": len(self.steps)}

    @property
    def extent(self) -> str:
        """On how many accounts."""
        accounts = len({step.account_id for step in self.steps})
        text = self.reader.plural(
            "What you were not interrupted for, on %(count)d account, the most valuable first.",
            "What you were not interrupted for, on %(count)d accounts, the most valuable first.",
            accounts,
        )
        return text % {"count": accounts}

    @property
    def listed(self) -> list[AlertWords]:
        """Those that have a line."""
        return [AlertWords(self.reader, step) for step in self.steps[: self.most]]

    @property
    def rest(self) -> str:
        """How many have none; empty where all have."""
        more = len(self.steps) - self.most
        if more <= 0:
            return ""
        text = self.reader.plural("%(count)d more is in your inbox.", "%(count)d more are in your inbox.", more)
        return text % {"count": more}
