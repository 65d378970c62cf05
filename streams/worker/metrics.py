"""The worker's metrics, each declared once: what it means and what to do when it is off."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

_MS: Final = (5, 10, 25, 50, 75, 100, 150, 250, 500, 1000, 2500, 5000, 10000, 60000)

APPLIED: Final = Counter("pulse_worker_facts_applied", "Facts counted in a score. Flat under load: the worker hangs.")
DUPLICATES: Final = Counter(
    "pulse_worker_duplicates_dropped", "Facts told again under the same source and id. Many: a producer re-sends."
)
SKIPPED: Final = Counter(
    "pulse_worker_fenced_records", "Records read again after a restart that the state already held. Normal then."
)
LATE: Final = Counter("pulse_worker_late_facts", "Facts older than the watermark; they count all the same.")
DEAD: Final = Counter(
    "pulse_worker_dead_letters", "Records refused, by reason. Look at account.dead-letters.", ["reason"]
)
REFUSED_DECISIONS: Final = Counter(
    "pulse_worker_refused_decisions",
    "Decisions of people on alerts that were not taken, by reason (docs/alerts.md). Some: stale pages.",
    ["reason"],
)
MANAGERS: Final = Gauge(
    "pulse_worker_managers", "Managers known. None: alerts climb nowhere; look at account.managers."
)
UNREADABLE_MANAGERS: Final = Counter(
    "pulse_worker_unreadable_managers",
    "Records of account.managers that are no manager's profile; delivery refuses them.",
)
SNAPSHOTS: Final = Counter("pulse_worker_snapshots", "Health snapshots published.")
STEPS: Final = Counter("pulse_worker_alert_steps", "Alert steps decided.", ["historic"])
ACCOUNTS: Final = Gauge("pulse_worker_accounts", "Accounts in the state.", ["partition"])
LAG: Final = Gauge("pulse_worker_lag_records", "Records not yet folded. Growing: add workers.", ["topic", "partition"])
WATERMARK_DELAY: Final = Gauge(
    "pulse_worker_watermark_delay_seconds",
    "How far the watermark is behind the clock. Hours: a backlog.",
    ["partition"],
)
FLUSH_MS: Final = Histogram("pulse_worker_flush_ms", "Milliseconds until a flush was durable and told.", buckets=_MS)
EVENT_TO_HEALTH_MS: Final = Histogram(
    "pulse_worker_event_to_health_ms",
    "Milliseconds from a record's timestamp until its snapshot was told, of the slowest one in each flush."
    " Seconds without a lag: look at the flush, then at the broker.",
    buckets=_MS,
)
UNFLUSHED: Final = Gauge(
    "pulse_worker_unflushed_records",
    "Records folded and not yet taken by a flush. At worker.max_unflushed reading pauses: the broker is slow or away.",
)
CHANGED: Final = Gauge(
    "pulse_worker_changed_accounts",
    "Accounts changed and not yet taken by a flush. At worker.max_changed reading pauses: the broker is slow or away.",
)
FLUSH_ROWS: Final = Histogram(
    "pulse_worker_flush_rows", "Rows in a flush.", buckets=(1, 10, 100, 1000, 10_000, 100_000)
)
LATE_POLICIES: Final = Counter(
    "pulse_worker_late_policies",
    "Policies that were to be in force before they were read here: accounts read meanwhile come under them late.",
)
REFUSED_POLICIES: Final = Counter(
    "pulse_worker_refused_policies",
    "Records of account.policies that cannot count here. Look at the log: a worker of an older version may judge"
    " by another policy than the others.",
)
RECOVERY_S: Final = Gauge("pulse_worker_recovery_seconds", "How long the last recovery took.")
