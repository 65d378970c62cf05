"""Whatever is told is told in the reader's language: nothing falls back to English, whatever happens to an alert."""

import itertools
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from gettext import GNUTranslations, NullTranslations
from typing import Final

import pytest

from consumers.runtime.wording import LANGUAGES, AlertWords, Reader, reader_of
from consumers.runtime.wording.marks import C_
from consumers.runtime.wording.names import CATEGORIES, category, event, signal
from consumers.runtime.wording.parts import part_lines
from schemas.alerts import AlertKind, StepKind, StepReason, Suggestion
from schemas.catalogue import MODELS
from schemas.health import Part, PartKind
from streams.core.policies import default_tables
from streams.core.policy import COUNTED_SIGNALS
from tests.delivery.samples import band_dropped
from tests.wording.golden import GOLDEN
from tests.wording.golden_owed import GOLDEN_OWED

OTHERS: Final = sorted(set(LANGUAGES) - {"en"})
FACTS: Final[Mapping[str, str]] = {
    "band_from": "watch",
    "band_to": "critical",
    "score": "23.4",
    "score_before": "70.2",
    "points": "46.8",
    "days": "7",
    "complaint_ids": "C-17, C-21",
    "category": "billing",
    "order_ids": "O-1, O-2",
    "count": "2",
    "due_at": "2026-03-02T08:00:00+00:00",
    "quiet_since": "2026-01-05T09:30:00+00:00",
    "expected_by": "2026-02-10T09:30:00+00:00",
    "usual_days": "14",
    "percent": "34.6",
    "measure": "subscription",
    "growing": "order_value",
    "renews_at": "2026-06-01T00:00:00+00:00",
}
CONTRIBUTING: Final = sorted(name for name, one in default_tables().policy.signals.items() if one.points)
"""Signals that give points; the others are counted to weigh these and show in no score."""
ONE: Final = {"complaint_ids": "C-17", "order_ids": "O-1", "count": "1", "days": "1", "usual_days": "1"}
MONEY: Final = {"amount": "60.50", "currency": "EUR", "measure": "order_value", "growing": "usage"}
HELD: Final = {"held_by": "M-09", "held_since": "2026-03-02T08:00:00+00:00", "raised_by": "band_worsened"}
SITUATIONS: Final[tuple[Mapping[str, str], ...]] = (
    {},
    FACTS,
    {**FACTS, **ONE},
    {**FACTS, **MONEY},
    {**FACTS, "growing": "usage, order_value"},
    {**FACTS, "undelivered_ids": "O-1, O-2"},
    {**FACTS, **ONE, "undelivered_ids": "O-1"},
    {**FACTS, "undelivered_ids": "O-2"},
    {**FACTS, **HELD},
)


class English(NullTranslations):
    """Where gettext would go on to the English of the code."""

    def gettext(self, message: str) -> str:
        raise AssertionError(f"not translated: {message}")

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        raise AssertionError(f"not translated: {msgid1}")


def strict(language: str) -> Reader:
    """A reader for whom a text without a translation is an error."""
    found = reader_of(language, "Europe/Berlin")
    alone = GNUTranslations()
    alone.__dict__.update(found.catalogue.__dict__)
    alone.add_fallback(English())
    return replace(found, catalogue=alone)


def test_a_text_without_translation_is_noticed() -> None:
    with pytest.raises(AssertionError, match="not translated: no such text"):
        strict("de").text("no such text")


@pytest.mark.parametrize("language", OTHERS)
def test_every_kind_step_and_reason_is_told_without_english(language: str) -> None:
    reader = strict(language)
    every = itertools.product(AlertKind, StepKind, StepReason, [FACTS])
    with_less = itertools.product(AlertKind, [StepKind.OPENED], StepReason, SITUATIONS)
    for kind, step, reason, facts in itertools.chain(every, with_less):
        words = AlertWords(reader, band_dropped(kind=kind, step=step, reason=reason, facts=dict(facts)))
        said = f"{words.headline} {words.reason} {words.suggestion} {words.state} {words.role} {words.moment}"
        assert words.reason.endswith("."), said
        assert "%(" not in said
        assert "Example Retail 00042" in words.reason


@pytest.mark.parametrize("language", OTHERS)
def test_every_name_is_told_without_english(language: str) -> None:
    reader = strict(language)
    kinds = [Part(kind=kind, points=-1.0) for kind in PartKind]
    assert len(part_lines(reader, kinds, most=3)) == 4
    for suggestion in Suggestion:
        assert AlertWords(reader, band_dropped(suggestion=suggestion)).suggestion.endswith(".")
    assert all(event(reader, name) != name for name in MODELS)
    assert all(signal(reader, name) for name in (*COUNTED_SIGNALS, "base", "saturation"))
    assert all(category(reader, name) for name in CATEGORIES)


@pytest.mark.parametrize("signal_name", CONTRIBUTING)
def test_every_signal_has_words_of_its_own(signal_name: str) -> None:
    assert signal(reader_of("de", "UTC"), signal_name) != signal_name.replace("_", " ").capitalize()


@pytest.mark.parametrize(("language", "kind", "reason", "facts", "said"), GOLDEN + GOLDEN_OWED)
def test_sentences_read_as_people_write_them(
    language: str, kind: AlertKind, reason: StepReason, facts: dict[str, str], said: str
) -> None:
    words = AlertWords(reader_of(language, "Europe/Berlin"), band_dropped(kind=kind, reason=reason, facts=facts))
    assert words.reason.replace("\N{NO-BREAK SPACE}", " ") == said


NOON: Final = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
WRITTEN: Final = [
    ("en_GB", "12,346.5", "€12,346", "35%", "2 Mar 2026, 10:30 CET", "A, B and C", "3 hr ago"),
    ("en_US", "12,346.5", "€12,346", "35%", "Mar 2, 2026, 10:30 AM CET", "A, B, and C", "3 hr. ago"),
    ("de", "12.346,5", "12.346 €", "35 %", "02.03.2026, 10:30 MEZ", "A, B und C", "vor 3 Std."),
    ("de_AT", "12.346,5", "€ 12.346", "35 %", "02.03.2026, 10:30 MEZ", "A, B und C", "vor 3 Std."),
    ("de_CH", "12’346.5", "EUR 12’346", "35%", "02.03.2026, 10:30 MEZ", "A, B und C", "vor 3 Std."),
    ("es", "12.346,5", "12.346 €", "35 %", "2 mar 2026, 10:30 CET", "A, B y C", "hace 3 h"),
    ("es_MX", "12,346.5", "EUR12,346", "35%", "2 mar 2026, 10:30 a.m. CET", "A, B y C", "hace 3 h"),
    ("nb_NO", "12 346,5", "12 346 €", "35 %", "2. mars 2026, 10:30 CET", "A, B og C", "for 3 t siden"),
    ("sv", "12 346,5", "12 346 €", "35 %", "2 mars 2026 10:30 CET", "A, B och C", "för 3 tim sedan"),
]


@pytest.mark.parametrize(("locale", "number", "money", "percent", "moment", "listed", "ago"), WRITTEN)
def test_numbers_money_times_and_lists_are_written_as_the_reader_writes_them(  # noqa: PLR0913  the columns of a table
    locale: str, number: str, money: str, percent: str, moment: str, listed: str, ago: str
) -> None:
    reader = reader_of(locale, "Europe/Berlin")
    found = (
        reader.number(12346.5),
        reader.money(Decimal("12346.40"), "EUR"),
        reader.percent(0.346),
        reader.moment(NOON),
        reader.listed(["A", "B", "C"]),
        reader.ago(timedelta(hours=3, minutes=59)),
    )
    written = tuple(text.replace("\N{NO-BREAK SPACE}", " ") for text in found)
    assert written == (number, money, percent, moment, listed, ago)


def test_the_days_of_a_silence_are_the_same_in_every_zone() -> None:
    days = {"quiet_since": "2026-01-05T00:00:00+00:00", "expected_by": "2026-02-10T00:00:00+00:00", "usual_days": "14"}
    step = band_dropped(kind=AlertKind.PURCHASE_OVERDUE, reason=StepReason.SILENCE_PASSED, facts=days)
    for zone in ("America/New_York", "Asia/Tokyo"):
        said = AlertWords(reader_of("sv", zone), step).reason
        assert "sedan 5 jan. 2026" in said
        assert "senast 10 feb. 2026" in said


def test_a_time_is_told_in_the_zone_of_the_reader() -> None:
    words = AlertWords(reader_of("nb_NO", "America/New_York"), band_dropped(at=NOON))
    assert words.moment.startswith("2. mars 2026, 04:30")


@pytest.mark.parametrize(
    ("asked", "written_in"),
    [("no", "nb"), ("no_NO", "nb-NO"), ("nn_NO", "nb-NO"), ("de_AT", "de-AT"), ("de_XX", "de"), ("fr_FR", "en")],
)
def test_a_locale_is_read_in_a_language_we_have(asked: str, written_in: str) -> None:
    assert reader_of(asked, "UTC").language == written_in


def test_a_region_keeps_the_texts_of_its_language() -> None:
    assert reader_of("de_AT", "UTC").text("now") == "jetzt"
    assert reader_of("fr_FR", "UTC").text("now") == "now"


def test_a_context_tells_texts_apart_and_is_never_shown() -> None:
    event, alert = C_("event", "Action"), C_("alert", "Open")
    assert [reader_of(language, "UTC").text(event) for language in ("en", "de")] == ["Action", "Aktion"]
    assert [reader_of(language, "UTC").text(alert) for language in ("en", "nb")] == ["Open", "Åpent"]
