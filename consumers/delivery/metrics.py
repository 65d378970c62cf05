"""The metrics of delivery, declared once with their meaning."""

from prometheus_client import Counter, Gauge, Histogram

DECIDED = Gauge(
    "pulse_delivery_decided_notifications",
    "Notifications decided since the beginning of account.deliveries: the sum of pulse_delivery_notifications.",
)
NOTIFICATIONS = Gauge(
    "pulse_delivery_notifications",
    "Notifications by what has become of them so far.",
    ["outcome"],
)
ATTEMPTS = Counter(
    "pulse_delivery_attempts_total",
    "Attempts and suppressions of this process.",
    ["channel", "outcome", "reason"],
)
EVENT_TO_SENT_SECONDS = Histogram(
    "pulse_delivery_event_to_sent_seconds",
    "From the broker's timestamp of the record that caused an alert until its notification was handed over.",
    ["channel"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600, 3600),
)
CHANNEL_AWAY = Gauge(
    "pulse_delivery_channel_away",
    "1 while the channel does not answer and everything on it is deferred.",
    ["channel"],
)
REPEATED = Counter(
    "pulse_delivery_repeated_decisions_total",
    "Decisions read again (replay, restart) that were settled before and told nobody a second time.",
)
UNREADABLE = Counter(
    "pulse_delivery_unreadable_records_total",
    "Records that are no alert step or manager; they went to the dead letters.",
    ["topic"],
)
WAITING = Gauge(
    "pulse_delivery_waiting_notifications",
    "Notifications that wait for another attempt. Growing: their channel is away. At the limit no alert is taken.",
)
WAITING_LIMIT = Gauge(
    "pulse_delivery_waiting_notifications_limit",
    "The most that may wait: the setting max_waiting.",
)
UNWRITTEN = Gauge(
    "pulse_delivery_unwritten_receipts",
    "Receipts that the broker has not acknowledged, never more than one batch leaves. Staying up: look at Kafka.",
)
REMEMBERED = Gauge(
    "pulse_delivery_remembered_notifications",
    "Settled notifications known by their ids. At the limit the older half is forgotten: nothing to do.",
)
REMEMBERED_LIMIT = Gauge(
    "pulse_delivery_remembered_notifications_limit",
    "The most that are remembered: the setting max_remembered.",
)
BEYOND_MEMORY = Counter(
    "pulse_delivery_beyond_memory_total",
    "Decisions told to nobody, because they are older than what is remembered and may have been told. Rising without a"
    " replay of account.alerts: raise max_remembered.",
)
