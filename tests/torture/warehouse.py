"""The warehouse's tables held against the log."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from consumers.runtime.clickhouse import Client, rows
from tests.torture.differences import Verdict
from tests.torture.letters import named
from tests.torture.logread import Read
from tests.torture.oracle import Fact


def compare_events(client: Client, facts: Mapping[tuple[str, str], Fact], verdict: Verdict) -> None:
    """The events table holds every fact once and nothing else."""
    found = rows(client, "SELECT source, event_id, account_id FROM events FINAL")
    counted = rows(client, "SELECT count() AS n FROM facts")[0]["n"]
    _same(verdict, "events", ((row["source"], row["event_id"]) for row in found), facts.keys())
    if counted != len(facts):
        verdict.add("warehouse", f"the view facts counts {counted}, the log {len(facts)}")


def compare_steps(client: Client, step_ids: Collection[str], verdict: Verdict) -> None:
    """The alerts table holds every step once and nothing else."""
    found = rows(client, "SELECT step_id FROM alerts FINAL")
    _same(verdict, "alerts", (row["step_id"] for row in found), step_ids)


def compare_refused(client: Client, poison: Iterable[Read], verdict: Verdict) -> None:
    """The dead letters' table holds the poison once, byte for byte, and nothing else."""
    found = rows(
        client,
        "SELECT topic, partition, offset, hex(key) AS key, hex(value) AS value, value_missing,"
        " arrayMap(header -> (header.1, hex(header.2)), headers) AS headers FROM dead_letters FINAL",
    )
    expected = {record.place: record for record in poison}
    _same(verdict, "dead_letters", (_place(row) for row in found), expected.keys())
    for row in found:
        original = expected.get(_place(row))
        if original is not None and _told(row) != _content(original):
            verdict.add(named(original.place), "the warehouse does not hold its key, value and headers as they were")


def _place(row: Mapping[str, Any]) -> tuple[str, int, int]:
    return row["topic"], row["partition"], row["offset"]


def _told(row: Mapping[str, Any]) -> tuple[object, ...]:
    value = None if row["value_missing"] else bytes.fromhex(row["value"])
    headers = [(name, bytes.fromhex(raw)) for name, raw in row["headers"]]
    return bytes.fromhex(row["key"]), value, headers


def _content(record: Read) -> tuple[object, ...]:
    return record.key or b"", record.value, [(name, raw or b"") for name, raw in record.headers]


def _same(verdict: Verdict, table: str, found: Iterable[Any], expected: Collection[Any]) -> None:
    listed = list(found)
    distinct = set(listed)
    if len(listed) != len(distinct):
        verdict.add(f"warehouse table {table}", f"{len(listed) - len(distinct)} rows are there twice")
    wanted = set(expected)
    for one in sorted(wanted - distinct)[:5]:
        verdict.add(f"warehouse table {table}", f"{one} is missing, of {len(wanted - distinct)} missing")
    for one in sorted(distinct - wanted)[:5]:
        verdict.add(f"warehouse table {table}", f"{one} is there and not in the log, of {len(distinct - wanted)}")
