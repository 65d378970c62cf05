"""Every metric of the console, declared once: what it means, and what to do when it is off."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

OPEN_PAGES: Final = Gauge(
    "pulse_console_open_pages", "Pages that are open with live updates. At max_open_pages no more are opened."
)
RELOADS: Final = Counter(
    "pulse_console_reloads",
    "Pages told to read themselves anew. behind, often: a flood of changes, or readers on slow lines.",
    ["why"],
)
PATCHES: Final = Counter(
    "pulse_console_patches",
    "Changes sent to open pages. Flat while records rise and pages are open: nobody looks at what changes.",
    ["topic"],
)
RECORDS: Final = Counter(
    "pulse_console_records",
    "Records read from the topics. Flat under load: the reader waits for Kafka; see the log.",
    ["topic"],
)
LATENCY: Final = Histogram(
    "pulse_console_patch_seconds",
    "From the broker's timestamp of a record to its change being sent to a page. Seconds: the worker lags, or we do.",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
REQUESTS: Final = Histogram(
    "pulse_console_request_seconds",
    "Time to answer, by route (live streams left out). Seconds: ClickHouse is slow; 503: it is away.",
    ["route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5),
)
DENIED: Final = Counter(
    "pulse_console_denied", "Requests refused. not_yours, often: a stale link, or somebody is trying.", ["why"]
)
ACTIONS: Final = Counter(
    "pulse_console_actions",
    "Events of people sent to the gateway. Not sent: look at the gateway, and whether the console has a key.",
    ["outcome"],
)
RING_BYTES: Final = Gauge(
    "pulse_console_ring_bytes",
    "Bytes of records kept for pages that come back. At the limit the oldest go, and who was away longer reads anew.",
)
RING_BYTES_LIMIT: Final = Gauge("pulse_console_ring_bytes_limit", "The most that are kept: the setting ring_bytes.")
PAGES_BYTES: Final = Gauge(
    "pulse_console_pages_bytes",
    "Bytes of changes that wait for slow pages. At the limit the slowest is told to read itself anew.",
)
PAGES_BYTES_LIMIT: Final = Gauge("pulse_console_pages_bytes_limit", "The most that may wait: the setting pages_bytes.")
LINE_FAULTS: Final = Gauge(
    "pulse_console_line_faults",
    "Faults of the reporting line, by kind. Not 0: a manager's profile names a wrong superior; Today says whose.",
    ["kind"],
)
