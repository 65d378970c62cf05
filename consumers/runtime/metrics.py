"""The metrics of every consumer, declared once: what each means, and what to do when it is off."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

LAG: Final = Gauge(
    "pulse_consumer_lag_records",
    "Records in the partition that this consumer has not handled yet. Growing: see retries first, then handle_seconds.",
    ["group", "topic", "partition"],
)
HANDLED: Final = Counter(
    "pulse_consumer_handled_records",
    "Records whose effects are durable. Flat while the lag grows: the log says what the handler waits for.",
    ["group", "topic"],
)
HANDLE_SECONDS: Final = Histogram(
    "pulse_consumer_handle_seconds",
    "Time one batch took from the poll that brought it until its effects were durable. Seconds: what it writes to is"
    " slow.",
    ["group"],
    buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
RETRIES: Final = Counter(
    "pulse_consumer_retries",
    "Batches that could not be made durable and are read again. Rising: /readyz says what is away.",
    ["group"],
)
COMMITS_REFUSED: Final = Counter(
    "pulse_consumer_commits_refused",
    "Offset commits the broker did not take; the records come again and change nothing. Many: the group is unquiet.",
    ["group"],
)
GAPS: Final = Counter(
    "pulse_consumer_gaps",
    "Places where the log did not go on at the expected offset: records dropped unread, or a log that was cut. Never"
    " right: look at the topic's retention.",
    ["group", "topic"],
)
MISSING: Final = Counter(
    "pulse_consumer_missing_records",
    "Records the broker dropped before this consumer read them. Any: raise the retention, and rebuild from the log.",
    ["group", "topic"],
)
REBALANCES: Final = Counter(
    "pulse_consumer_assignments",
    "Times the group gave this consumer a new set of partitions. Rising by itself: members come and go, or are too slow"
    " for session_timeout_s.",
    ["group"],
)
BATCH_BYTES: Final = Gauge(
    "pulse_consumer_batch_bytes",
    "Bytes of the last batch of records that was handled at once. Near the limit: a backlog is being worked off.",
    ["group"],
)
BATCH_BYTES_LIMIT: Final = Gauge(
    "pulse_consumer_batch_bytes_limit",
    "The most that one batch may have: the setting max_batch_bytes.",
    ["group"],
)
FETCHED_BYTES: Final = Gauge(
    "pulse_consumer_fetched_bytes",
    "Bytes fetched from the broker and not handled yet, as they came. Near the limit for long: the handling is slow.",
    ["group"],
)
FETCHED_BYTES_LIMIT: Final = Gauge(
    "pulse_consumer_fetched_bytes_limit",
    "The most that may be fetched ahead: the setting max_fetch_bytes.",
    ["group"],
)
