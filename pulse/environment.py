"""Names of our environment variables that are needed before any setting is read. Nothing else may come in here."""

from typing import Final

PREFIX: Final = "PULSE_"
CONFIG: Final = "PULSE_CONFIG"
