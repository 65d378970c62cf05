"""What a mail says and how it looks: parses, threads, links, and nothing of a hostile name gets out of its place."""

import email
from dataclasses import replace
from email.message import EmailMessage
from email.policy import default
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

from consumers.delivery.channels.links import Links
from consumers.delivery.channels.mail_message import mail_bytes, to_message
from consumers.delivery.decisions import Notification
from consumers.delivery.settings import DeliverySettings, SmtpSettings
from schemas.alerts import AlertKind, AlertStep, StepKind
from schemas.events.managers import ContactKind
from tests.delivery.samples import OWNER, band_dropped, band_recovered, complaint_overdue, manager

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SETTINGS, LINKS = DeliverySettings(), Links("https://pulse.example.test/")
HOSTILE = "Evil <script>document.title='owned'</script>\r\nBcc: all@example.test\u2028\u202e" + "W" * 120
EVERY_KIND = [band_dropped(), complaint_overdue(), band_recovered()]


def notification(step: AlertStep, **profile: Any) -> Notification:
    data = manager(**profile).data
    return Notification(step, OWNER, data, ContactKind.EMAIL, "manager07@example.test")


def parsed(step: AlertStep, **profile: Any) -> EmailMessage:
    message = email.message_from_bytes(mail_bytes(notification(step, **profile), SETTINGS, LINKS), policy=default)
    assert isinstance(message, EmailMessage)
    return message


def text_of(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content())


@pytest.mark.parametrize("step", EVERY_KIND, ids=lambda step: f"{step.kind}-{step.step}")
def test_a_mail_parses_without_defects_as_text_and_html_saying_the_same(step: AlertStep) -> None:
    message = parsed(step)
    assert not message.defects
    assert message.get_content_type() == "multipart/alternative"
    for kind in ("plain", "html"):
        assert "Example Retail 00042" in text_of(message, kind)
        assert "https://pulse.example.test/account?id=A-1#alerts" in text_of(message, kind)


def test_a_dropped_band_says_from_where_to_where_and_why() -> None:
    text = text_of(parsed(band_dropped()), "plain")
    assert "fell from “watch” to “critical”; its score is now 23 of 100." in text
    assert "−18.2  Complaint opened (Mar 2, 2026, 10:28\N{NO-BREAK SPACE}AM CET)" in text
    assert "−2.8  Contact logged" in text, "two signals of one event are one line"
    assert "€125,000" in text


def test_the_text_says_once_what_became_of_the_alert() -> None:
    first_lines = [text_of(parsed(step), "plain").splitlines()[0] for step in (band_dropped(), band_recovered())]
    assert first_lines == [
        "New alert: Health dropped, Example Retail 00042",
        "Resolved: Health dropped, Example Retail 00042",
    ]


RED, ORANGE, GREEN, GREY = "#a4262c", "#b3541e", "#1f7a4d", "#44546a"


@pytest.mark.parametrize(
    ("step", "colour"),
    [
        (band_dropped(), RED),
        (complaint_overdue(), ORANGE),
        (band_recovered(), GREEN),
        (band_dropped(kind=AlertKind.RECOVERED, facts={"band_from": "critical", "band_to": "watch"}), GREEN),
        (band_dropped(kind=AlertKind.UPSELL_READY, facts={}), GREEN),
        (band_recovered(step=StepKind.RETRACTED), GREY),
    ],
    ids=["critical", "due", "resolved", "recovered", "upsell", "retracted"],
)
def test_only_what_is_bad_is_red_or_orange(step: AlertStep, colour: str) -> None:
    bar = f'<td style="background:{colour};padding:10px 24px;'
    assert bar in text_of(parsed(step), "html")


def test_an_overdue_complaint_says_which_and_since_when() -> None:
    text = text_of(parsed(complaint_overdue(), locale="en_GB"), "plain")
    assert "2 complaints of Example Retail 00042 are unanswered past their time: C-17 and C-21." in text
    assert "The oldest was due 2 Mar 2026, 09:00 CET." in text
    assert "Answer the complaint today" in text


def test_numbers_money_and_dates_are_written_as_the_reader_writes_them() -> None:
    text = text_of(parsed(band_dropped(), locale="de_DE"), "plain").replace("\xa0", " ")
    assert "125.000 €" in text
    assert "02.03.2026, 10:30 MEZ" in text
    assert "−18,2" in text


SAID = [
    ("en_GB", "Complaint overdue: Example Retail 00042", "Suggested next step", "You get this message because you own"),
    (
        "de_DE",
        "Beschwerde überfällig: Example Retail 00042",
        "Empfohlener nächster Schritt",
        "Sie erhalten diese Nachricht",
    ),
    ("es_ES", "Reclamación sin responder: Example Retail 00042", "Siguiente paso recomendado", "Recibe este mensaje"),
    ("no_NO", "Klage over fristen: Example Retail 00042", "Anbefalt neste steg", "Du får denne meldingen"),
    ("sv_SE", "Klagomål över tiden: Example Retail 00042", "Rekommenderat nästa steg", "Du får det här meddelandet"),
]


@pytest.mark.parametrize(("locale", "subject", "step", "footer"), SAID)
def test_a_mail_is_in_the_reader_s_language_from_its_subject_to_its_footer(
    locale: str, subject: str, step: str, footer: str
) -> None:
    message = parsed(complaint_overdue(), locale=locale)
    assert message["Subject"] == subject
    assert message["Content-Language"] == locale.replace("no_", "nb_").replace("_", "-")
    assert f'<html lang="{message["Content-Language"]}">' in text_of(message, "html")
    for kind in ("plain", "html"):
        assert step in text_of(message, kind)
        assert footer in text_of(message, kind)


def test_every_attempt_sends_the_same_bytes() -> None:
    assert mail_bytes(notification(band_dropped()), SETTINGS, LINKS) == mail_bytes(
        notification(band_dropped()), SETTINGS, LINKS
    )


def test_a_mail_is_seven_bit_clean_with_short_lines() -> None:
    content = mail_bytes(notification(band_dropped(account_name="Grünçö 株式会社 " * 10)), SETTINGS, LINKS)
    content.decode("ascii")
    assert max(len(line) for line in content.split(b"\r\n")) <= 998
    assert b"\n" not in content.replace(b"\r\n", b"")


def test_a_hostile_name_adds_no_header_no_line_and_no_markup() -> None:
    message = parsed(band_dropped(account_name=HOSTILE), name="M\r\nBcc: all@example.test")
    assert "Bcc" not in message
    assert message["To"].addresses[0].addr_spec == "manager07@example.test"
    assert len(message["To"].addresses) == 1
    assert "\nBcc" not in text_of(message, "plain")
    assert "<script" not in text_of(message, "html")


def test_an_account_id_cannot_leave_its_place_in_the_link() -> None:
    text = text_of(parsed(band_dropped("../../x?y=1#z")), "plain")
    assert "https://pulse.example.test/account?id=..%2F..%2Fx%3Fy%3D1%23z#alerts" in text


def test_a_mail_carries_nothing_that_loads_or_acts() -> None:
    html = text_of(parsed(band_dropped()), "html")
    assert html.count("<a ") == 1
    for word in ("<img", "<form", "<script", "url(", "@import", "<link"):
        assert word not in html


def test_a_mail_with_signed_links_carries_two_and_both_are_pages() -> None:
    signed = Links("https://pulse.example.test", SecretStr("k" * 40))
    for told, links in ((band_dropped(), 2), (band_recovered(), 1)):
        message = to_message(notification(told), SETTINGS, signed)
        html, text = text_of(message, "html"), text_of(message, "plain")
        assert html.count("<a ") == links
        assert (text.count("https://pulse.example.test/act?t="), text.count("/account?id=A-1#alerts")) == (links - 1, 1)


def test_the_wish_to_get_no_more_goes_to_a_person() -> None:
    assert parsed(band_dropped())["List-Unsubscribe"] == f"<mailto:{SETTINGS.smtp.sender}?subject=unsubscribe>"
    own = DeliverySettings(smtp=SmtpSettings(unsubscribe_address="desk@example.test"))
    message = to_message(notification(band_dropped()), own, LINKS)
    assert message["List-Unsubscribe"] == "<mailto:desk@example.test?subject=unsubscribe>"
    assert "List-Unsubscribe-Post" not in message, "nothing here takes a one-click post"


def test_a_test_says_that_it_is_one_and_nothing_else_does() -> None:
    told = replace(notification(band_dropped()), test=True)
    message = to_message(told, SETTINGS, LINKS)
    assert str(message["Subject"]).startswith("Test: Health dropped")
    for kind in ("plain", "html"):
        assert "This is a test. Nothing has happened" in text_of(message, kind)
        assert "This is a test" not in text_of(parsed(band_dropped()), kind)


def test_mails_of_one_episode_are_one_thread() -> None:
    first, last = (
        to_message(notification(band_dropped()), SETTINGS, LINKS),
        to_message(notification(band_recovered()), SETTINGS, LINKS),
    )
    assert first["References"] == last["References"]
    assert first["Message-ID"] != last["Message-ID"]


@pytest.mark.parametrize("locale", [said[0] for said in SAID])
@pytest.mark.parametrize(
    "step", [*EVERY_KIND, band_dropped(account_name=HOSTILE)], ids=["drop", "due", "end", "hostile"]
)
def test_a_mail_fits_a_phone_and_runs_nothing(browser: "Browser", step: AlertStep, locale: str) -> None:
    page = browser.new_page(viewport={"width": 320, "height": 640})
    page.set_content(text_of(parsed(step, locale=locale), "html"))
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert page.title() != "owned"
    assert page.get_by_role("link").is_visible()
    page.close()
