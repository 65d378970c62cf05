"""How lines are drawn, how rules are measured, and the rivals: by hand on a few rows."""

from datetime import timedelta

import numpy as np
import numpy.typing as npt
import pytest

from pulse.fitting.choosing import Drawn, average_precision, draw, judged
from pulse.fitting.history import Bought, history_of
from pulse.fitting.measuring import measure
from pulse.fitting.rivals import Rfm, rfm_of
from pulse.fitting.snapshots import Snapshots, Taker
from streams.core.policy import DAY_S
from streams.core.silence.line import Usual
from streams.core.silence.rhythm import Rhythm
from tests.fitting.histories import BEGIN

YES, NO = True, False


def snapshots(
    silent_d: list[float], stayed_away: list[bool], count: int = 5, account: list[int] | None = None
) -> Snapshots:
    rows = len(silent_d)
    some = np.full(rows, 10.0)
    return Snapshots(
        rhythm=Rhythm(np.zeros(rows), some, np.full(rows, count), some, some, some),
        usual=Usual(some, some),
        account=np.arange(rows) if account is None else np.array(account),
        silent_d=np.array(silent_d),
        spent=some,
        stayed_away=np.array(stayed_away),
    )


def truth(*values: bool) -> npt.NDArray[np.bool_]:
    return np.array(values)


def test_precision_and_recall_are_of_the_alerted_and_of_the_silent() -> None:
    assert judged(truth(YES, YES, YES, NO), truth(YES, YES, NO, NO)) == Drawn(0.0, 2 / 3, 1.0)
    assert judged(truth(YES, NO, NO, NO), truth(YES, YES, NO, NO)) == Drawn(0.0, 1.0, 0.5)
    assert judged(truth(NO, NO), truth(YES, NO)).precision == 0


@pytest.mark.parametrize(
    "better, worse",
    [
        (Drawn(1, 0.8, 0.5), Drawn(1, 0.8, 0.4)),
        (Drawn(1, 0.8, 0.5), Drawn(1, 0.95, 0.3)),
        (Drawn(1, 0.8, 0.1), Drawn(1, 0.79, 0.9)),
        (Drawn(1, 0.7, 0.1), Drawn(1, 0.6, 0.9)),
        (Drawn(1, 0.3, 0.06), Drawn(1, 1.0, 0.04)),
    ],
)
def test_a_line_is_the_better_the_more_it_finds_once_it_is_precise_enough(better: Drawn, worse: Drawn) -> None:
    assert better.rank(0.8) > worse.rank(0.8)


def test_the_line_drawn_finds_the_most_at_the_precision_wished_for() -> None:
    score = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4])
    stayed_away = truth(YES, YES, NO, YES, NO, NO)
    assert draw(score, stayed_away, 0.75) == Drawn(0.6, 0.75, 1.0)
    assert draw(score, stayed_away, 0.9) == Drawn(0.8, 1.0, 2 / 3)


def test_average_precision_of_a_perfect_ranking_is_1() -> None:
    assert average_precision(np.array([3.0, 2.0, 1.0]), truth(YES, YES, NO)) == 1


def test_a_rule_alerts_once_the_silence_is_longer_than_its_line() -> None:
    judging = snapshots([30.0, 31.0, 90.0, 90.0], [YES, YES, YES, NO])
    found = measure(judging, judging.silent_d, np.full(4, 30.0), 90)
    assert (found.alerts, found.precision_at_line, found.recall_at_line) == (3, 0.6667, 0.6667)


def test_what_passed_the_line_long_ago_is_no_fresh_alert() -> None:
    judging = snapshots([45.0, 50.0, 300.0], [YES, NO, YES])
    found = measure(judging, judging.silent_d, np.full(3, 30.0), 90)
    assert (found.fresh_alerts, found.precision_of_fresh) == (2, 0.5)


def test_a_silence_seen_at_two_moments_counts_once_for_the_lead_time() -> None:
    judging = snapshots([40.0, 70.0, 100.0, 80.0, 80.0], [YES, YES, YES, YES, NO], account=[0, 0, 0, 1, 2])
    after_d = np.array([10.0, 10.0, 10.0, 50.0, 60.0])
    # Account 0 is told after 10 days and account 1 after 50; account 2 came back.
    assert measure(judging, judging.silent_d, after_d, 90).lead_time_days_median == 60


def test_a_rule_that_alerts_nobody_has_no_lead_time() -> None:
    judging = snapshots([5.0, 5.0], [YES, NO])
    found = measure(judging, judging.silent_d, np.full(2, np.inf), 90)
    assert (found.alerts, found.precision_of_fresh, found.lead_time_days_median) == (0, None, None)


RFM = Rfm(
    np.array([10.0, 20.0, 40.0, 80.0]), np.array([3.0, 4.0, 6.0, 9.0]), np.array([5.0, 8.0, 20.0, 50.0]), line=7.0
)


@pytest.mark.parametrize("count", [1, 3, 5, 7, 12])
def test_rfm_alerts_exactly_when_its_sum_has_fallen_to_the_line(count: int) -> None:
    silent_d = [0.5, 10.0, 10.5, 20.0, 25.0, 40.5, 80.0, 80.5, 500.0]
    rows = snapshots(silent_d, [NO] * len(silent_d), count=count)
    by_sum = -RFM.score(rows) <= RFM.line
    assert (rows.silent_d > RFM.alerts_after_d(rows)).tolist() == by_sum.tolist()


def test_rfm_adds_up_fifths() -> None:
    # Silent for 25 days: 3; bought on 5 days: 3; spent 10: 3.
    assert RFM.score(snapshots([25.0], [NO])).tolist() == [-9.0]


def test_the_cuts_of_rfm_part_its_history_in_fifths() -> None:
    silent_d = [float(day) for day in range(1, 101)]
    found = rfm_of(snapshots(silent_d, [day > 60 for day in silent_d]), 0.8)
    assert found.silence_d == pytest.approx([20.8, 40.6, 60.4, 80.2])


def test_a_snapshot_holds_what_was_known_and_whether_a_purchase_came_in_time() -> None:
    day0 = BEGIN.timestamp()
    bought = [0, 10, 20, 30, 130]
    told = history_of([Bought("", [day0 + day * DAY_S for day in bought], [1.0, 2.0, 4.0, 8.0, 16.0])])
    usual = Usual(np.array([30.0]), np.array([2.0]))
    taker = Taker(told, usual, timedelta(days=90), 3)
    taken = taker.take([BEGIN + timedelta(days=day) for day in (15, 25, 35, 45)])
    # On day 15 there are two purchases; from day 35 the next one is 95 days away, from day 45 it is 85.
    assert taken.stayed_away.tolist() == [NO, YES, NO]
    assert taken.spent.tolist() == [7.0, 15.0, 15.0]
    assert taken.silent_d.tolist() == [5.0, 5.0, 15.0]
