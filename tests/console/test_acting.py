"""What a person does becomes an event; nothing else acts."""

import re

import httpx
import pytest
from starlette.routing import Route

from consumers.console.app import routes
from schemas.alerts import AlertKind, StepKind, StepReason, alert_id
from schemas.ids import AccountId
from tests.console import samples
from tests.console.fixtures import Visitors
from tests.console.gateway_stand_in import GatewayStandIn
from tests.console.serving import token
from tests.console.world import World

ALERT = alert_id(AccountId("A-1"), AlertKind.BAND_DROPPED, 1)


@pytest.fixture(autouse=True)
def empty_gateway(gateway: GatewayStandIn) -> None:
    gateway.requests.clear()
    gateway.status = 202


def acknowledge(own: httpx.Client, **more: str) -> httpx.Response:
    form = {"csrf": token(own.get("/inbox").text), "alert": ALERT, "next": "/inbox?state=open", **more}
    return own.post("/inbox/acknowledge", data=form)


def test_acknowledging_sends_one_event_in_the_name_of_the_person(mine: httpx.Client, gateway: GatewayStandIn) -> None:
    answer = acknowledge(mine)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/inbox?state=open&sent=1"
    assert "Your acknowledgement was sent" in mine.get(answer.headers["location"]).text
    ((headers, event),) = gateway.requests
    assert headers["authorization"] == "Bearer pulse_console_key"
    assert headers["content-type"] == "application/cloudevents+json"
    assert event["path"] == "/v1/events"
    assert (event["type"], event["source"], event["subject"]) == ("alert.acknowledged.v1", "console", "A-1")
    assert event["data"] == {"alert_id": ALERT, "actor": "AM-1"}


def test_a_second_press_is_the_same_fact_and_another_person_another(
    visitors: Visitors, gateway: GatewayStandIn
) -> None:
    own = visitors("AM-1")
    acknowledge(own)
    acknowledge(own)
    acknowledge(visitors("L-1"))
    first, second, other = (event["id"] for event in gateway.events("A-1"))
    assert first == second != other


def test_page_tells_who_acknowledged_once_the_step_came_back(told: World, mine: httpx.Client) -> None:
    told.tell(
        samples.profile("K-1", "Known Retail", "AM-1"),
        samples.step("K-1", name="Known Retail"),
        samples.step("K-1", 2, step_kind=StepKind.ACKNOWLEDGED, reason=StepReason.BY_PERSON, actor="L-1"),
    )
    page = mine.get("/inbox?state=acknowledged").text
    assert "Acknowledged by Manager 03" in page
    assert "The health of Known Retail fell" in page


@pytest.mark.parametrize("forged", ["", "wrong", "ü"])
def test_form_without_the_session_s_token_is_refused(mine: httpx.Client, gateway: GatewayStandIn, forged: str) -> None:
    assert acknowledge(mine, csrf=forged).status_code == 403
    assert gateway.requests == []


def test_token_of_another_session_is_refused(visitors: Visitors, gateway: GatewayStandIn) -> None:
    stolen = token(visitors("AM-3").get("/").text)
    assert acknowledge(visitors("AM-1"), csrf=stolen).status_code == 403
    assert gateway.requests == []


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://elsewhere.test"},
        {"origin": "null"},
    ],
)
def test_post_from_another_site_is_refused(
    mine: httpx.Client, gateway: GatewayStandIn, headers: dict[str, str]
) -> None:
    form = {"csrf": token(mine.get("/inbox").text), "alert": ALERT}
    assert mine.post("/inbox/acknowledge", data=form, headers=headers).status_code == 403
    assert mine.post("/sign-in", data={"manager": "VP-1"}, headers=headers).status_code == 403
    assert gateway.requests == []


def test_get_never_acts(mine: httpx.Client, gateway: GatewayStandIn) -> None:
    csrf = token(mine.get("/inbox").text)
    for route in routes():
        if isinstance(route, Route) and "POST" in (route.methods or set()):
            answer = mine.get(route.path, params={"csrf": csrf, "alert": ALERT, "manager": "VP-1"})
            assert answer.status_code in (200, 404, 405)
            assert "set-cookie" not in answer.headers
    assert gateway.requests == []
    assert "Manager 05" in mine.get("/").text


@pytest.mark.parametrize(("status", "advice"), [(429, "busy"), (503, "busy"), (422, "refused"), (500, "refused")])
def test_person_is_told_when_the_gateway_does_not_take_it(
    mine: httpx.Client, gateway: GatewayStandIn, status: int, advice: str
) -> None:
    gateway.status = status
    answer = acknowledge(mine)
    assert answer.status_code == 503
    assert advice in answer.text
    assert "Nothing was changed" in answer.text


def test_script_gets_a_fragment_in_place_of_a_page(mine: httpx.Client) -> None:
    form = {"csrf": token(mine.get("/inbox").text), "alert": ALERT}
    answer = mine.post("/inbox/acknowledge", data=form, headers={"hx-request": "true"})
    assert answer.status_code == 200
    assert re.match(r'<span class="sent"', answer.text)


def test_signing_out_ends_the_session(mine: httpx.Client) -> None:
    mine.post("/sign-out", data={"csrf": token(mine.get("/").text)})
    assert mine.get("/").status_code == 303
