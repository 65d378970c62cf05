"""Reading a file's times: by format and zone to aware UTC, with a fixed time of day where the log has none.

The clock is an argument. No guess is made: a time without a zone is a fault of the row.
"""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from hashlib import blake2b
from zoneinfo import ZoneInfo

from pulse.importing.document import Spread, TimeRule
from pulse.importing.errors import RowFault

NAMED_FORMATS = {
    "iso": datetime.fromisoformat,
    "epoch_s": lambda text: datetime.fromtimestamp(float(text), UTC),
    "epoch_ms": lambda text: datetime.fromtimestamp(float(text) / 1000, UTC),
}
"""Formats called by name; every other one is written as for strptime."""

DAY = timedelta(days=1)


class TimeReader:
    """Reads times as one rule says, and moves them by a whole number of days."""

    def __init__(self, rule: TimeRule, shift_days: int = 0) -> None:
        self._parsers = [_parser(text) for text in rule.formats]
        self._expected = " or ".join(rule.formats)
        self._zone = None if rule.zone is None else ZoneInfo(rule.zone)
        self._spread = None if rule.spread is None else _Spreader(rule.spread)
        self._shift = timedelta(days=shift_days)

    def read(self, column: str, text: str) -> datetime:
        """The time written in `text`, in UTC and shifted.

        Raises:
            RowFault: no format fits, or the zone is unknown.
        """
        return self._aware(column, self._parsed(column, text))

    def read_spread(self, column: str, text: str, seed: str) -> datetime:
        """The same, with the time of day that `seed` stands for where the rule spreads them."""
        parsed = self._parsed(column, text)
        return self._aware(column, parsed if self._spread is None else self._spread.place(parsed, seed))

    def _parsed(self, column: str, text: str) -> datetime:
        for parse in self._parsers:
            try:
                return parse(text)
            except (ValueError, OverflowError, OSError):
                continue
        raise RowFault(column, f"expected a time as {self._expected}")

    def _aware(self, column: str, parsed: datetime) -> datetime:
        if parsed.tzinfo is None:
            if self._zone is None:
                raise RowFault(column, "the time names no zone and neither does the mapping")
            parsed = parsed.replace(tzinfo=self._zone)
        try:
            return parsed.astimezone(UTC) + self._shift
        except OverflowError:
            raise RowFault(column, "the time lies outside the years 1 to 9999") from None


class _Spreader:
    """Places dates at a time of day that depends on a text alone, so that a re-run places them alike."""

    def __init__(self, spread: Spread) -> None:
        self._from_s = _seconds(spread.from_)
        self._span_s = _seconds(spread.until) - self._from_s

    def place(self, day: datetime, seed: str) -> datetime:
        digest = int.from_bytes(blake2b(seed.encode(), digest_size=8).digest())
        midnight = day.replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight + timedelta(seconds=self._from_s + digest % self._span_s)


def whole_days_to(now: datetime, latest: datetime) -> int:
    """The greatest whole number of days by which history may move without touching the future.

    >>> whole_days_to(datetime(2026, 3, 10, 9, tzinfo=UTC), datetime(2026, 3, 1, 12, tzinfo=UTC))
    8
    """
    return (now - latest) // DAY


def _parser(text: str) -> Callable[[str], datetime]:
    return NAMED_FORMATS.get(text) or (lambda value: datetime.strptime(value, text))  # noqa: DTZ007 - zoned by the reader


def _seconds(of_day: time) -> int:
    return of_day.hour * 3600 + of_day.minute * 60 + of_day.second
