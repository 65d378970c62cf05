"""Releases of policies in the warehouse: one row a moment, found again as they were told."""

from collections.abc import Sequence

from consumers.clickhouse.blocks import to_blocks
from consumers.clickhouse.reading import sort
from consumers.clickhouse.writer import Writer
from consumers.runtime.clickhouse import ClickHouse, Client, rows
from pulse.policies.stored import in_force_at, promoted, stored
from schemas.policies import PolicyRelease, ReleaseKind
from schemas.topics import POLICIES
from tests.clickhouse.facts import NOW
from tests.clickhouse.test_reading import Record
from tests.core.building import DAY, when
from tests.core.test_changeover import policy
from tests.core.test_releases import release


def tell(clickhouse: ClickHouse, releases: Sequence[PolicyRelease]) -> None:
    told = [(one.model_dump_json().encode(), one.key.encode()) for one in releases]
    records = [
        Record(POLICIES.name, value, key, partition=0, offset=offset, timestamp=offset)
        for offset, (value, key) in enumerate(told)
    ]
    assert Writer(clickhouse).write(to_blocks(sort(records, 1, NOW), NOW)) == []


def test_of_two_releases_for_one_moment_the_later_written_is_kept(clickhouse: ClickHouse, client: Client) -> None:
    first, instead = release(DAY, policy(2)), release(DAY, policy(3), written_s=5.0)
    tried, ended = release(0, policy(4), ReleaseKind.SHADOW), release(9, policy(4), ReleaseKind.SHADOW_ENDED)
    tell(clickhouse, [first, tried, instead, ended, first])
    assert stored(client) == [tried, ended, instead]
    found = rows(client, "SELECT kind, about, policy, document = '' AS empty, in_force_from FROM policies FINAL")
    assert [(row["kind"], row["about"], row["policy"], row["empty"]) for row in found] == [
        ("promoted", "promoted", "default/3", 0),
        ("shadow", "shadow", "default/4", 0),
        ("shadow_ended", "shadow", "default/4", 1),
    ]
    assert found[0]["in_force_from"] == when(DAY)


def test_the_policy_in_force_at_a_moment_is_the_last_promoted_before_it(clickhouse: ClickHouse, client: Client) -> None:
    tell(clickhouse, [release(DAY, policy(2)), release(2 * DAY, policy(3))])
    assert [one.name for one in promoted(client, policy(1))] == ["default/1", "default/2", "default/3"]
    assert [in_force_at(client, policy(1), when(at * DAY)).name for at in (0.5, 1, 5)] == [
        "default/1",
        "default/2",
        "default/3",
    ]
