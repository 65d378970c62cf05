"""A score set by hand: a form that becomes an event, both scores and the expiry shown, and what comes next."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from schemas.health import Band, Dimension, Override, OverrideReason, Part, PartKind
from schemas.ids import ManagerId
from tests.console import samples
from tests.console.fixtures import Visitors
from tests.console.gateway_stand_in import GatewayStandIn
from tests.console.serving import token
from tests.console.world import World

SIGNALS = {"orders": (Dimension.COMMERCE, 3.0)}
TOMORROW = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
GOOD = {"account": "A-1", "value": "90", "until": TOMORROW, "reason": "merger announced", "once": "form 1"}


@pytest.fixture(autouse=True)
def empty_gateway(gateway: GatewayStandIn) -> None:
    gateway.requests.clear()
    gateway.status = 202


def press(own: httpx.Client, path: str = "/account/override", **changed: str) -> httpx.Response:
    return own.post(path, data={"csrf": token(own.get("/inbox").text), **GOOD, **changed})


def test_setting_a_score_sends_one_event_in_the_name_of_the_person(mine: httpx.Client, gateway: GatewayStandIn) -> None:
    answer = press(mine)
    assert (answer.status_code, answer.headers["location"]) == (303, "/account?id=A-1&sent=score")
    assert "Sent. The score changes here" in mine.get(answer.headers["location"]).text
    ((_, event),) = gateway.requests
    assert (event["type"], event["subject"], event["source"]) == ("health.override_set.v1", "A-1", "console")
    data = event["data"]
    assert (data["author"], data["value"], data["reason"]) == ("AM-1", 90.0, "merger announced")
    # The day ends where the person is: in Berlin one or two hours before it does in UTC.
    expires_at = datetime.fromisoformat(data["expires_at"])
    assert expires_at.date().isoformat() == TOMORROW
    assert expires_at.hour in (22, 23)


def test_a_second_press_of_one_form_is_the_same_fact_and_the_next_form_another(
    mine: httpx.Client, gateway: GatewayStandIn
) -> None:
    press(mine)
    press(mine)
    press(mine, once="form 2")
    first, second, other = (event["id"] for event in gateway.events("A-1"))
    assert first == second != other


def test_lifting_sends_one_event(mine: httpx.Client, gateway: GatewayStandIn) -> None:
    assert press(mine, "/account/override/lift", reason="over").status_code == 303
    ((_, event),) = gateway.requests
    assert (event["type"], event["data"]) == ("health.override_lifted.v1", {"author": "AM-1", "reason": "over"})


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"value": "101"}, "from 0 to 100"),
        ({"value": "-1"}, "from 0 to 100"),
        ({"value": "nan"}, "from 0 to 100"),
        ({"value": "much"}, "from 0 to 100"),
        ({"until": ""}, "until which it holds"),
        ({"until": "2026-01-01"}, "until which it holds"),
        ({"until": "9999-12-31"}, "until which it holds"),
        ({"reason": "  "}, "Say why"),
        ({"reason": "x" * 2001}, "Say why"),
    ],
)
def test_what_cannot_be_is_refused_with_what_was_expected(
    mine: httpx.Client, gateway: GatewayStandIn, changed: dict[str, str], said: str
) -> None:
    answer = press(mine, **changed)
    assert answer.status_code == 422
    assert said in answer.text
    assert gateway.requests == []


@pytest.mark.parametrize("path", ["/account/override", "/account/override/lift"])
def test_only_who_sees_the_account_may_set_its_score(visitors: Visitors, gateway: GatewayStandIn, path: str) -> None:
    assert press(visitors("AM-1"), path, account="B-1").status_code == 404
    assert press(visitors("AM-3"), path, account="A-1").status_code == 404
    assert gateway.requests == []
    assert press(visitors("L-1"), path).status_code == 303


def test_the_page_shows_both_scores_who_set_which_until_when_and_lets_it_be_lifted(
    told: World, mine: httpx.Client
) -> None:
    override = Override(
        value=90.0,
        author=ManagerId("L-1"),
        reason="merger <b>announced</b>",
        set_at=samples.ago(hours=1),
        expires_at=samples.NOW + timedelta(days=5),
    )
    part = Part(kind=PartKind.OVERRIDE, points=37.0, reason=OverrideReason.SET)
    plain = samples.snapshot("O-1", SIGNALS)
    update = {"score": 90.0, "computed_score": 53.0, "override": override, "change": (part,), "band": Band.HEALTHY}
    told.tell(samples.profile("O-1", "Overridden Retail", "AM-1"), plain.model_copy(update=update))
    page = mine.get("/account?id=O-1").text
    assert "Set by hand by Manager 03 until " in page
    assert "merger &lt;b&gt;announced&lt;/b&gt;" in page
    assert "The facts alone make 53.0." in page
    assert 'action="/account/override/lift"' in page
    assert "Set by hand" in page


def test_the_page_says_what_comes_next(told: World, mine: httpx.Client) -> None:
    update = {"next_band": Band.AT_RISK, "next_band_at": samples.NOW + timedelta(days=30)}
    told.tell(samples.profile("N-1", "Next Retail", "AM-1"), samples.snapshot("N-1", SIGNALS).model_copy(update=update))
    page = mine.get("/account?id=N-1").text
    assert "Unless something happens: at risk from " in page
    assert 'action="/account/override/lift"' not in page
