"""The page of a policy tried out: for leads and above, and of their own line alone."""

from tests.console.fixtures import Visitors
from tests.console.serving import token


def test_a_lead_sees_what_changes_in_the_own_line_and_nothing_of_another(visitors: Visitors) -> None:
    page = visitors("L-1").get("/trial").text
    assert "default/2 has been tried out since" in page
    assert page.count("Example Retail 1") == 1
    assert page.count("Manager 05") == 2, "once as the owner of moves, once of an account"
    assert "would be open" in page
    assert "Foreign Retail 1" not in page
    assert "Manager 07" not in page


def test_whoever_is_above_both_sees_both(visitors: Visitors) -> None:
    page = visitors("D-1").get("/trial").text
    assert page.index("Example Retail 1") < page.index("Foreign Retail 1")


def test_below_a_lead_there_is_no_such_page(visitors: Visitors) -> None:
    answer = visitors("AM-1").get("/trial")
    assert answer.status_code == 404
    assert 'href="/trial"' not in answer.text
    assert 'href="/trial"' in visitors("L-1").get("/").text


def test_it_is_read_in_the_own_language(visitors: Visitors) -> None:
    lead = visitors("L-1")
    for language, title in (("de", "Regelwerk auf Probe"), ("es", "Reglas a prueba"), ("nb", "Regelsett på prøve")):
        lead.post("/language", data={"language": language, "csrf": token(lead.get("/").text)})
        assert title in lead.get("/trial").text
