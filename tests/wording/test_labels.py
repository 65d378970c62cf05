"""Every label of the console has words, and every kind of alert says why it was raised after somebody took it on."""

from datetime import UTC, datetime
from typing import Final

import pytest

from consumers.console import phrases
from consumers.console.models import Episode, EpisodeState
from consumers.console.telling import tell
from consumers.runtime.wording import reader_of
from schemas.alerts import AlertKind, CalledRole, StepReason, Suggestion
from schemas.catalogue import MODELS
from schemas.events.managers import Role
from schemas.events.profiles import Segment
from schemas.health import Band

AT: Final = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def test_whatever_has_a_label_has_words() -> None:
    assert phrases.STATES.keys() >= {one.value for one in EpisodeState}
    assert phrases.ROLES.keys() == phrases.ROLE_GROUPS.keys() == {one.value for one in Role}
    assert phrases.SEGMENTS.keys() == {one.value for one in Segment}
    assert phrases.BANDS.keys() >= {one.value for one in Band}
    assert phrases.BANDS_INSIDE.keys() == {*(one.value for one in Band), "none"}
    assert phrases.FAMILIES.keys() >= {name.partition(".")[0] for name in MODELS if not name.startswith("manager.")}


def episode(kind: AlertKind, facts: dict[str, str]) -> Episode:
    """Somebody took it on."""
    return Episode(
        alert_id="0" * 32,
        account_id="A-1",
        account_name="Example Retail 1",
        kind=kind,
        episode=1,
        state=EpisodeState.ACKNOWLEDGED,
        historic=False,
        owner="AM-1",
        last_step_no=2,
        reason=StepReason.BY_PERSON,
        last_at=AT,
        role=CalledRole.SALES,
        suggestion=Suggestion.CALL_CLIENT,
        facts=facts,
    )


@pytest.mark.parametrize("kind", list(AlertKind))
def test_an_alert_that_was_taken_on_still_says_why_it_was_raised(kind: AlertKind) -> None:
    said = tell(episode(kind, {}), reader_of("de", "UTC")).sentence
    assert "Example Retail 1" in said
    assert "Jemand" not in said


@pytest.mark.parametrize(("percent", "said"), [("-34", "um 34 % gesunken"), ("34", "um 34 % gestiegen")])
def test_money_is_told_by_its_direction_whatever_the_score(percent: str, said: str) -> None:
    facts = {"score": "47.0", "percent": percent, "measure": "order_value"}
    told = tell(episode(AlertKind.REVENUE_DISAGREES, facts), reader_of("de", "UTC")).sentence
    assert said in told.replace("\N{NO-BREAK SPACE}", " ")
