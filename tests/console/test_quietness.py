"""How long an account has been quiet and by when it is expected, in the viewer's words."""

from datetime import date, datetime, timedelta

import httpx

from consumers.console.quietness import quietness
from consumers.runtime.wording import reader_of
from schemas.health import Dimension, HealthSnapshot
from tests.console import samples
from tests.console.world import World

ENGLISH = reader_of("en_GB", "Pacific/Kiritimati")
SIGNALS = {"orders": (Dimension.COMMERCE, 3.0)}
NOW = datetime.fromisoformat("2026-05-12T03:00:00+00:00")


def saying(bought: date | None, order_by: date | None, heard: date | None = None) -> HealthSnapshot:
    days = {"last_purchase_on": bought, "purchase_expected_by": order_by, "last_word_on": heard}
    return samples.snapshot("A-1", SIGNALS).model_copy(update=days)


def lines(snapshot: HealthSnapshot) -> list[str]:
    return [f"{line.since} · {line.expected}" for line in quietness(snapshot, NOW, ENGLISH)]


def test_it_says_since_when_and_by_when() -> None:
    said = lines(saying(date(2026, 4, 30), date(2026, 5, 14)))
    assert said == ["Last purchase 12 days ago · next expected by 14 May 2026"]


def test_what_is_past_its_day_says_so_the_day_after_and_not_before() -> None:
    for day, overdue in ((date(2026, 5, 12), False), (date(2026, 5, 11), True)):
        [line] = quietness(saying(date(2026, 4, 30), day), NOW, ENGLISH)
        assert line.overdue is overdue
        assert line.expected == f"{'was' if overdue else 'next'} expected by {day.day} May 2026"


def test_today_and_yesterday_have_names_and_nothing_is_said_of_what_never_was() -> None:
    snapshot = saying(date(2026, 5, 11), None, date(2026, 5, 12))
    assert lines(snapshot) == ["Last purchase yesterday · ", "Last heard from today · "]
    assert lines(saying(None, None)) == []


def test_the_page_shows_it_from_the_warehouse(told: World, mine: httpx.Client) -> None:
    today = samples.NOW.date()
    quiet = samples.snapshot("Q-1", SIGNALS).model_copy(
        update={"last_purchase_on": today - timedelta(days=12), "purchase_expected_by": today + timedelta(days=300)}
    )
    told.tell(samples.profile("Q-1", "Quiet Retail", "AM-1"), quiet)
    page = mine.get("/account?id=Q-1").text
    assert "Last purchase " in page
    assert "next expected by " in page
    assert "Last heard from" not in page
