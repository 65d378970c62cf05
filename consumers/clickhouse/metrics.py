"""The metrics of the sink, declared once: what each means, and what to do when it is off. Reading Kafka has its own in
consumers.runtime.metrics.
"""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

INSERTED: Final = Counter(
    "pulse_sink_inserted_rows",
    "Rows ClickHouse confirmed, repetitions included. Flat while the lag grows: look at clickhouse_away.",
    ["table"],
)
INSERT_SECONDS: Final = Histogram(
    "pulse_sink_insert_seconds",
    "Time from sending a block until ClickHouse confirmed it. Seconds: it merges too much or has too little memory.",
    ["table"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
INSERT_ROWS: Final = Histogram(
    "pulse_sink_insert_rows",
    "Rows of one block. Thousands: a backlog is being worked off; at max_records or max_batch_bytes they end.",
    ["table"],
    buckets=(1, 10, 100, 1_000, 2_500, 5_000, 10_000, 25_000, 100_000),
)
REFUSED: Final = Counter(
    "pulse_sink_refused",
    "Records of input topics that are no events; whoever folds the topic dead-letters them. Look at `pulse dead-letters"
    " list`.",
    ["topic", "reason"],
)
SET_APART: Final = Counter(
    "pulse_sink_set_apart",
    "Records of output topics that nobody could read: kept as rows of dead_letters. Any: a newer version writes than"
    " this one reads.",
    ["topic", "reason"],
)
AWAY: Final = Counter(
    "pulse_sink_clickhouse_away",
    "Times a block could not be written and is sent again. Rising: ClickHouse is away, full or overloaded.",
)
DELAY: Final = Gauge(
    "pulse_sink_delay_seconds",
    "Age of the newest record of the last batch when ClickHouse confirmed it, by the clock of the sink. Minutes: the"
    " tables are behind the topics by so much.",
)
