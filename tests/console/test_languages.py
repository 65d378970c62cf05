"""The pages in the language of who reads them."""

import re
from html.parser import HTMLParser
from importlib.resources import files
from typing import Final

import httpx
import pytest

from consumers.runtime.wording import LANGUAGES
from schemas.events.managers import Role
from schemas.health import Dimension
from tests.console import samples
from tests.console.fixtures import Visitors, wait_known
from tests.console.serving import listening, stream_of, token
from tests.console.world import World

TODAY: Final = {"en": "Today", "de": "Heute", "es": "Hoy", "nb": "I dag", "sv": "I dag"}
AUSTRIAN: Final = "AM-AT"


@pytest.fixture(scope="module", autouse=True)
def austrian(told: World, address: str) -> None:
    """A manager who reads German as it is written in Austria, with an account."""
    told.tell(
        samples.manager(AUSTRIAN, "Manager 10", Role.ACCOUNT_MANAGER, "L-2", locale="de_AT"),
        samples.profile("AT-1", "Example Retail AT", AUSTRIAN, "48000"),
        samples.snapshot("AT-1", {"orders": (Dimension.COMMERCE, -30.5)}, owner=AUSTRIAN, at=samples.ago(hours=3)),
        samples.step("AT-1", name="Example Retail AT", owner=AUSTRIAN, at=samples.ago(hours=1)),
    )
    wait_known(address, AUSTRIAN)


def title(page: str) -> str:
    found = re.search(r"<h1>([^<]+)</h1>", page)
    assert found
    return found[1]


def test_a_page_is_in_the_language_of_the_profile_with_the_numbers_of_its_region(visitors: Visitors) -> None:
    page = visitors(AUSTRIAN).get("/").text.replace("\N{NO-BREAK SPACE}", " ")
    assert '<html lang="de-AT">' in page
    assert title(page) == "Heute"
    assert "€ 48.000" in page
    assert ">19,5<" in page
    account = visitors(AUSTRIAN).get("/account?id=AT-1").text
    assert "vor 3 Std." in account
    assert "Die Kundengesundheit von Example Retail AT ist von „beobachten“ auf „kritisch“ gefallen" in account


def test_a_reader_without_a_locale_reads_english(mine: httpx.Client) -> None:
    page = mine.get("/").text
    assert '<html lang="en">' in page
    assert title(page) == "Today"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_language_chosen_on_the_page_stays_for_the_session(visitors: Visitors, language: str) -> None:
    own = visitors("AM-1")
    form = {"csrf": token(own.get("/").text), "language": language, "next": "/inbox?state=resolved"}
    answer = own.post("/language", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/inbox?state=resolved")
    assert title(own.get("/").text) == TODAY[language]
    page = own.get("/").text
    assert f'<html lang="{language}">' in page
    assert f'value="{language}" lang="{language}" aria-current="true"' in page
    assert title(visitors("AM-1").get("/").text) == "Today", "another session keeps its own"


def test_choosing_the_own_language_again_keeps_its_region(visitors: Visitors) -> None:
    own = visitors(AUSTRIAN)
    for language in ("sv", "de"):
        own.post("/language", data={"csrf": token(own.get("/").text), "language": language})
    assert '<html lang="de-AT">' in own.get("/").text


def test_a_language_we_do_not_have_or_a_form_from_elsewhere_changes_nothing(visitors: Visitors) -> None:
    own = visitors("AM-1")
    assert own.post("/language", data={"csrf": token(own.get("/").text), "language": "xx"}).status_code == 404
    assert own.post("/language", data={"language": "de"}).status_code == 403
    assert title(own.get("/").text) == "Today"


@pytest.mark.parametrize(
    ("accepted", "said"),
    [("sv-SE,sv;q=0.9,en;q=0.5", "Logga in"), ("fr-FR,de-CH;q=0.8", "Anmelden"), ("fr", "Sign in")],
)
def test_who_is_nobody_yet_reads_in_the_language_of_the_browser(visitors: Visitors, accepted: str, said: str) -> None:
    page = visitors().get("/sign-in", headers={"accept-language": accepted}).text
    assert title(page) == said


def test_a_refusal_is_told_in_the_reader_s_language(visitors: Visitors) -> None:
    answer = visitors(AUSTRIAN).get("/account?id=A-1", headers={"accept-language": "es"})
    assert answer.status_code == 404
    assert "Diesen Kunden gibt es nicht, oder er gehört nicht zu Ihnen." in answer.text


def test_what_changes_on_an_open_page_is_in_the_language_of_the_page(told: World, visitors: Visitors) -> None:
    own = visitors(AUSTRIAN)
    own.post("/language", data={"csrf": token(own.get("/").text), "language": "nb"})
    with listening(own, stream_of(own.get("/account?id=AT-1").text)) as stream:
        told.publish(samples.snapshot("AT-1", {"orders": (Dimension.COMMERCE, 3.5)}, owner=AUSTRIAN, version=5))
        heard = stream.until("score-card")
    assert "Kundehelse" in heard[-1].data
    assert "53,5" in heard[-1].data


class Bare(HTMLParser):
    """Collects the texts a reader would see that no translation stands behind."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        self.found += re.findall(r"[A-Za-z]{2,}[A-Za-z ]*", data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        seen = ("title", "aria-label", "placeholder", "alt", "data-label")
        self.found += [value for name, value in attrs if name in seen and value and re.search(r"[A-Za-z]{2}", value)]


@pytest.mark.parametrize("package", ["consumers.console", "consumers.delivery"])
def test_no_text_stands_bare_in_a_template(package: str) -> None:
    found = {}
    for template in (files(package) / "templates").iterdir():
        bare = Bare()
        bare.feed(re.sub(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", "", template.read_text(encoding="utf-8"), flags=re.DOTALL))
        found[template.name] = sorted({text.strip() for text in bare.found} - {"Account Pulse"})
    assert {name: texts for name, texts in found.items() if texts} == {}
    assert found
