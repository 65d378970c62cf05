"""The metrics of delivery, declared once: what each means, and what to do when it is off."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

DECIDED: Final = Gauge(
    "pulse_delivery_decided_notifications",
    "Notifications decided since the beginning of account.deliveries. Not the sum of"
    " pulse_delivery_notifications: a fault of ours, report it.",
)
NOTIFICATIONS: Final = Gauge(
    "pulse_delivery_notifications",
    "Notifications by what has become of them so far. failed rising: the receipts on account.deliveries say why.",
    ["outcome"],
)
ATTEMPTS: Final = Counter(
    "pulse_delivery_attempts",
    "Attempts and suppressions of this process. Many unknown_manager or no_owner: complete account.managers or"
    " the profiles.",
    ["channel", "outcome", "reason"],
)
EVENT_TO_SENT_SECONDS: Final = Histogram(
    "pulse_delivery_event_to_sent_seconds",
    "From the broker's timestamp of the record that caused an alert until its notification was handed over."
    " Seconds: see the lag of worker and delivery, then the channel.",
    ["channel"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600, 3600),
)
CHANNEL_AWAY: Final = Gauge(
    "pulse_delivery_channel_away",
    "1 while the channel does not answer and everything on it is deferred. Look at the mail server; what waits"
    " goes by itself.",
    ["channel"],
)
SELF_AUDIT_FAULTS: Final = Gauge(
    "pulse_delivery_self_audit_faults",
    "What delivery found wrong with itself in the last minute: books that do not balance, or something due that was not"
    " tried. Any: the log says which (self_audit_found); no heartbeat is sent meanwhile.",
)
REPEATED: Final = Counter(
    "pulse_delivery_repeated_decisions",
    "Decisions read again (replay, restart) that were settled before and told nobody a second time. Normal then.",
)
ROLL_UPS: Final = Counter(
    "pulse_delivery_roll_ups",
    "Roll-ups told to those who lead others, by what became of them. None in a week: the log says what they wait for"
    " (roll_ups_wait).",
    ["outcome"],
)
UNREADABLE: Final = Counter(
    "pulse_delivery_unreadable_records",
    "Records that are no alert step, manager or receipt; the first two went to the dead letters. Any: look there.",
    ["topic"],
)
WAITING: Final = Gauge(
    "pulse_delivery_waiting_notifications",
    "Notifications that wait for another attempt. Growing: their channel is away. At the limit no alert is taken.",
)
WAITING_LIMIT: Final = Gauge(
    "pulse_delivery_waiting_notifications_limit",
    "The most that may wait: the setting max_waiting.",
)
UNWRITTEN: Final = Gauge(
    "pulse_delivery_unwritten_receipts",
    "Receipts that the broker has not acknowledged, never more than one batch leaves. Staying up: look at Kafka.",
)
REMEMBERED: Final = Gauge(
    "pulse_delivery_remembered_notifications",
    "Settled notifications known by their ids. At the limit the older half is forgotten: nothing to do.",
)
REMEMBERED_LIMIT: Final = Gauge(
    "pulse_delivery_remembered_notifications_limit",
    "The most that are remembered: the setting max_remembered.",
)
BEYOND_MEMORY: Final = Counter(
    "pulse_delivery_beyond_memory",
    "Decisions told to nobody, because they are older than what is remembered and may have been told. Rising without a"
    " replay of account.alerts: raise max_remembered.",
)
