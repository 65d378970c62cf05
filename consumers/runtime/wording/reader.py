"""Who reads: language, region and time zone, and how numbers, money and times are written for them."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from gettext import NullTranslations
from typing import Final
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_time, format_timedelta
from babel.lists import format_list
from babel.numbers import format_currency, format_decimal, format_percent

from consumers.runtime.wording.catalogues import catalogue_of, locale_of
from consumers.runtime.wording.marks import CONTEXT, N_
from schemas.zones import zone_of

MINUS: Final = "\N{MINUS SIGN}"
_NARROW_SPACE, _HARD_SPACE = "\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}"
"""Many fonts of mail programs draw the narrow one as no space at all."""
_UNITS_S: Final = (86_400, 3_600, 60, 1)


@dataclass(frozen=True, slots=True)
class Reader:
    """Made by `reader_of`; all methods are pure."""

    locale: Locale
    zone: ZoneInfo
    catalogue: NullTranslations

    @property
    def language(self) -> str:
        """The BCP 47 tag for the `lang` attribute of a page.

        >>> reader_of("de_AT", "Europe/Vienna").language
        'de-AT'
        """
        return str(self.locale).replace("_", "-")

    def text(self, message: str) -> str:
        """The message in the reader's language."""
        return self.catalogue.gettext(message).rpartition(CONTEXT)[2]

    def plural(self, forms: tuple[str, str], count: int) -> str:
        """The form of the message, given for one and for many, that goes with `count`."""
        return self.catalogue.ngettext(*forms, count)

    def number(self, value: float | Decimal, digits: int = 1) -> str:
        """A number with exactly `digits` decimals.

        >>> reader_of("de", "UTC").number(-1234.5)
        '-1.234,5'
        """
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        return format_decimal(value, format=pattern, locale=self.locale)

    def short(self, value: float | Decimal) -> str:
        """A number with up to three decimals, as many as it has.

        >>> reader_of("sv", "UTC").short(7.5), reader_of("sv", "UTC").short(9.0)
        ('7,5', '9')
        """
        return format_decimal(value, format="#,##0.###", locale=self.locale)

    def signed(self, value: float, digits: int = 1) -> str:
        """A change: always with its sign, a true minus, and no sign where it rounds to nothing.

        >>> reader_of("en", "UTC").signed(4), reader_of("en", "UTC").signed(-4.25), reader_of("en", "UTC").signed(-0.01)
        ('+4.0', '−4.2', '0.0')
        """
        rounded = round(value, digits)
        if rounded == 0:
            return self.number(0, digits)
        return ("+" if rounded > 0 else MINUS) + self.number(abs(rounded), digits)

    def percent(self, share: float) -> str:
        """A share of one, in whole percent.

        >>> reader_of("en", "UTC").percent(0.654)
        '65%'
        """
        return format_percent(share, locale=self.locale)

    def money(self, amount: Decimal, currency: str) -> str:
        """An amount with its currency, whole units from a thousand on.

        >>> reader_of("en_GB", "UTC").money(Decimal("12500.40"), "EUR")
        '€12,500'
        """
        if abs(amount) >= 1000:  # noqa: PLR2004  the docstring says it
            whole = amount.quantize(Decimal(1))
            return format_currency(whole, currency, locale=self.locale, currency_digits=False, format=self._whole())
        return format_currency(amount, currency, locale=self.locale)

    def day(self, at: datetime) -> str:
        """The date in the reader's zone.

        >>> from datetime import UTC
        >>> reader_of("en_GB", "Europe/London").day(datetime(2026, 3, 1, tzinfo=UTC))
        '1 Mar 2026'
        """
        return self.date(at.astimezone(self.zone).date())

    def date(self, day: date) -> str:
        """A day of the calendar, the same in every zone.

        >>> reader_of("sv", "Asia/Tokyo").date(date(2026, 3, 1))
        '1 mars 2026'
        """
        return format_date(day, format="medium", locale=self.locale)

    def clock(self, at: datetime) -> str:
        """The time of day in the reader's zone."""
        written = format_time(at, format="short", tzinfo=self.zone, locale=self.locale)
        return written.replace(_NARROW_SPACE, _HARD_SPACE)

    def moment(self, at: datetime) -> str:
        """Date and time in the reader's zone, which is named.

        >>> from datetime import UTC
        >>> reader_of("en_GB", "Europe/Berlin").moment(datetime(2026, 3, 1, 12, tzinfo=UTC))
        '1 Mar 2026, 13:00 CET'
        """
        joined = str(self.locale.datetime_formats["medium"]).replace("'", "")
        return joined.format(f"{self.clock(at)} {self._zone_name(at)}", self.day(at))

    def ago(self, away: timedelta) -> str:
        """How long ago, or how far ahead where `away` is negative, in whole seconds, minutes, hours or days.

        >>> reader_of("en", "UTC").ago(timedelta(hours=50)), reader_of("de", "UTC").ago(timedelta(minutes=-3))
        ('2 days ago', 'in 3 Min.')
        """
        seconds = abs(int(away.total_seconds()))
        if seconds == 0:
            return self.text(N_("now"))
        unit_s = next(size for size in _UNITS_S if seconds >= size)
        whole = timedelta(seconds=seconds - seconds % unit_s)
        direction = -whole if away > timedelta(0) else whole
        return format_timedelta(direction, threshold=1, add_direction=True, format="short", locale=self.locale)

    def lasting(self, span: timedelta) -> str:
        """How long something took, in whole seconds, minutes, hours or days.

        >>> reader_of("en", "UTC").lasting(timedelta(minutes=95)), reader_of("de", "UTC").lasting(timedelta(0))
        ('1 hr', '0 Sek.')
        """
        seconds = int(span.total_seconds())
        unit_s = next((size for size in _UNITS_S if seconds >= size), 1)
        whole = timedelta(seconds=seconds - seconds % unit_s)
        return format_timedelta(whole, threshold=1, format="short", locale=self.locale)

    def listed(self, items: list[str]) -> str:
        """A list as one writes it.

        >>> reader_of("en_GB", "UTC").listed(["C-1", "C-2", "C-3"])
        'C-1, C-2 and C-3'
        """
        return format_list(items, locale=self.locale) if items else ""

    def _zone_name(self, at: datetime) -> str:
        """The short name the reader's language has for the zone, else the zone's own, else its distance from GMT."""
        named = format_datetime(at, "z", tzinfo=self.zone, locale=self.locale)
        own = at.astimezone(self.zone).tzname() or ""
        if named[:1] not in "+-" and " " not in named:
            return named
        return own if own.isalpha() else format_datetime(at, "ZZZZ", tzinfo=self.zone, locale=self.locale)

    def _whole(self) -> str:
        pattern = self.locale.currency_formats["standard"].pattern
        return str(pattern).replace(".00", "")


@lru_cache(maxsize=1024)
def reader_of(locale: str, time_zone: str) -> Reader:
    """The reader for a locale such as `de_AT` and an IANA zone. Unknown ones fall back to English and UTC."""
    known = locale_of(locale)
    return Reader(known, zone_of(time_zone), catalogue_of(known.language))
