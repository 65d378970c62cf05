"""The metrics of the sink, declared once with their meaning. Reading Kafka has its own in consumers.runtime.metrics."""

from prometheus_client import Counter, Gauge, Histogram

INSERTED = Counter(
    "pulse_sink_inserted_rows_total",
    "Rows ClickHouse confirmed, repetitions included.",
    ["table"],
)
INSERT_SECONDS = Histogram(
    "pulse_sink_insert_seconds",
    "Time from sending a block until ClickHouse confirmed it.",
    ["table"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
INSERT_ROWS = Histogram(
    "pulse_sink_insert_rows",
    "Rows of one block.",
    ["table"],
    buckets=(1, 10, 100, 1_000, 2_500, 5_000, 10_000, 25_000, 100_000),
)
REFUSED = Counter(
    "pulse_sink_refused_total",
    "Records of input topics that are no events; whoever folds the topic dead-letters them.",
    ["topic", "reason"],
)
SET_APART = Counter(
    "pulse_sink_set_apart_total",
    "Records of output topics that nobody could read: kept as rows of dead_letters.",
    ["topic", "reason"],
)
AWAY = Counter(
    "pulse_sink_clickhouse_away_total",
    "Times a block could not be written and is sent again.",
)
DELAY = Gauge(
    "pulse_sink_delay_seconds",
    "Age of the newest record of the last batch when ClickHouse confirmed it, by the clock of the sink.",
)
