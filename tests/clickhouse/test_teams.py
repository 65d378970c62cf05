"""What happened below whom, in ClickHouse, held against a plain count in Python over the same rows."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from statistics import median
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consumers.runtime.clickhouse import Client, rows

NOW: Final = datetime.now(UTC).replace(microsecond=0)
WEEK: Final = NOW - timedelta(days=7)
BANDS: Final = ("critical", "at_risk", "watch", "healthy")
RATES: Final = {"EUR": 1.0, "USD": 0.5}
OPEN_AGAIN: Final = ("opened", "escalated", "reopened", "reassigned")
TURNS: Final = (*OPEN_AGAIN, "acknowledged", "snoozed", "resolved", "retracted")


@dataclass(frozen=True)
class Step:
    """A step of an episode, `hours` ago."""

    step: str
    hours: float

    @property
    def at(self) -> datetime:
        return NOW - timedelta(hours=self.hours)


@dataclass(frozen=True)
class Episode:
    """An alert; `owner` as its steps name it, empty when they name nobody."""

    account: str
    steps: Sequence[Step]
    owner: str = ""
    historic: bool = False


@dataclass(frozen=True)
class Account:
    """`owner` None without a profile; `bands` as of so many hours ago, the newest first, empty without a snapshot."""

    owner: str | None = "M-1"
    value: Decimal = Decimal(0)
    currency: str = "EUR"
    bands: Sequence[tuple[float, str]] = ()
    owner_of_health: str = ""


@dataclass(frozen=True)
class Told:
    """All that the tables hold."""

    accounts: Mapping[str, Account] = field(default_factory=dict)
    episodes: Sequence[Episode] = ()
    managers: Sequence[str] = ()

    def owner_of(self, account: str) -> str:
        return self.accounts[account].owner or ""


def lay(client: Client, told: Told) -> None:
    """These rows and no others, each twice: what is sent again must change nothing."""
    for table in ("profiles", "health", "health_history", "alerts", "managers", "currency_rates"):
        client.command(f"TRUNCATE TABLE {table}")
    client.insert(
        "currency_rates", [[*one, "test"] for one in RATES.items()], column_names=["currency", "rate", "policy"]
    )
    for table, columns, found in _rows(told):
        for _ in range(2):
            if found:
                client.insert(table, found, column_names=columns.split())


def _rows(told: Told) -> list[tuple[str, str, list[list[Any]]]]:
    profiles = [
        [name, f"Name {name}", one.owner, one.value, one.currency, NOW]
        for name, one in told.accounts.items()
        if one.owner is not None
    ]
    history = [
        [name, number, at, at, band, None if not band else 50.0, one.owner_of_health]
        for name, one in told.accounts.items()
        for number, (hours, band) in enumerate(reversed(one.bands), 1)
        for at in [NOW - timedelta(hours=hours)]
    ]
    steps = [
        [one.account, f"e{number}", no, f"e{number}:{no}", step.step, step.at, step.at, one.historic, one.owner]
        for number, one in enumerate(told.episodes)
        for no, step in enumerate(one.steps, 1)
    ]
    managers = [[one, f"Manager {one}", "lead", "M-boss", NOW] for one in told.managers]
    return [
        ("profiles", "account_id name owner annual_value currency time", profiles),
        ("health_history", "account_id version produced_at as_of band score owner", history),
        (
            "alerts",
            "account_id alert_id step_no step_id step at decided_at historic owner",
            steps,
        ),
        ("managers", "manager_id name role reports_to time", managers),
    ]


def state_of(episode: Episode) -> str:
    last = [one.step for one in episode.steps if one.step in TURNS][-1]
    return "open" if last in OPEN_AGAIN else last


def unanswered_since(episode: Episode) -> datetime | None:
    waits = [one.at for one in episode.steps if one.step in ("opened", "reopened", "reassigned")]
    return max(waits) if state_of(episode) == "open" and not episode.historic else None


def moved(account: Account) -> str:
    now = account.bands[0][1]
    before = next((band for hours, band in account.bands if hours > 7 * 24), "")
    if not now or not before or now == before:
        return ""
    return "worsened" if BANDS.index(now) < BANDS.index(before) else "improved"


def count(told: Told) -> dict[str, dict[str, Any]]:
    """By owner, what `team_health` must say."""
    found: defaultdict[str, dict[str, Any]] = defaultdict(_nothing)
    for manager in told.managers:
        found[manager]["name"] = f"Manager {manager}"
    for one in told.accounts.values():
        if one.bands:
            _count_account(found[one.owner or one.owner_of_health], one)
    for episode in told.episodes:
        if not episode.historic:
            _count_episode(found[told.owner_of(episode.account) or episode.owner], episode)
    for row in found.values():
        row["median_acknowledge_s"] = median(row["acknowledged_after_s"]) if row["acknowledged_after_s"] else None
        row["acknowledged_after_s"].sort()
    return dict(found)


def _nothing() -> dict[str, Any]:
    counts = (*BANDS, "accounts", "unscored", "unrated", "worsened_7d", "improved_7d", "alerts_unanswered")
    alerts = ("alerts_opened_7d", "alerts_acknowledged_7d", "alerts_resolved_7d", "revenue_at_risk")
    values: dict[str, Any] = {name: {} for name in ("annual_value", "critical_value", "at_risk_value")}
    return {"name": "", "unanswered_since": None, "acknowledged_after_s": [], **values} | dict.fromkeys(
        counts + alerts, 0
    )


def _count_account(row: dict[str, Any], account: Account) -> None:
    band = account.bands[0][1]
    value = account.value if account.owner is not None else Decimal(0)
    row["accounts"] += 1
    row[band or "unscored"] += 1
    if moved(account):
        row[f"{moved(account)}_7d"] += 1
    if value:
        for name in ["annual_value", *([f"{band}_value"] if band in BANDS[:2] else [])]:
            row[name] = row[name] | {account.currency: row[name].get(account.currency, 0) + value}
        if band in BANDS[:2]:
            row["revenue_at_risk"] += value * Decimal(RATES.get(account.currency, 0))
            row["unrated"] += account.currency not in RATES


def _count_episode(row: dict[str, Any], episode: Episode) -> None:
    opened = episode.steps[0].at
    acknowledged = min((one.at for one in episode.steps if one.step == "acknowledged"), default=None)
    closed = max((one.at for one in episode.steps if one.step in ("resolved", "retracted")), default=None)
    since = unanswered_since(episode)
    row["alerts_opened_7d"] += opened >= WEEK
    row["alerts_resolved_7d"] += state_of(episode) == "resolved" and closed is not None and closed >= WEEK
    if acknowledged is not None and acknowledged >= WEEK:
        row["alerts_acknowledged_7d"] += 1
        row["acknowledged_after_s"].append((acknowledged - opened) // timedelta(seconds=1))
    if since is not None:
        row["alerts_unanswered"] += 1
        row["unanswered_since"] = min(since, row["unanswered_since"] or since)


def compare(client: Client, told: Told) -> None:
    lay(client, told)
    found = {row["owner"]: row for row in rows(client, "SELECT * FROM team_health")}
    wanted = count(told)
    assert found.keys() == wanted.keys()
    for owner, expected in wanted.items():
        row = found[owner] | {"acknowledged_after_s": sorted(found[owner]["acknowledged_after_s"])}
        # what is turned into another currency is cut off behind its fourth decimal
        assert float(row["revenue_at_risk"]) == pytest.approx(
            float(expected.pop("revenue_at_risk")), abs=1e-4 * len(told.accounts)
        ), owner
        assert {name: _aware(row[name]) for name in expected} == expected, owner


def _aware(value: Any) -> Any:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value


def made(random: Random, many: int) -> Told:
    """A little of everything. Nothing happens within half an hour of seven days ago: the clock goes on meanwhile."""
    owners = [f"M-{number}" for number in range(4)]
    accounts = {f"A-{number}": _account(random, owners) for number in range(many)}
    episodes = [_episode(random, name, owners) for name in accounts for _ in range(random.randrange(3))]
    return Told(accounts, episodes, [one for one in owners if random.random() < 0.8])


def _account(random: Random, owners: Sequence[str]) -> Account:
    times = sorted(random.sample(range(1, 40), random.randrange(4)))
    return Account(
        owner=random.choice(owners) if random.random() < 0.9 else None,
        value=random.choice((Decimal(0), Decimal("0.0002"), Decimal(random.randrange(1, 10**6)) / 100)),
        currency=random.choice(("EUR", "EUR", "USD", "JPY")),
        bands=[(one * 12 + 0.5, random.choice((*BANDS, ""))) for one in times],
        owner_of_health=random.choice(owners),
    )


def _episode(random: Random, account: str, owners: Sequence[str]) -> Episode:
    hours = sorted((0.5 + one for one in random.sample(range(400), random.randrange(1, 6))), reverse=True)
    later = (*TURNS[1:], "updated", "commented")
    steps = [Step(random.choice(later) if number else "opened", one) for number, one in enumerate(hours)]
    return Episode(account, steps, random.choice(("", *owners)), historic=random.random() < 0.2)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32), st.integers(0, 25))
def test_the_views_say_what_a_plain_count_says(client: Client, seed: int, many: int) -> None:
    compare(client, made(Random(seed), many))


def test_thousands_of_accounts_say_what_a_plain_count_says(client: Client) -> None:
    compare(client, made(Random(3), 3000))


@pytest.mark.parametrize(
    ("steps", "since_h"),
    [
        ([("opened", 50)], 50),
        ([("opened", 50), ("escalated", 40), ("updated", 30), ("commented", 20)], 50),
        ([("opened", 50), ("acknowledged", 40)], None),
        ([("opened", 50), ("snoozed", 40)], None),
        ([("opened", 50), ("snoozed", 40), ("reopened", 10)], 10),
        ([("opened", 50), ("acknowledged", 40), ("reassigned", 20)], 20),
        ([("opened", 50), ("resolved", 40)], None),
        ([("opened", 50), ("retracted", 40)], None),
    ],
)
def test_nobody_reacted_since_it_was_last_laid_before_somebody(
    client: Client, steps: list[tuple[str, float]], since_h: float | None
) -> None:
    lay(client, Told({"A-1": Account()}, [Episode("A-1", [Step(*one) for one in steps])]))
    (row,) = rows(client, "SELECT unanswered_since FROM alert_reactions")
    since = row["unanswered_since"]
    assert _aware(since) == (NOW - timedelta(hours=since_h) if since_h else None)


def test_a_second_acknowledgement_does_not_make_the_first_slower(client: Client) -> None:
    steps = [Step("opened", 50), Step("acknowledged", 49), Step("reassigned", 20), Step("acknowledged", 1)]
    lay(client, Told({"A-1": Account()}, [Episode("A-1", steps)]))
    (row,) = rows(client, "SELECT alerts_acknowledged_7d, median_acknowledge_s FROM team_health")
    assert row == {"alerts_acknowledged_7d": 1, "median_acknowledge_s": 3600}


def test_an_account_that_was_not_scored_a_week_ago_has_not_moved(client: Client) -> None:
    bands = [(1.0, "critical"), (100.0, "watch")]
    lay(client, Told({"A-1": Account(bands=bands), "A-2": Account(bands=[*bands, (200.0, "watch")])}))
    found = rows(client, "SELECT account_id, moved, band_before FROM account_bands ORDER BY account_id")
    assert [tuple(one.values()) for one in found] == [("A-1", "", ""), ("A-2", "worsened", "watch")]


@pytest.mark.parametrize(("second_later_ms", "versions"), [(1, (9, 1)), (0, (1, 2))])
def test_of_snapshots_for_one_moment_the_one_decided_last_counts(
    client: Client, second_later_ms: int, versions: tuple[int, int]
) -> None:
    lay(client, Told())
    then, now = NOW - timedelta(days=9), NOW - timedelta(hours=1)
    later = then + timedelta(milliseconds=second_later_ms)
    columns = "account_id version produced_at as_of band".split()
    told = [
        ["A", versions[0], then, then, "critical"],
        ["A", versions[1], later, then, "watch"],
        ["A", 3, now, now, "healthy"],
    ]
    client.insert("health_history", told, column_names=columns)
    client.insert("health_history", [["A", 7, NOW, then - timedelta(days=1), "at_risk"]], column_names=columns)
    (row,) = rows(client, "SELECT band_before FROM account_bands")
    assert row == {"band_before": "watch"}
