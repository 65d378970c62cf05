"""Topics are declared once, and what the worker relies on holds."""

from schemas.catalogue import MODELS, TOPIC_OF_TYPE
from schemas.topics import (
    ALL_TOPICS,
    BY_NAME,
    CHANGELOG,
    EVENT_TOPICS,
    INPUT_TOPICS,
    MANAGERS,
    POLICIES,
    READERS,
    SINK_GROUP,
    WORKER_APP,
)


def test_topic_names_are_unique() -> None:
    assert len(BY_NAME) == len(ALL_TOPICS)


def test_what_the_worker_joins_is_co_partitioned_and_has_no_partition_count_of_its_own() -> None:
    assert all(topic.co_partitioned and not topic.single for topic in EVENT_TOPICS)


def test_the_order_of_the_fences_never_changes() -> None:
    assert [topic.name for topic in EVENT_TOPICS] == [
        "account.interactions",
        "account.purchases",
        "account.complaints",
        "account.actions",
        "account.profiles",
    ]


def test_every_type_but_a_withdrawal_has_one_topic_and_every_input_topic_has_types() -> None:
    assert set(MODELS) - set(TOPIC_OF_TYPE) == {"fact.withdrawn.v1"}
    assert set(TOPIC_OF_TYPE.values()) == set(INPUT_TOPICS)


def test_facts_are_kept_for_ever_and_states_are_compacted() -> None:
    policies = {topic.name: topic.config()["cleanup.policy"] for topic in ALL_TOPICS}
    assert {name for name, policy in policies.items() if policy == "compact"} == {
        "account.profiles",
        "account.managers",
        "account.health",
        "account.policies",
        "account.shadow",
        CHANGELOG.name,
    }
    kept = {topic.name for topic in ALL_TOPICS if topic.config().get("retention.ms") == "-1"}
    assert kept == set(BY_NAME) - {name for name, policy in policies.items() if policy == "compact"} - {
        "account.dead-letters"
    }


def test_dead_letters_are_kept_for_ninety_days() -> None:
    assert BY_NAME["account.dead-letters"].config()["retention.ms"] == str(90 * 24 * 3600 * 1000)


def test_only_managers_and_policies_have_a_single_partition() -> None:
    assert [topic for topic in ALL_TOPICS if topic.partitions(8) == 1] == [MANAGERS, POLICIES]


def test_the_warehouse_reads_everything_but_the_changelog_and_the_worker_reads_the_events() -> None:
    assert {name for name, groups in READERS.items() if SINK_GROUP in groups} == set(BY_NAME) - {CHANGELOG.name}
    assert {name for name, groups in READERS.items() if WORKER_APP in groups} == {t.name for t in EVENT_TOPICS}
