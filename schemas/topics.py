"""Every topic of ours, declared once: name, key, partitions, retention, compaction.

The four event topics and the profiles are co-partitioned: the same account lies in the same partition number of each,
so one worker sees all of an account. Producers must use the murmur2 partitioner over the UTF-8 bytes of the key.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

WORKER_APP: Final = "account-pulse-worker"
STATE_TABLE: Final = "account-state"
SINK_GROUP: Final = "account-pulse-sink"
DELIVERY_GROUP: Final = "account-pulse-delivery"


@dataclass(frozen=True, slots=True)
class Topic:
    """`retention` None keeps for ever; `single` topics have one partition, all others the stack's common count."""

    name: str
    key: str
    meaning: str
    compacted: bool = False
    retention: timedelta | None = None
    single: bool = False
    co_partitioned: bool = False

    def partitions(self, common: int) -> int:
        """The partition count where account topics have `common` partitions."""
        return 1 if self.single else common

    def config(self) -> dict[str, str]:
        """The topic configuration as Kafka names it."""
        retention_ms = -1 if self.retention is None else int(self.retention.total_seconds() * 1000)
        if self.compacted:
            return {"cleanup.policy": "compact", "min.compaction.lag.ms": "600000"}
        return {"cleanup.policy": "delete", "retention.ms": str(retention_ms)}


INTERACTIONS: Final = Topic("account.interactions", "account_id", "contact with the client", co_partitioned=True)
PURCHASES: Final = Topic("account.purchases", "account_id", "orders, invoices, subscriptions", co_partitioned=True)
COMPLAINTS: Final = Topic("account.complaints", "account_id", "complaints and their course", co_partitioned=True)
ACTIONS: Final = Topic("account.actions", "account_id", "what people decided", co_partitioned=True)
PROFILES: Final = Topic("account.profiles", "account_id", "master data", compacted=True, co_partitioned=True)
MANAGERS: Final = Topic("account.managers", "manager_id", "the reporting line", compacted=True, single=True)
HEALTH: Final = Topic("account.health", "account_id", "health snapshots", compacted=True)
ALERTS: Final = Topic("account.alerts", "account_id", "steps of alert episodes")
DEAD_LETTERS: Final = Topic(
    "account.dead-letters", "as received", "refused records, bytes and headers intact", retention=timedelta(days=90)
)
DELIVERIES: Final = Topic("account.deliveries", "notification_id", "what was sent to whom, and what came of it")
POLICIES: Final = Topic("account.policies", "what it is about", "policies in force", compacted=True, single=True)
SHADOW: Final = Topic("account.shadow", "account_id", "what a policy tried out would say otherwise", compacted=True)
CHANGELOG: Final = Topic(
    f"{WORKER_APP}-{STATE_TABLE}-changelog", "account_id", "the worker's state, a row an account", compacted=True
)

EVENT_TOPICS: Final = (INTERACTIONS, PURCHASES, COMPLAINTS, ACTIONS, PROFILES)
"""What the worker folds, in the order of the fences in its rows. Append only: the position is part of the state."""

INPUT_TOPICS: Final = (*EVENT_TOPICS, MANAGERS)
OUTPUT_TOPICS: Final = (HEALTH, ALERTS, DEAD_LETTERS, DELIVERIES, POLICIES, SHADOW)
"""What processes of ours write. Append only: the position is part of what the worker keeps of untold messages."""
ALL_TOPICS: Final = (*INPUT_TOPICS, *OUTPUT_TOPICS, CHANGELOG)

READERS: Final = {
    **{topic.name: (WORKER_APP, SINK_GROUP) for topic in EVENT_TOPICS},
    MANAGERS.name: (SINK_GROUP, DELIVERY_GROUP),
    HEALTH.name: (SINK_GROUP,),
    ALERTS.name: (SINK_GROUP, DELIVERY_GROUP),
    DEAD_LETTERS.name: (SINK_GROUP,),
    DELIVERIES.name: (SINK_GROUP,),
    POLICIES.name: (SINK_GROUP,),
    SHADOW.name: (SINK_GROUP,),
}
"""The consumer groups that must have read a record before a broker that keeps little may drop it."""

BY_NAME: Final = {topic.name: topic for topic in ALL_TOPICS}

DEFAULT_PARTITIONS: Final = 4
