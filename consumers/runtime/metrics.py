"""The metrics of every consumer, declared once with their meaning."""

from prometheus_client import Counter, Gauge, Histogram

LAG = Gauge(
    "pulse_consumer_lag_records",
    "Records in the partition that this consumer has not handled yet.",
    ["group", "topic", "partition"],
)
HANDLED = Counter(
    "pulse_consumer_handled_records_total",
    "Records whose effects are durable.",
    ["group", "topic"],
)
HANDLE_SECONDS = Histogram(
    "pulse_consumer_handle_seconds",
    "Time one batch took from the poll that brought it until its effects were durable.",
    ["group"],
    buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
RETRIES = Counter(
    "pulse_consumer_retries_total",
    "Batches that could not be made durable and were read again.",
    ["group"],
)
COMMITS_REFUSED = Counter(
    "pulse_consumer_commits_refused_total",
    "Offset commits the broker did not take; the records come again and change nothing.",
    ["group"],
)
GAPS = Counter(
    "pulse_consumer_gaps_total",
    "Places where the log did not go on at the expected offset: records dropped unread, or a log that was cut.",
    ["group", "topic"],
)
MISSING = Counter(
    "pulse_consumer_missing_records_total",
    "Records the broker dropped before this consumer read them.",
    ["group", "topic"],
)
REBALANCES = Counter(
    "pulse_consumer_assignments_total",
    "Times the group gave this consumer a new set of partitions.",
    ["group"],
)
BATCH_BYTES = Gauge(
    "pulse_consumer_batch_bytes",
    "Bytes of the last batch of records that was handled at once. Near the limit: a backlog is being worked off.",
    ["group"],
)
BATCH_BYTES_LIMIT = Gauge(
    "pulse_consumer_batch_bytes_limit",
    "The most that one batch may have: the setting max_batch_bytes.",
    ["group"],
)
FETCHED_BYTES = Gauge(
    "pulse_consumer_fetched_bytes",
    "Bytes fetched from the broker and not handled yet, as they came. Near the limit for long: the handling is slow.",
    ["group"],
)
FETCHED_BYTES_LIMIT = Gauge(
    "pulse_consumer_fetched_bytes_limit",
    "The most that may be fetched ahead: the setting max_fetch_bytes.",
    ["group"],
)
