"""Every metric of the console, declared once with its meaning."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

OPEN_PAGES: Final = Gauge("pulse_console_open_pages", "pages that are open with live updates")
RELOADS: Final = Counter("pulse_console_reloads_total", "pages told to read themselves anew", ["why"])
PATCHES: Final = Counter("pulse_console_patches_total", "changes sent to open pages", ["topic"])
RECORDS: Final = Counter("pulse_console_records_total", "records read from the topics", ["topic"])
LATENCY: Final = Histogram(
    "pulse_console_patch_seconds",
    "from the broker's timestamp of a record to its change being sent to a page",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
REQUESTS: Final = Histogram(
    "pulse_console_request_seconds",
    "time to answer, by route (live streams left out)",
    ["route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5),
)
DENIED: Final = Counter("pulse_console_denied_total", "requests refused", ["why"])
ACTIONS: Final = Counter("pulse_console_actions_total", "events of people sent to the gateway", ["outcome"])
RING_BYTES: Final = Gauge(
    "pulse_console_ring_bytes",
    "bytes of records kept for pages that come back. At the limit the oldest go, and who was away longer reads anew",
)
RING_BYTES_LIMIT: Final = Gauge("pulse_console_ring_bytes_limit", "the most that are kept: the setting ring_bytes")
PAGES_BYTES: Final = Gauge(
    "pulse_console_pages_bytes",
    "bytes of changes that wait for slow pages. At the limit the slowest is told to read itself anew",
)
PAGES_BYTES_LIMIT: Final = Gauge("pulse_console_pages_bytes_limit", "the most that may wait: the setting pages_bytes")
