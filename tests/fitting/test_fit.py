"""A fit on a made history: what it learns, what it may not know, and what it refuses."""

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
import yaml

from pulse.errors import Missing
from pulse.fitting.document import FittedModel, flat
from pulse.fitting.errors import HistoryTooShort, TooFewOutcomes
from pulse.fitting.fit import Options, fit
from pulse.fitting.history import History, history_of
from pulse.fitting.logistic import require_scikit_learn
from pulse.fitting.usual import FEWEST_GAPS
from tests.fitting.histories import BEGIN, END, history, regular

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SHORT = Options(horizon_d=60)


@pytest.fixture(scope="module")
def fitted() -> FittedModel:
    return fit(history(), SHORT, "made", NOW)


def test_who_buys_by_a_rhythm_is_told_from_who_stopped(fitted: FittedModel) -> None:
    assert fitted.fitted.judging.base_rate < 0.6
    assert fitted.measured.model.average_precision > 0.9
    assert fitted.measured.model.precision_at_line > fitted.measured.fixed_30_days.precision_at_line + 0.1
    assert fitted.measured.model.recall_at_line > 0.7


def test_the_document_can_be_read_again_as_it_was(fitted: FittedModel) -> None:
    assert FittedModel.model_validate(yaml.safe_load(fitted.to_yaml())) == fitted
    assert fitted.to_yaml().startswith("# A model of silence")


def test_the_document_says_where_it_was_fitted_and_on_how_much(fitted: FittedModel) -> None:
    told = fitted.fitted
    assert (told.source, told.fitted_at, told.accounts) == ("made", NOW, 161)
    assert (told.begin, told.end) == (BEGIN, END)
    assert told.purchases == len(history().times)
    assert told.teaching.rows > told.teaching.accounts > 100


def test_the_figures_of_the_model_and_its_rivals_have_names_of_their_own(fitted: FittedModel) -> None:
    told = flat(fitted)
    for name in ("average_precision", "precision_at_line", "recall_at_line", "lead_time_days_median"):
        for prefix in ("", "own_line_", "rfm_", "fixed_30_days_"):
            assert prefix + name in told


def test_the_same_history_gives_the_same_model(fitted: FittedModel) -> None:
    assert fit(history(), SHORT, "made", NOW) == fitted


def test_the_order_of_the_purchases_changes_nothing(fitted: FittedModel) -> None:
    told = history()
    order = np.random.default_rng(2).permutation(len(told.times))
    shuffled = History(told.segments, told.account[order], told.times[order], told.amounts[order])
    again = fit(shuffled, SHORT, "made", NOW)
    assert again.model == fitted.model


def test_what_happens_after_the_first_judging_moment_teaches_nothing(fitted: FittedModel) -> None:
    first = fitted.fitted.judging.moments[0].timestamp()
    told = history()
    # Everybody buys every third day from then on, but for some who never do again.
    kept = told.times <= first
    stays = np.flatnonzero(np.arange(told.accounts) % 3)
    later = first + np.arange(1, 200, 3) * 86_400.0
    changed = History(
        told.segments,
        np.concatenate([told.account[kept], np.repeat(stays, len(later))]),
        np.concatenate([told.times[kept], np.tile(later, len(stays))]),
        np.concatenate([told.amounts[kept], np.ones(len(stays) * len(later))]),
    )
    options = replace(SHORT, judged_from=fitted.fitted.judging.moments[0])
    again = fit(changed, options, "made", NOW)
    assert again.model == fitted.model
    assert again.measured.rfm_alert_sum == fitted.measured.rfm_alert_sum
    assert again.measured != fitted.measured


def test_a_segment_has_a_line_of_its_own_once_it_has_enough_gaps() -> None:
    few = regular(accounts=2, seed=3, segments=("strategic",))[:2]
    told = history_of([*regular(segments=("mid", "long_tail")), *few])
    segments = fit(told, SHORT, "made", NOW).model.segments
    assert set(segments) == {"all", "mid", "long_tail"}
    assert min(one.gaps for one in segments.values()) >= FEWEST_GAPS


def test_a_wish_nothing_can_meet_takes_the_most_precise_line_that_still_finds_something() -> None:
    chance = fit(_by_chance(), replace(SHORT, wanted_precision=1.0), "made", NOW)
    assert chance.measured.model.recall_at_line > 0
    assert chance.measured.model.precision_at_line < 1


def test_a_history_of_four_months_is_too_short() -> None:
    with pytest.raises(HistoryTooShort, match="at least 242 are needed"):
        fit(history(span_d=120), Options(), "made", NOW)


def test_too_few_accounts_are_told_with_what_is_needed() -> None:
    with pytest.raises(TooFewOutcomes, match="at least 30 of each are needed") as raised:
        fit(history(accounts=12), SHORT, "made", NOW)
    assert 0 < raised.value.away < 30


def test_no_purchase_at_all_is_too_few() -> None:
    with pytest.raises(TooFewOutcomes):
        fit(history_of([]), SHORT, "made", NOW)


def test_only_who_fits_loads_scikit_learn() -> None:
    text = "import sys, pulse.commands.policy, pulse.fitting.fit, streams.worker.main; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert "pulse.fitting.logistic" in ran.stdout.split()
    assert not {"sklearn", "scipy"} & set(ran.stdout.split())


def test_without_scikit_learn_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(Missing, match=r"pip install 'account-pulse\[fit\]'"):
        require_scikit_learn()


def _by_chance() -> History:
    """Silence that nothing announces."""
    chance = np.random.default_rng(5)
    told = history(accounts=200)
    days = chance.uniform(0, 600, size=1600)
    return History(
        told.segments,
        chance.integers(0, told.accounts, size=1600),
        BEGIN.timestamp() + days * 86_400.0,
        np.ones(1600),
    )
