"""What a rehearsal comes to, reckoned by hand."""

from datetime import date

from pulse.fitting.history import Bought, history_of
from pulse.learning.past import Changed, past_of
from pulse.rehearsing.churns import HORIZON_D, Life, lives_of
from pulse.rehearsing.course import Opened, Rehearsed
from pulse.rehearsing.figures import Foretold, Load, Period, Right, base_rate, figures
from streams.core.policy import DAY_S

YEAR = Period(0.0, 365 * DAY_S)


def at(account: str, day: float, kind: str = "band_dropped", owner: str = "M-1") -> Opened:
    return Opened(day * DAY_S, account, kind, owner)


def in_days(life: Life) -> tuple[list[tuple[float, float]], list[float]]:
    spans = zip(life.begins, life.ends, strict=True)
    return [(begin / DAY_S, end / DAY_S) for begin, end in spans], [moment / DAY_S for moment in life.lost_at]


def ordering(*days: float) -> dict[str, Life]:
    past = past_of(["A-1"], history_of([Bought("", [day * DAY_S for day in days], [1.0] * len(days))]), [])
    return lives_of(past, YEAR.until)


def subscribed(*changes: tuple[float, str]) -> dict[str, Life]:
    bought = history_of([Bought("", [day * DAY_S for day in (0, 1, 2)], [1.0] * 3)])
    changed = [Changed("A-1", day * DAY_S, change) for day, change in changes]
    return lives_of(past_of(["A-1"], bought, changed), YEAR.until)


def test_an_account_can_be_lost_from_its_third_order_on_and_is_after_ninety_days_without_one() -> None:
    assert in_days(ordering(0, 10, 20)["A-1"]) == ([(20.0, 110.0)], [110.0])
    assert ordering(0, 10) == {}


def test_a_history_without_an_order_has_nobody_to_lose() -> None:
    assert lives_of(past_of([], history_of([]), []), YEAR.until) == {}


def test_who_orders_again_can_be_lost_again() -> None:
    spans, lost = in_days(ordering(0, 10, 20, 150, 160)["A-1"])
    assert spans == [(20.0, 110.0), (150.0, 160.0), (160.0, 250.0)]
    assert lost == [110.0, 250.0]


def test_an_order_on_the_last_day_of_the_horizon_is_in_time() -> None:
    assert in_days(ordering(0, 10, 20, 110)["A-1"])[1] == [200.0]


def test_a_silence_whose_horizon_has_not_passed_at_the_end_is_no_loss() -> None:
    assert in_days(ordering(0, 10, 300)["A-1"]) == ([(300.0, 390.0)], [])


def test_of_who_has_a_subscription_only_its_cancellation_counts() -> None:
    spans, lost = in_days(subscribed((5, "started"), (100, "renewed"), (200, "cancelled"), (210, "started"))["A-1"])
    assert (spans[0], lost) == ((5.0, 200.0), [200.0])
    assert spans[1][0] == 210.0


def test_who_cancelled_before_anything_else_was_told_was_not_lost() -> None:
    assert in_days(subscribed((5, "cancelled"))["A-1"]) == ([], [])


def test_precision_counts_alerts_of_accounts_that_could_be_lost_and_whose_horizon_has_passed() -> None:
    lives = {"lost": Life([10 * DAY_S], [100 * DAY_S], [100 * DAY_S]), "kept": Life([0.0], [float("inf")], [])}
    opened = [
        at("lost", 20),  # followed after 80 days
        at("lost", 9),  # not won yet
        at("lost", 100),  # lost already
        at("kept", 50),
        at("kept", 365 - HORIZON_D + 1),  # nobody knows yet
        at("nobody", 50),  # never won
        at("lost", 30, "gone_silent"),
        at("lost", 30, "complaint_overdue"),  # foretells nothing
    ]
    found = figures("default/1", Rehearsed(opened), Rehearsed(), lives, YEAR)
    assert found.right["band_dropped"] == Right(judged=2, followed=1)
    assert found.right["gone_silent"] == Right(1, 1)
    assert found.right["all"] == Right(3, 2)
    assert found.right["all"].precision == 0.6667
    assert found.right["sharp_drop"].precision is None
    assert found.kinds["complaint_overdue"] == 1
    assert found.alerts == 8


def test_a_loss_is_foretold_by_the_first_alert_of_the_ninety_days_before() -> None:
    lives = {name: Life([0.0], [200 * DAY_S], [200 * DAY_S]) for name in ("early", "warned", "not warned")}
    opened = [
        at("early", 100),  # too long before
        at("warned", 160, "purchase_overdue"),
        at("warned", 180),
        at("warned", 120, "complaint_overdue"),  # foretells nothing
        at("not warned", 200),  # too late
    ]
    found = figures("default/1", Rehearsed(opened), Rehearsed(), lives, YEAR)
    assert found.foretold == Foretold(lost=3, warned=1, lead_d=40.0)
    assert found.foretold.share == 0.3333


def test_alerts_from_before_the_period_foretell_losses_in_it_and_count_for_nothing_else() -> None:
    lives = {"A-1": Life([0.0], [200 * DAY_S], [200 * DAY_S])}
    later = Period(180 * DAY_S, 365 * DAY_S)
    found = figures("default/1", Rehearsed([at("A-1", 170)], set()), Rehearsed(), lives, later)
    assert (found.alerts, found.right["all"].judged) == (0, 0)
    assert found.foretold == Foretold(1, 1, 30.0)


def test_the_load_is_that_of_owners_and_the_busiest_day_is_the_first_of_its_size() -> None:
    opened = [
        at("A-1", 1),
        at("A-2", 1.5),
        at("A-3", 9),
        at("A-1", 9.9),
        at("A-4", 9, owner="M-2"),
        at("A-5", 2, owner=""),
    ]
    done = Rehearsed(opened, {"M-1", "M-2", "M-3", "M-4"})
    found = figures("default/1", done, Rehearsed(), {}, Period(0.0, 10 * DAY_S))
    assert found.load == Load(4, 5 / (4 * 10), 2, "M-1", date(1970, 1, 2), unowned=1)


def test_flaps_removed_are_the_drops_that_patience_kept_from_being_told() -> None:
    raw = Rehearsed([at("A-1", day) for day in (1, 2, 3)] + [at("A-1", 4, "gone_silent")], set())
    found = figures("default/1", Rehearsed([at("A-1", 2)], set()), raw, {}, YEAR)
    assert found.flaps_removed == 2


def test_chance_is_how_many_were_lost_after_the_first_of_a_month() -> None:
    lives = {"lost": Life([0.0], [60 * DAY_S], [60 * DAY_S]), "kept": Life([0.0], [float("inf")], [])}
    # The firsts of February (day 31) and of March (day 59), and no later one, whose ninety days would not have passed.
    assert base_rate(lives, Period(0.0, 150 * DAY_S)) == Right(judged=4, followed=2)
