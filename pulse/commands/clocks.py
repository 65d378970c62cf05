"""The clocks of commands: the one place where they read the time; everything below gets them as arguments."""

import time
from datetime import UTC, datetime
from typing import Final

from pulse.importing.session import Clocks

CLOCKS: Final = Clocks(wall=lambda: datetime.now(UTC), monotonic=time.monotonic)
