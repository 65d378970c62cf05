"""A proposal as it is written: a policy document with the evidence in comments before it, read by no process."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

import yaml
from pydantic import BaseModel, ConfigDict

from pulse.learning.judging import Figures
from pulse.learning.proposing import Proposal
from streams.core.policy import Policy

WORTH_IT: Final = 0.01
"""Of average precision: less is chance."""
_WORSE: Final = "It does NOT rank better than the policy in force: there is no reason to take it."
_BETTER: Final = "It ranks better than the policy in force on months that it had not seen."
RULES: Final = {
    "proposal": "the score under this proposal",
    "policy": "the score under the policy in force",
    "rfm": "recency, frequency, monetary value",
    "model": "the fit itself, before it became points",
}


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Part(_Document):
    """The months of one side: rows (account and month), accounts, how many were lost, and what became of them all."""

    moments: tuple[datetime, ...]
    rows: int
    accounts: int
    lost: int
    outcomes: Mapping[str, int]

    @property
    def base_rate(self) -> float:
        """The share that was lost: what a ranking by chance has for its average precision."""
        return self.lost / self.rows


class Validated(_Document):
    """Month after month within the teaching ones, each judged by what was learned before: mean average precision, of
    the strength of the penalty that did best; None without a month that can judge.
    """

    months: int
    strength: float
    learned: float | None
    policy: float | None
    better_in: int


class Evidence(_Document):
    """What speaks for a proposal, or against it. `figures` by the names of `RULES`."""

    horizon_d: int
    wanted_precision: float
    teaching: Part
    judging: Part
    validated: Validated
    figures: Mapping[str, Figures]

    @property
    def better(self) -> bool:
        """Whether the proposal ranks the judging rows better than the policy in force, by a hundredth at least."""
        return self.figures["proposal"].average_precision >= self.figures["policy"].average_precision + WORTH_IT


def flat(evidence: Evidence) -> dict[str, float | None]:
    """The figures in one level: the proposal's by their own names, the others' with their name before."""
    told: dict[str, float | None] = {
        "base_rate": round(evidence.judging.base_rate, 4),
        "teaching_rows": evidence.teaching.rows,
        "teaching_lost": evidence.teaching.lost,
        "judging_rows": evidence.judging.rows,
        "judging_lost": evidence.judging.lost,
        "validated_months": evidence.validated.months,
        "validated_average_precision": evidence.validated.learned,
        "validated_policy_average_precision": evidence.validated.policy,
    }
    for name, got in evidence.figures.items():
        told |= {key if name == "proposal" else f"{name}_{key}": value for key, value in got.model_dump().items()}
    return told


def to_yaml(proposal: Proposal, before: Policy, evidence: Evidence, source: str, now: datetime) -> str:
    """The whole file."""
    document = proposal.policy.model_dump(mode="json")
    head = "".join(f"# {line}".rstrip() + "\n" for line in _head(proposal, before, evidence, (source, now)))
    return head + yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=10_000)


def _head(proposal: Proposal, before: Policy, evidence: Evidence, told: tuple[str, datetime]) -> Iterator[str]:
    source, now = told
    yield f"A PROPOSAL, learned from what became of accounts. No process reads it by itself. Made from {before.name}."
    yield _BETTER if evidence.better else _WORSE
    yield ""
    yield f"From {source}, {now:%Y-%m-%d %H:%M} UTC; lost or not within {evidence.horizon_d} days."
    for name in ("teaching", "judging"):
        part: Part = getattr(evidence, name)
        outcomes = ", ".join(f"{count} {outcome}" for outcome, count in part.outcomes.items())
        months = f"{part.moments[0]:%Y-%m} to {part.moments[-1]:%Y-%m}"
        yield f"{name}: {months}, {part.rows} rows of {part.accounts} accounts, {part.lost} lost ({outcomes})"
    yield validated_in_words(evidence.validated)
    yield ""
    yield f"{'on the judging months':<42}average precision  precision  recall  lead days"
    for name, words in RULES.items():
        got = evidence.figures[name]
        lead = "none" if got.lead_time_days_median is None else f"{got.lead_time_days_median:.0f}"
        shares = f"{got.average_precision:>17.3f}{got.precision_at_line:>11.3f}{got.recall_at_line:>8.3f}"
        yield f"{words:<42}{shares}{lead:>11}"
    yield f"{'(chance)':<42}{evidence.judging.base_rate:>17.3f}"
    yield ""
    yield "Every signal keeps the sign it has, and a settlement the share it returns: a complaint never raises a score."
    kept = [one.signal for one in proposal.learned if one.kept]
    if kept:
        yield f"Too few accounts taught these, so they keep their points: {', '.join(kept)}."


def validated_in_words(validated: Validated) -> str:
    """One sentence."""
    if validated.learned is None:
        return "Too few months teach to try them on one another: the strength of the penalty is the middle one."
    return (
        f"Within the teaching months, each judged by those before: {validated.learned:.3f} learned, "
        f"{validated.policy:.3f} policy, better in {validated.better_in} of {validated.months}."
    )
