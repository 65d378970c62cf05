"""Nobody sees what lies outside the own line: on no route, in no stream, by no guess."""

import ast
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
from starlette.routing import Mount, Route

import consumers.console
from consumers.console import queries
from consumers.console.app import routes
from schemas.alerts import AlertKind, alert_id
from schemas.health import Dimension
from schemas.ids import AccountId
from tests.console import samples
from tests.console.fixtures import Visitors
from tests.console.gateway_stand_in import GatewayStandIn
from tests.console.serving import listening, stream_of, token
from tests.console.world import World

FOREIGN = "B-1"
SECRETS = ("Foreign Retail 1", "foreign secret", "foreign-event", "B-1")
FOREIGN_ALERT = alert_id(AccountId(FOREIGN), AlertKind.BAND_DROPPED, 1)
BEFORE = urlencode({"id": FOREIGN, "before": samples.NOW.isoformat(), "before_id": "zzz"})

WALK = {
    "/": ["/", "/?q=Foreign", "/?q=B-1", "/?owner=AM-3", "/?band=critical", "/?owner=AM-3&q=B-1&page=1"],
    "/account": [
        *("/account?id=B-1", "/account?id=B-1&id=A-1", "/account?id=A-1&id=B-1", "/account?id="),
        "/account?id=A-2",  # the foreign account belongs to it
    ],
    "/account/events": [f"/account/events?{BEFORE}"],
    "/inbox": [f"/inbox?state={state}&owner=AM-3" for state in ("open", "acknowledged", "resolved", "historic")],
    "/team": ["/team", "/team?of=AM-3", "/team?of=L-2", "/team?of=D-1", "/team?of=AM-1&of=AM-3", "/team?of="],
    "/trial": ["/trial"],
    "/mail": ["/mail"],
    "/mail/{name}": ["/mail/foreign.eml", "/mail/..%2Fforeign.eml"],
    "/mail/{name}/body": ["/mail/foreign.eml/body"],
    "/live/account": ["/live/account?id=B-1"],
}
"""Every route that shows accounts, with what somebody curious would ask of it."""

STREAMS = {"/live/worklist", "/live/inbox"}
"""Their records are looked at one by one: see the test of streams."""
POSTS = {
    "/account/override",
    "/account/override/lift",
    "/act",
    "/inbox/acknowledge",
    "/language",
    "/sign-in",
    "/sign-out",
    "/slack/pressed",
}
BY_SIGNED_LINK = {"/act"}
"""What a message links to: see the test of links."""
WITHOUT_ACCOUNTS = {"/sign-in", "/healthz", "/readyz", "/metrics", "/static"}


@pytest.fixture(autouse=True)
def foreign_mail(mail_dir: Path) -> Iterator[None]:
    """A mail to AM-3 about the foreign account."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "pulse@example.test", "am-3@example.test", "Foreign Retail 1"
    message.set_content("foreign secret")
    path = mail_dir / "foreign.eml"
    path.write_bytes(message.as_bytes())
    yield
    path.unlink()


def test_every_route_is_walked() -> None:
    assert {route.path for route in routes()} == {*WALK, *STREAMS, *POSTS, *BY_SIGNED_LINK, *WITHOUT_ACCOUNTS}
    posting = {route.path for route in routes() if isinstance(route, Route) and "POST" in (route.methods or set())}
    assert posting == POSTS
    assert [route.path for route in routes() if isinstance(route, Mount)] == ["/static"]


@pytest.mark.parametrize("path", [path for paths in WALK.values() for path in paths])
@pytest.mark.parametrize("manager", ["AM-1", "AM-2", "L-1"])
def test_somebody_of_another_branch_learns_nothing(told: World, visitors: Visitors, manager: str, path: str) -> None:
    answer = visitors(manager).get(path)
    assert [secret for secret in SECRETS if secret in answer.text and secret not in path] == []


@pytest.mark.parametrize("path", [path for paths in WALK.values() for path in paths])
def test_nobody_gets_nothing(visitors: Visitors, path: str) -> None:
    assert visitors().get(path).status_code in (303, 401, 404)


def test_the_owner_and_everybody_above_see_the_account(visitors: Visitors) -> None:
    for manager in ("AM-3", "L-2", "D-1", "VP-1"):
        assert "foreign secret" in visitors(manager).get("/account?id=B-1").text


def test_foreign_and_absent_are_the_same(mine: httpx.Client) -> None:
    foreign, absent = mine.get("/account?id=B-1"), mine.get("/account?id=B-404")
    assert (foreign.status_code, foreign.text) == (absent.status_code, absent.text) == (404, foreign.text)


def test_foreign_alert_cannot_be_acknowledged(mine: httpx.Client, gateway: GatewayStandIn) -> None:
    form = {"csrf": token(mine.get("/").text), "alert": FOREIGN_ALERT}
    answer = mine.post("/inbox/acknowledge", data=form)
    absent = mine.post("/inbox/acknowledge", data=form | {"alert": "0" * 32})
    assert (answer.status_code, answer.text) == (absent.status_code, absent.text) == (404, answer.text)
    assert gateway.events(FOREIGN) == []


def test_streams_carry_nothing_foreign(told: World, visitors: Visitors) -> None:
    for path in ("/", "/inbox", "/account?id=A-1"):
        mine = visitors("AM-1")
        with listening(mine, stream_of(mine.get(path).text)) as stream:
            told.publish(
                samples.snapshot(FOREIGN, {"orders": (Dimension.COMMERCE, 5.0)}, owner="AM-3", version=5),
                samples.step(
                    FOREIGN, owner="AM-3", name="Foreign Retail 1", kind=AlertKind.COMPLAINT_OVERDUE, episode=7
                ),
                samples.event("complaint.resolved", FOREIGN, f"foreign-{path}", {"complaint_id": "C-9"}),
            )
            heard = stream.for_beats(3)
        assert [one for one in heard if one.event != "beat"] == []


def test_account_that_changes_hands_is_gone_for_the_former_owner(told: World, visitors: Visitors) -> None:
    told.tell(samples.profile("M-1", "Moving Retail", "AM-1"))
    former = visitors("AM-1")
    with listening(former, stream_of(former.get("/account?id=M-1").text)) as stream:
        told.tell(samples.profile("M-1", "Moving Retail", "AM-3", at=samples.NOW))
        told.publish(samples.event("complaint.resolved", "M-1", "after-the-move", {"complaint_id": "C-10"}))
        heard = stream.until("access")
    assert heard[-1].event == "reload"
    assert "after-the-move" not in "".join(one.data for one in heard)
    assert former.get("/account?id=M-1").status_code == 404
    assert visitors("AM-3").get("/account?id=M-1").status_code == 200


def test_only_reading_asks_the_warehouse() -> None:
    package = Path(consumers.console.__file__).parent
    asking: dict[str, set[str]] = {"rows": set(), "queries": set(), "Warehouse": set()}
    for path in package.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                for name in node.names:
                    if name.name in asking:
                        asking[name.name].add(path.name)
    assert asking == {"rows": {"warehouse.py"}, "queries": {"reading.py"}, "Warehouse": {"server.py"}}


def test_every_query_is_bound_to_the_viewer_or_to_one_checked_account() -> None:
    sql = {name: text for name, text in vars(queries).items() if name.isupper() and not name.startswith("_")}
    within_a_checked_account = {"HEALTH", "CONTRIBUTIONS", "CHANGES", "PARTS", "FACTS", "POINTS", "HISTORY"}
    without_accounts = {"PEOPLE", "PROBE", "NOTIFICATION", "RATES", "TRIAL"}
    for name, text in sql.items():
        if name in within_a_checked_account:
            assert "account_id = {account:String}" in text, name
        elif name not in without_accounts:
            assert "{sees:Array(String)}" in text, name
