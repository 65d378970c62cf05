"""The reckoning and the engine's fold agree on any history, though they share no code; and it sees what is wrong."""

import json
import random
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from schemas.alerts import AlertKind
from schemas.codec import decode
from streams.core.policies import default_tables
from streams.core.policy import COUNTED_SIGNALS
from streams.core.score import assess
from streams.core.state import Episode
from tests.core.bench import Bench
from tests.core.building import START
from tests.torture.compare import compare_states
from tests.torture.differences import Verdict
from tests.torture.load import Load, Recipe, to_text
from tests.torture.oracle import Account, Logged, Policy, accounts_of, facts_of
from tests.torture.quiet import DATES, told_days
from tests.torture.records import Kind, Record
from tests.torture.rows import Row

NOW = 1_770_000_000.0
POLICY = Policy.read()


def history(seed: int, count: int = 3_000, accounts: int = 300) -> list[Record]:
    load = Load(Recipe(seed, accounts=accounts, poison=0.0))
    return [load.next(NOW + number) for number in range(count)]


def reckoned(records: Sequence[Record]) -> dict[str, Account]:
    logged = (Logged(record.topic.name, NOW, record.value or b"") for record in records)
    return accounts_of(facts_of(logged).values(), POLICY)


def folded(records: Sequence[Record]) -> Bench:
    bench = Bench()
    clock = datetime.fromtimestamp(NOW + 10 * len(records), UTC)
    bench.feed(*(decode(record.value, record.headers, clock) for record in records))
    return bench


def rows_of(bench: Bench) -> dict[str, Row]:
    state = bench.partition.rows
    return {
        account: Row(
            int(state["applied"][index]),
            float(state["at"][index]),
            dict(zip(COUNTED_SIGNALS, state["sums"][index].tolist(), strict=True)),
            0,
        )
        for account, index in bench.partition.index.items()
    }


@pytest.mark.parametrize("seed", range(4))
def test_it_agrees_with_the_fold_on_sums_counts_and_scores(seed: int) -> None:
    records = history(seed)
    accounts, bench = reckoned(records), folded(records)
    verdict = Verdict()
    compare_states(accounts, rows_of(bench), verdict)
    assert verdict.is_exact, list(verdict.shown())
    assert verdict.applied == verdict.expected < len(records)
    state = bench.partition.rows
    scores = assess(state["sums"], state["seen"], default_tables()).score
    for account, index in bench.partition.index.items():
        expected = accounts[account].score(float(state["at"][index]))
        assert expected == pytest.approx(scores[index], rel=1e-9, nan_ok=True) or expected is None


def test_it_agrees_with_the_fold_on_what_is_open_and_owed() -> None:
    records = history(9)
    accounts, bench = reckoned(records), folded(records)
    sla_h = default_tables().sla_h
    for name, index in bench.partition.index.items():
        held = bench.partition.beside(index).complaints
        assert accounts[name].open_complaints() == sum(record.is_open for record in held.values())
        due = {key: record.due(sla_h) for key, record in held.items() if record.owes_answer}
        reckoned_due = {key: record.due_at(POLICY) for key, record in accounts[name].complaints().items()}
        assert {key: at for key, at in reckoned_due.items() if at != float("inf")} == due


def test_it_agrees_with_the_core_on_complaints_that_repeat_one_another() -> None:
    records = history(11)
    accounts, bench = reckoned(records), folded(records)
    bench.flush(10 * len(records) + NOW - START.timestamp())
    for index, name in enumerate(bench.partition.accounts):
        episode = bench.partition.beside(index).episodes.get(AlertKind.COMPLAINT_REPEATED, Episode())
        assert episode.open is bool(accounts[name].repeats()), name
        if episode.open:
            assert set(episode.members) == accounts[name].repeats()
    assert sum(bool(account.repeats()) for account in accounts.values()) > 20


def test_it_agrees_with_the_core_on_when_who_was_quiet_is_expected() -> None:
    records = spread(history(12, accounts=25))
    accounts, bench = reckoned(records), folded(records)
    told = bench.flush(NOW - START.timestamp() + 400 * 86_400)
    for snapshot in told.snapshots:
        days = {name: day.isoformat() for name in DATES if (day := getattr(snapshot, name)) is not None}
        assert days == told_days(accounts[snapshot.account_id]), snapshot.account_id
    assert sum(snapshot.purchase_expected_by is not None for snapshot in told.snapshots) > 10
    assert sum(step.kind is AlertKind.GONE_SILENT for step in told.steps) > 10


def spread(records: Sequence[Record]) -> list[Record]:
    """The same facts over a year, so that there are days between them; what they take back, too."""
    rng = random.Random(12)
    moved: dict[str, float] = {}

    def over(event: dict[str, Any]) -> dict[str, Any]:
        at = moved.setdefault(event["source"] + event["id"], NOW - rng.randrange(365) * 86_400)
        return event | {"time": to_text(at)}

    found = []
    for record in records:
        event = over(json.loads(record.value or b""))
        if event["type"] == "fact.withdrawn.v1":
            event["data"]["original"] = over(event["data"]["original"])
        found.append(record._replace(value=json.dumps(event).encode()))
    return found


def test_the_order_of_the_log_is_irrelevant_to_it() -> None:
    records = history(5, 500)
    shuffled = random.Random(5).sample(records, len(records))
    at = NOW + 1_000
    for name, account in reckoned(records).items():
        assert reckoned(shuffled)[name].score(at) == account.score(at)


@pytest.mark.parametrize("spoil", ["lost", "twice"])
def test_one_fact_too_few_or_too_many_is_found(spoil: str) -> None:
    records = [record for record in history(6, 500) if record.kind is Kind.FACT]
    accounts = reckoned(records)
    again = json.loads(records[100].value or b"") | {"id": "again"}
    other = records[1:] if spoil == "lost" else [*records, records[100]._replace(value=json.dumps(again).encode())]
    verdict = Verdict()
    compare_states(accounts, rows_of(folded(other)), verdict)
    assert (verdict.lost, verdict.twice) == ((1, 0) if spoil == "lost" else (0, 1))
    assert not verdict.is_exact
