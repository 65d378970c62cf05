"""The limits of the ingest contract, each stated once. Sizes in bytes, times as timedelta."""

from datetime import UTC, datetime, timedelta
from typing import Final

MAX_EVENT_BYTES: Final = 32 * 1024
MAX_BATCH_EVENTS: Final = 500
MAX_BATCH_BYTES: Final = 1024 * 1024
MAX_ID_CHARS: Final = 128
MAX_SOURCE_CHARS: Final = 256
MAX_TEXT_CHARS: Final = 2000
MAX_NAME_CHARS: Final = 200
MAX_LINES: Final = 200
MAX_CLOCK_SKEW: Final = timedelta(minutes=5)
"""How far ahead of the reader's clock an event's time may lie."""

FIRST_TIME: Final = datetime(1900, 1, 1, tzinfo=UTC)
LAST_TIME: Final = datetime(2200, 1, 1, tzinfo=UTC)
"""Times lie in [first, last): what every reader can hold, the warehouse's DateTime64 above all."""
