"""A rehearsal from what is asked for to its figures: chunk by chunk, each read once for all policies."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from consumers.runtime.clickhouse import Client
from pulse.learning.past import Past
from pulse.learning.reading import read_past
from pulse.rebuilding.chunks import Chunk, chunked
from pulse.rehearsing.churns import lives_of
from pulse.rehearsing.course import OnFacts, Rehearsed, Told, rehearse
from pulse.rehearsing.errors import NoRehearsal
from pulse.rehearsing.figures import Figures, Period, Right, base_rate, figures
from pulse.rehearsing.reading import FACTS, read, span
from streams.core.policy import Policy
from streams.core.rulebook import Rulebook

_NO_PATIENCE: Final = {"hysteresis": 0, "dwell_worse_s": 0, "dwell_better_s": 0}


@dataclass(frozen=True, slots=True)
class Request:
    """`since` and `until` None: from the first fact, to the last. No accounts: all of them."""

    policy: Policy
    beside: Policy
    since: datetime | None = None
    until: datetime | None = None
    accounts: tuple[str, ...] = ()
    chunk_facts: int = FACTS


@dataclass(frozen=True, slots=True)
class Plan:
    """What there is to do: the chunks, each to be run under every one of `policies`."""

    request: Request
    period: Period
    accounts: int
    chunks: tuple[Chunk, ...]
    policies: tuple[Policy, ...]

    @property
    def facts(self) -> int:
        """How many facts are run through, each once a policy."""
        return sum(chunk.facts for chunk in self.chunks) * len(self.policies)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What both policies would have done, over the same period and accounts."""

    period: Period
    accounts: int
    facts: int
    chance: Right
    policy: Figures
    beside: Figures


def planned(client: Client, request: Request) -> Plan:
    """Look at what history there is.

    Raises:
        NoRehearsal: there is none, or none in the period.
        clickhouse_connect.driver.exceptions.DatabaseError: ClickHouse is away or refuses.
    """
    found = span(client, request.accounts)
    since = request.since.timestamp() if request.since else found.begin
    until = request.until.timestamp() if request.until else found.end
    if until <= since:
        raise NoRehearsal(
            f"nothing lies between {_said(since)} and {_said(until)}: the history ends at {_said(found.end)}"
        )
    if until < found.begin:
        raise NoRehearsal(f"the history begins at {_said(found.begin)}, which is not before {_said(until)}")
    different = {_document(policy): policy for policy in (request.policy, request.beside)}
    chunks = chunked(client, request.accounts, request.chunk_facts)
    return Plan(request, Period(since, until), found.accounts, tuple(chunks), tuple(different.values()))


def perform(client: Client, plan: Plan, on_facts: OnFacts = lambda _: None) -> Outcome:
    """Run every chunk under every policy. `on_facts` hears how many facts more are done, each once a policy.

    Raises:
        clickhouse_connect.driver.exceptions.DatabaseError: ClickHouse is away or refuses.
    """
    runs, facts = {_document(policy): _Run.of(policy) for policy in plan.policies}, 0
    for chunk in plan.chunks:
        told = read(client, chunk).until(plan.period.until)
        facts += len(told.facts)
        for run in runs.values():
            run.go_on(told, plan.period.until, on_facts)
    return _outcome(plan, read_past(client), runs, facts)


@dataclass(slots=True)
class _Run:
    """A policy's way through all chunks so far, and through those of accounts that wavered without any patience."""

    rules: Rulebook
    impatient: Rulebook | None
    done: Rehearsed = field(default_factory=Rehearsed)
    raw: Rehearsed = field(default_factory=Rehearsed)

    @classmethod
    def of(cls, policy: Policy) -> "_Run":
        other = impatient(policy)
        return cls(Rulebook.of(policy), None if other == policy else Rulebook.of(other))

    def go_on(self, told: Told, until: float, on_facts: OnFacts) -> None:
        """Run through another chunk. Who never wavered drops by neither of the two."""
        done = raw = rehearse(told, self.rules, until, on_facts)
        if self.impatient is not None:
            raw = rehearse(told.of(done.wavered), self.impatient, until)
        self.done, self.raw = self.done.and_more(done), self.raw.and_more(raw)


def impatient(policy: Policy) -> Policy:
    """The same policy without hysteresis and dwell, for everybody and in every segment."""
    document = policy.model_dump(mode="json")
    document["bands"] |= _NO_PATIENCE
    for override in document["segments"].values():
        if "bands" in override:
            override["bands"] |= _NO_PATIENCE
    return Policy.model_validate(document)


def _outcome(plan: Plan, past: Past, runs: dict[str, _Run], facts: int) -> Outcome:
    lives, only = lives_of(past, plan.period.until), plan.request.accounts
    if only:
        lives = {name: life for name, life in lives.items() if name in only}

    def of(policy: Policy) -> Figures:
        run = runs[_document(policy)]
        return figures(policy.name, run.done, run.raw, lives, plan.period)

    chance = base_rate(lives, plan.period)
    return Outcome(plan.period, plan.accounts, facts, chance, of(plan.request.policy), of(plan.request.beside))


def _document(policy: Policy) -> str:
    """All that decides: two policies that differ by name alone are run once."""
    return policy.model_dump_json(exclude={"policy", "version"})


def _said(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%MZ")
