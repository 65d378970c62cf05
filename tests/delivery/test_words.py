"""Every reason has a sentence, for every reader; parts still sum to the change."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.runtime.wording import AlertWords, reader_of
from consumers.runtime.wording.names import BANDS, DIMENSIONS, EVENTS, KINDS, ROLES
from consumers.runtime.wording.parts import part_label, part_lines
from schemas.alerts import AlertKind, CalledRole, StepKind, StepReason, Suggestion
from schemas.catalogue import MODELS
from schemas.health import Band, Dimension, Part, PartKind
from schemas.ids import EventId, Source
from tests.delivery.samples import band_dropped, complaint_overdue

ENGLISH = reader_of("en", "UTC")
LOCALES = ("en", "de", "es", "nb", "sv", "no_NO", "xx", "zz_ZZ")


def test_everything_closed_has_a_name() -> None:
    assert set(KINDS) == set(AlertKind)
    assert set(ROLES) == set(CalledRole)
    assert set(BANDS) == set(Band)
    assert set(DIMENSIONS) == set(Dimension)
    assert set(EVENTS) == set(MODELS)
    for kind in PartKind:
        assert part_label(ENGLISH, Part(kind=kind, points=1.0))


@pytest.mark.parametrize("reason,step", list(itertools.product(StepReason, StepKind)))
def test_every_reason_of_every_step_is_a_sentence_even_without_facts(reason: StepReason, step: StepKind) -> None:
    for facts in ({}, band_dropped().facts, complaint_overdue().facts):
        words = AlertWords(ENGLISH, band_dropped(reason=reason, step=step, facts=facts))
        assert words.reason.endswith(".")
        assert "%(" not in words.reason + words.headline + words.state


ONE = {"due_at": "2026-03-02T09:30:00+00:00", "count": "1"}
SAID = [
    (AlertKind.SHIPMENT_LATE, {"order_ids": "O-1"}, "Order O-1 of Example Retail 00042 was to be shipped by"),
    (
        AlertKind.SHIPMENT_LATE,
        {"order_ids": "O-1", "undelivered_ids": "O-1"},
        "Order O-1 of Example Retail 00042 was to be delivered by",
    ),
    (
        AlertKind.INVOICE_OVERDUE,
        {"invoice_ids": "I-1", "amount": "60", "currency": "EUR"},
        "Invoice I-1 of Example Retail 00042 over €60.00 was due",
    ),
    (AlertKind.CALLBACK_OVERDUE, {"contact_ids": "crm/7"}, "Example Retail 00042 was promised a call back by"),
    (AlertKind.HAND_OFF_OVERDUE, {"hand_off_ids": "H-1"}, "Hand-off H-1 of Example Retail 00042 was to be dealt with"),
]
SILENT = {"quiet_since": "2026-01-05T09:30:00+00:00", "expected_by": "2026-02-10T09:30:00+00:00", "usual_days": "14"}
DISAGREES = {"score": "81.2", "percent": "-34.6", "measure": "order_value"}
GROWS = {"score": "81.2", "percent": "34.6", "growing": "usage", "renews_at": "2026-06-01T00:00:00+00:00"}
WHY = [
    (
        AlertKind.SHARP_DROP,
        StepReason.SCORE_FELL,
        {"score": "48.4", "score_before": "70.2", "points": "21.8", "days": "7"},
        "The score of Example Retail 00042 fell by 22 points within 7 days, from 70 to 48.",
    ),
    (
        AlertKind.SHARP_DROP,
        StepReason.SCORE_FELL,
        {"score": "41.0", "score_before": "68.5", "points": "27.5", "days": "1"},
        "The score of Example Retail 00042 fell by 27 points within a day, from 68 to 41.",
    ),
    (
        AlertKind.COMPLAINT_REPEATED,
        StepReason.COMPLAINED_AGAIN,
        {"complaint_ids": "C-1, C-2", "category": "billing", "count": "2", "days": "30"},
        "Example Retail 00042 complained 2 times within 30 days about the same thing (billing): C-1 and C-2.",
    ),
    (
        AlertKind.GONE_SILENT,
        StepReason.SILENCE_PASSED,
        SILENT,
        (
            "Example Retail 00042 has not been heard from since Jan 5, 2026. It usually gets in touch every 14 days and"
            " was expected by Feb 10, 2026."
        ),
    ),
    (
        AlertKind.PURCHASE_OVERDUE,
        StepReason.SILENCE_PASSED,
        SILENT,
        (
            "Example Retail 00042 has not ordered since Jan 5, 2026. It usually orders every 14 days; an order was"
            " expected by Feb 10, 2026."
        ),
    ),
    (
        AlertKind.REVENUE_DISAGREES,
        StepReason.MONEY_FALLS,
        DISAGREES,
        "The score of Example Retail 00042 is still 81 of 100, but the value of its orders fell by 35%.",
    ),
    (
        AlertKind.REVENUE_DISAGREES,
        StepReason.MONEY_RISES,
        DISAGREES | {"score": "30", "percent": "12", "measure": "subscription"},
        "The score of Example Retail 00042 is only 30 of 100, but the value of its subscription rose by 12%.",
    ),
    (
        AlertKind.UPSELL_READY,
        StepReason.UPSELL_SIGNS,
        GROWS,
        (
            "Example Retail 00042 is doing well, with a score of 81 of 100, and uses 35% more. Its subscription is up"
            " for renewal on Jun 1, 2026."
        ),
    ),
    (
        AlertKind.RECOVERED,
        StepReason.BAND_REGAINED,
        {"band_from": "at_risk", "band_to": "healthy", "score": "71.6"},
        "The health of Example Retail 00042 rose from “at risk” to “healthy”; its score is now 72 of 100.",
    ),
]


@pytest.mark.parametrize(("kind", "reason", "facts", "said"), WHY)
def test_each_kind_says_why(kind: AlertKind, reason: StepReason, facts: dict[str, str], said: str) -> None:
    words = AlertWords(reader_of("en", "UTC"), band_dropped(kind=kind, reason=reason, facts=facts))
    assert words.reason == said


@pytest.mark.parametrize(("kind", "facts", "said"), SAID)
def test_what_is_owed_is_named(kind: AlertKind, facts: dict[str, str], said: str) -> None:
    words = AlertWords(ENGLISH, band_dropped(kind=kind, reason=StepReason.DUE_PASSED, facts=ONE | facts))
    assert words.reason.startswith(said)
    settled = AlertWords(ENGLISH, band_dropped(kind=kind, reason=StepReason.ALL_SETTLED, facts=facts)).reason
    assert "Example Retail 00042" in settled
    assert settled != AlertWords(ENGLISH, band_dropped(reason=StepReason.ALL_SETTLED)).reason


@pytest.mark.parametrize("suggestion", list(Suggestion))
def test_every_suggestion_is_a_sentence(suggestion: Suggestion) -> None:
    assert AlertWords(ENGLISH, band_dropped(suggestion=suggestion)).suggestion.endswith(".")


@pytest.mark.parametrize("zone", ["Europe/Oslo", "America/Sao_Paulo", "No/Where", "../x"])
@pytest.mark.parametrize("locale", LOCALES)
def test_every_reader_gets_a_text(locale: str, zone: str) -> None:
    words = AlertWords(reader_of(locale, zone), band_dropped())
    assert words.moment
    assert words.value_at_risk
    assert words.parts()


def test_norwegian_is_read_as_bokmal() -> None:
    assert reader_of("no_NO", "UTC").language == "nb-NO"


POINTS = st.floats(-50, 50).map(lambda value: round(value, 1))


@given(st.lists(st.tuples(POINTS, st.integers(0, 8)), min_size=1, max_size=20))
def test_the_lines_of_a_change_sum_to_it(drawn: list[tuple[float, int]]) -> None:
    parts = [
        Part(kind=PartKind.EVENT, points=points, event_id=EventId(f"e-{event}"), source=Source("t"))
        for points, event in drawn
    ]
    lines = part_lines(ENGLISH, parts, most=3)
    written = sum(float(line.points.replace("−", "-")) for line in lines)
    assert len(lines) <= 4
    assert written == pytest.approx(sum(points for points, _ in drawn), abs=0.05 * len(lines) + 1e-9)
