"""What can go wrong when a policy is learned.

PulseError
└── FitFailed (of pulse.fitting)
    ├── HistoryTooShort     learn again when there is more history, or for a shorter horizon
    ├── TooFewOutcomes      the same, or with more accounts
    └── NothingLearned      look at the policy's signs, or at another horizon
"""

from pulse.fitting.errors import FitFailed


class TooFewOutcomes(FitFailed):
    """The months hold too few accounts that were lost, or too few that stayed."""

    def __init__(self, part: str, lost: int, stayed: int, needed: int) -> None:
        super().__init__(
            f"too few outcomes: the {part} months hold {lost} of accounts lost and {stayed} of accounts that stayed, "
            f"at least {needed} of each are needed: more history, more accounts, or another --horizon-days"
        )
        self.lost = lost
        self.stayed = stayed


class NothingLearned(FitFailed):
    """No signal weighs anything the way the policy has it."""

    def __init__(self) -> None:
        super().__init__(
            "no signal of this history tells who stays in the direction in which the policy counts it: "
            "more history, another --horizon-days, or the policy's signs are wrong for these accounts"
        )
