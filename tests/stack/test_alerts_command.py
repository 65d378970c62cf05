"""`pulse alerts`: every kind can be looked at in every language over every channel, and channels tried out for real."""

import email
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from itertools import product
from pathlib import Path

import pytest
from pydantic import SecretStr

from consumers.delivery.decisions import Notification
from consumers.delivery.preview import preview, preview_roll_up
from consumers.delivery.sample_alerts import OWNER, STEPS, sample_manager, sample_step
from consumers.delivery.sample_roll_up import sample_roll_up
from consumers.delivery.settings import DeliverySettings
from consumers.runtime.wording import LANGUAGES
from pulse.exit_codes import ExitCode
from pulse.local.ports import free_port
from schemas.alerts import AlertKind, StepKind
from schemas.broker import Broker
from schemas.events.managers import Contact, ContactKind
from tests.delivery.block_rules import faults
from tests.delivery.mailserver import MailServer, mail_server
from tests.delivery.running import write
from tests.delivery.samples import manager
from tests.delivery.webserver import Reply, WebServer, web_server
from tests.stack.test_cli import pulse

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
SETTINGS = DeliverySettings(console_url="https://console.example.test", link_keys=SecretStr("k" * 40))
KEY = "whsec_" + "QUFB" * 8


def told(kind: AlertKind, language: str, channel: ContactKind, step: StepKind = StepKind.OPENED) -> Notification:
    profile = sample_manager(language, channel, "manager@example.test")
    return Notification(sample_step(kind, AT, step), OWNER, profile, channel, "manager@example.test")


@pytest.mark.parametrize("channel", ContactKind)
def test_every_kind_and_step_can_be_looked_at_in_every_language(channel: ContactKind) -> None:
    shown = set()
    for kind, language, step in product(AlertKind, LANGUAGES, STEPS):
        made = preview(told(kind, language, channel, step), SETTINGS)
        assert "Example Retail 00042" in made.text
        assert "%(" not in made.text
        shown.add(made.headline + made.text)
    assert len(shown) > 100, "kinds, steps and languages differ"


def test_a_roll_up_can_be_looked_at_in_every_language() -> None:
    made = [preview_roll_up(sample_roll_up(one, AT, "lead@example.test"), SETTINGS) for one in LANGUAGES]
    assert all("Example Retail 00042" in one.text and "%(" not in one.text for one in made)
    assert len({one.headline for one in made}) == len(LANGUAGES)


def test_every_kind_keeps_to_slack_s_rules_in_every_language() -> None:
    for kind, language, step in product(AlertKind, LANGUAGES, STEPS):
        made = preview(told(kind, language, ContactKind.SLACK, step), SETTINGS)
        assert faults(json.loads(made.files[".json"])) == []


def test_a_preview_on_the_terminal_reads_as_the_mail_does(tmp_path: Path) -> None:
    ran = pulse("alerts", "preview", "--kind", "invoice_overdue", "--lang", "de_AT", cwd=tmp_path)
    assert ran.returncode == ExitCode.DONE, ran.stderr
    assert "Subject: Rechnung überfällig: Example Retail 00042" in ran.stdout
    assert "I-311 und I-312" in ran.stdout


def test_a_preview_is_written_as_what_its_suffix_says(tmp_path: Path) -> None:
    for suffix in ("eml", "html"):
        ran = pulse("alerts", "preview", "--out", f"mail.{suffix}", cwd=tmp_path)
        assert (ran.returncode, ran.stdout) == (ExitCode.DONE, "")
    message = email.message_from_bytes((tmp_path / "mail.eml").read_bytes(), policy=default)
    assert isinstance(message, EmailMessage)
    assert "Health dropped" in str(message["Subject"])
    assert (tmp_path / "mail.html").read_text().startswith("<!doctype html>")


def test_a_preview_as_json_holds_what_is_posted(tmp_path: Path) -> None:
    ran = pulse("alerts", "preview", "--channel", "slack", "--lang", "sv", "--json", cwd=tmp_path)
    made = json.loads(ran.stdout)
    assert (made["channel"], made["language"], made["kind"]) == ("slack", "sv", "band_dropped")
    assert faults(json.loads(made[".json"])) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--lang", "fr"), "there are en, de, es, nb, sv"),
        (("--step", "commented"), "opened, escalated, resolved"),
        (("--channel", "teams", "--out", "card.eml"), ".json, .txt"),
        (("--kind", "nonsense"), "nonsense"),
    ],
)
def test_what_there_is_not_is_said_and_nothing_is_written(
    tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    ran = pulse("alerts", "preview", *arguments, cwd=tmp_path)
    assert ran.returncode == ExitCode.USAGE
    assert said in ran.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def mails() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def web() -> Iterator[WebServer]:
    with web_server() as server:
        yield server


def configured(folder: Path, broker: Broker, mails: MailServer, web: WebServer) -> None:
    hook = {"url": f"{web.url}/in", "keys": KEY}
    targets = {"webhooks": {"crm": hook}, "outbound": {"private_hosts": [web.host]}}
    told = {
        "broker": broker.model_dump(mode="json"),
        "delivery": {"smtp": {"port": mails.port}, "targets": targets},
    }
    (folder / "pulse.yaml").write_text(json.dumps(told))


def test_a_manager_s_channels_are_tried_out_for_real(
    tmp_path: Path, fresh_embedded_broker: Broker, mails: MailServer, web: WebServer
) -> None:
    configured(tmp_path, fresh_embedded_broker, mails, web)
    channels = (
        Contact(kind=ContactKind.CONSOLE),
        Contact(kind=ContactKind.EMAIL, address="manager07@example.test"),
        Contact(kind=ContactKind.WEBHOOK, address="crm"),
        Contact(kind=ContactKind.WEBHOOK, address="nowhere"),
        Contact(kind=ContactKind.SLACK, address="C0123456789"),
    )
    write(fresh_embedded_broker, managers=[manager("M-07", channels=channels, locale="de")])
    ran = pulse("alerts", "test", "M-07", "--json", cwd=tmp_path)
    receipts = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [(it["channel"], it["outcome"], it["reason"]) for it in receipts] == [
        ("email", "delivered", "accepted"),
        ("webhook", "delivered", "accepted"),
        ("webhook", "suppressed", "unusable_address"),
        ("slack", "suppressed", "channel_not_offered"),
    ]
    assert all(it["test"] for it in receipts)
    assert ran.returncode == ExitCode.FAILED
    (mail,) = mails.until(1)
    assert mail.recipient == "manager07@example.test"
    assert str(mail.message["Subject"]).startswith("Test: ")
    assert json.loads(web.requests[0].body)["data"]["test"] is True

    web.reply = lambda _: Reply(500)
    one = pulse("alerts", "test", "M-07", "--channel", "email", cwd=tmp_path)
    assert (one.returncode, one.stdout) == (ExitCode.DONE, "email: delivered (accepted) 250 OK\n")
    unknown = pulse("alerts", "test", "M-99", cwd=tmp_path)
    assert (unknown.returncode, "no manager M-99" in unknown.stderr) == (ExitCode.FAILED, True)
    absent = pulse("alerts", "test", "M-07", "--channel", "teams", cwd=tmp_path)
    assert (absent.returncode, "has no teams" in absent.stderr) == (ExitCode.FAILED, True)


def test_without_a_broker_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "pulse.yaml").write_text(f"broker: {{bootstrap: '127.0.0.1:{free_port()}'}}\n")
    ran = pulse("alerts", "test", "M-07", cwd=tmp_path)
    assert ran.returncode == ExitCode.UNAVAILABLE
    assert "no broker answers" in ran.stderr
