"""Fixtures of the console's tests, for this folder and for the browser's."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from consumers.console.settings import ConsoleSettings
from pulse.local import embedded_broker
from pulse.local.child import Child
from schemas.alerts import AlertKind, StepReason
from schemas.broker import Broker
from schemas.health import Band, Dimension
from schemas.shadow import ShadowChange
from tests.console import samples
from tests.console.gateway_stand_in import GatewayStandIn, standing_in
from tests.console.serving import client, console, settings
from tests.console.world import World, world
from tests.waiting import until

HOSTILE = """<script>alert(1)</script> & "Sons" '; DROP TABLE health; --\\"""
HOSTILE_ID = "x/y?z=1&<b>'\"\\ {sees:String}"


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The world with some accounts in it. Tests add accounts of their own and leave these alone."""
    child = Child(embedded_broker.command())
    try:
        broker = Broker(bootstrap=child.wait_ready()["bootstrap"], embedded=True)
        with world(tmp_path_factory.mktemp("warehouse"), broker) as made:
            tell_samples(made)
            yield made
    finally:
        child.stop()


@pytest.fixture(scope="session")
def gateway() -> Iterator[GatewayStandIn]:
    """What listens where the gateway would."""
    with standing_in() as found:
        yield found


@pytest.fixture(scope="session")
def mail_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mail")


@pytest.fixture(scope="session")
def console_settings(gateway: GatewayStandIn, mail_dir: Path) -> ConsoleSettings:
    return settings(gateway_url=gateway.url, mail_dir=mail_dir, gateway_key="pulse_console_key")


@pytest.fixture(scope="session")
def address(told: World, console_settings: ConsoleSettings) -> Iterator[str]:
    """Where the console of these tests answers."""
    with console(console_settings, told.clickhouse, told.broker) as found:
        yield found


Visitors = Callable[..., httpx.Client]


@pytest.fixture
def visitors(address: str) -> Iterator[Visitors]:
    """Makes browsers without JavaScript, signed in as a manager or as nobody."""
    with ExitStack() as stack:

        def visit(manager: str | None = None) -> httpx.Client:
            found = client(address, manager)
            stack.callback(found.close)
            return found

        yield visit


def wait_known(address: str, manager: str) -> None:
    """Until the console has heard of a manager whom a test has told of: it believes the line it knows for a while."""
    until(lambda: f'value="{manager}"' in httpx.get(f"{address}/sign-in", trust_env=False).text, 10)


@pytest.fixture
def mine(visitors: Visitors) -> httpx.Client:
    """The browser of AM-1."""
    return visitors("AM-1")


def tell_samples(world: World) -> None:
    """AM-1 has a critical, a watch and a hostile account and one without signal; AM-3 is of another branch.

    The account of AM-3 belongs to one of AM-1's, and each of them may see only the own one of the two.
    """
    service, commerce, relationship = Dimension.SERVICE, Dimension.COMMERCE, Dimension.RELATIONSHIP
    bad = {"complaint_3": (service, -22.04), "orders": (commerce, 3.33), "disputed": (commerce, -14.02)}
    worse = bad | {"sentiment": (relationship, -12.01)}
    fine = {"orders": (commerce, 17.01), "contact": (relationship, 6.02), "service_contact": (service, 4.04)}
    complaint = samples.event(
        "complaint.opened",
        "A-1",
        "c-1",
        {"complaint_id": "C-1", "category": "delivery", "severity": 2},
        samples.ago(hours=2),
    )
    world.tell(
        *samples.PEOPLE,
        samples.profile("A-1", "Example Retail 1", "AM-1", "48000", "strategic"),
        samples.profile("A-2", "Example Retail 2", "AM-1"),
        samples.profile("A-3", "Example Retail 3", "AM-2"),
        samples.profile("A-4", "Example Retail 4 without signal", "AM-1"),
        samples.profile(HOSTILE_ID, HOSTILE, "AM-1"),
        samples.profile("B-1", "Foreign Retail 1", "AM-3", "99000", parent="A-2"),
        complaint,
        samples.event(
            "interaction.logged",
            "B-1",
            "foreign-event",
            {"channel": "call", "direction": "inbound", "summary": "foreign secret"},
        ),
        samples.snapshot("A-1", bad, at=samples.ago(days=9), version=1),
        samples.snapshot(
            "A-1", worse, at=samples.ago(hours=1), version=2, previous=17.3, cause=complaint, open_complaints=1
        ),
        samples.snapshot("A-2", {"orders": (commerce, 3.0)}),
        samples.snapshot("A-3", fine, owner="AM-2"),
        samples.snapshot("A-4", {}),
        samples.snapshot(HOSTILE_ID, {"orders": (commerce, 2.0)}),
        samples.snapshot("B-1", worse, owner="AM-3"),
        samples.step("A-1", name="Example Retail 1", at=samples.ago(hours=1)),
        samples.step(
            "A-1", kind=AlertKind.COMPLAINT_OVERDUE, reason=StepReason.ANSWER_DUE_PASSED, name="Example Retail 1"
        ),
        samples.step("A-2", historic=True, name="Example Retail 2", at=samples.ago(days=40)),
        samples.step("B-1", owner="AM-3", name="Foreign Retail 1"),
        samples.TRIED,
        samples.difference("A-1", "AM-1", (Band.WATCH, Band.AT_RISK), ShadowChange.ADDED),
        samples.difference("A-3", "AM-2", (Band.HEALTHY, Band.WATCH)),
        samples.difference("B-1", "AM-3", (Band.WATCH, Band.CRITICAL), ShadowChange.ADDED),
    )
