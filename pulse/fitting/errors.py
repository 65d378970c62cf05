"""What can go wrong when a model is fitted.

PulseError
└── FitFailed
    ├── HistoryTooShort     fit again when there is more history, or fit for a shorter horizon
    └── TooFewOutcomes      the same, or judge accounts with fewer purchases
"""

from datetime import datetime, timedelta

from pulse.errors import PulseError


class FitFailed(PulseError):
    """No model could be fitted; nothing was written."""


class HistoryTooShort(FitFailed):
    """The history cannot be parted into snapshots that teach and later ones that judge."""

    def __init__(self, begin: datetime, end: datetime, needed: timedelta) -> None:
        super().__init__(
            f"the history is too short: {(end - begin).days} days of purchases ({begin:%Y-%m-%d} to {end:%Y-%m-%d}), "
            f"at least {needed.days} are needed: one horizon for what teaches, one for what judges, and two months"
        )
        self.needed = needed


class TooFewOutcomes(FitFailed):
    """The snapshots hold too few accounts that stayed away, or too few that came back."""

    def __init__(self, part: str, away: int, back: int, needed: int) -> None:
        super().__init__(
            f"the {part} snapshots hold {away} outcomes of staying away and {back} of coming back, "
            f"at least {needed} of each are needed: more history, more accounts, or a smaller --min-purchases"
        )
        self.away = away
        self.back = back
