"""A policy learned from histories with a known truth: what comes out, what may not be known, and what is refused."""

import doctest
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from pulse.fitting.errors import HistoryTooShort
from pulse.fitting.history import Bought, history_of
from pulse.learning import proposing
from pulse.learning.document import RULES, flat, to_yaml
from pulse.learning.errors import NothingLearned, TooFewOutcomes
from pulse.learning.learn import Options, Outcome, learn
from pulse.learning.past import Changed, past_of
from pulse.learning.weighing import weigh
from pulse.policies.reading import read_policy
from pulse.simulate.history import open_history
from streams.core.facts import KIND_INDEX
from streams.core.history import NO_DUE, History
from streams.core.policies import default_tables
from streams.core.policy import DIMENSIONS, SEVERITIES, Floats, Ints, Policy
from tests.learning.histories import BEGIN, TRUTH, Made, ordering, subscribed

SHORT = Options(horizon_d=30)
TABLES = default_tables()


def learned(made: Made, options: Options = SHORT) -> Outcome:
    return learn(made.past(), made.chunks(), TABLES, options)


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    return learned(subscribed())


def effects(policy: Policy) -> dict[str, float]:
    """Points of the score per unit of a signal."""
    return {name: one.points * policy.dimensions.of(one.dimension) for name, one in policy.signals.items()}


def test_the_order_of_what_matters_is_that_of_the_truth(outcome: Outcome) -> None:
    found = effects(outcome.proposal.policy)
    assert sorted(TRUTH, key=lambda name: -abs(found[name])) == list(TRUTH)
    assert abs(found["delivered"]) < abs(found["paid"])
    for name, truth in TRUTH.items():
        assert found[name] * truth > 0


def test_the_proposal_ranks_better_than_the_policy_and_than_rfm_on_months_it_had_not_seen(outcome: Outcome) -> None:
    figures = outcome.evidence.figures
    assert figures.keys() == RULES.keys()
    assert figures["proposal"].average_precision > figures["policy"].average_precision + 0.1
    assert figures["proposal"].average_precision > figures["rfm"].average_precision + 0.1
    assert figures["proposal"].average_precision > figures["model"].average_precision - 0.05
    assert outcome.evidence.better
    assert outcome.evidence.validated.better_in == outcome.evidence.validated.months > 2


def test_what_teaches_was_known_before_what_judges(outcome: Outcome) -> None:
    evidence = outcome.evidence
    assert (min(evidence.judging.moments) - max(evidence.teaching.moments)).days >= evidence.horizon_d
    assert evidence.teaching.lost > 30
    assert sum(evidence.teaching.outcomes.values()) == evidence.teaching.rows


def test_what_happens_after_the_first_judging_month_teaches_nothing(outcome: Outcome) -> None:
    first = outcome.evidence.judging.moments[0]
    made = subscribed()
    made.facts = [fact for fact in made.facts if fact[2] <= first.timestamp()]
    made.changes = [_turned(one) if one.at > first.timestamp() else one for one in made.changes]
    again = learned(made, replace(SHORT, judged_from=first))
    assert again.proposal == outcome.proposal
    assert again.evidence.judging != outcome.evidence.judging


def _turned(one: Changed) -> Changed:
    """Half of those who renewed cancel, and whoever cancelled renews."""
    cancels = one.change == "renewed" and int(one.account[2:]) % 2
    return one._replace(change="cancelled" if cancels else "renewed")


def test_a_complaint_never_raises_a_score_whatever_the_history_says() -> None:
    upside_down = {"complaint_3": 1.5, "disputed": 2.0, "sentiment": 1.0, "paid": -0.4}
    policy = learned(subscribed(truth=upside_down, base=2.8)).proposal.policy
    assert policy.signals["sentiment"].points > 0
    for name in ("complaint_3", "disputed"):
        assert policy.signals[name].points == 0
    assert "or the opposite" in policy.signals["disputed"].why
    assert policy.signals["paid"].points == 0


def test_nothing_weighs_below_zero_and_what_is_left_is_fitted_without_it() -> None:
    chance = np.random.default_rng(3)
    good, bad = chance.normal(size=(2, 4000))
    rounding = 1e-13 * chance.normal(size=4000)
    columns = np.column_stack([good, bad, good * 0, 10.0 + rounding])
    stayed = chance.random(4000) < 1 / (1 + np.exp(-(1.5 * good - 1.0 * bad)))
    found = weigh(columns, stayed, 1.0)
    assert found.weights[1:].tolist() == [0.0, 0.0, 0.0]
    assert found.weights[0] == pytest.approx(weigh(columns[:, :1], stayed, 1.0).weights[0], abs=1e-9)


def test_settling_returns_the_share_it_returned_before_and_never_more(outcome: Outcome) -> None:
    for severity in SEVERITIES:
        before, after = TABLES.policy.signals, outcome.proposal.policy.signals
        complaint, recovered = f"complaint_{severity}", f"recovered_{severity}"
        share = -before[recovered].points / before[complaint].points
        assert after[recovered].points == pytest.approx(-share * after[complaint].points, rel=0.01)
        assert after[recovered].points <= -after[complaint].points


def test_a_signal_that_too_few_accounts_have_had_keeps_its_points(outcome: Outcome) -> None:
    kept = {one.signal for one in outcome.proposal.learned if one.kept}
    assert {"survey", "usage", "complaint_4", "escalated"} <= kept
    for name in kept:
        assert outcome.proposal.policy.signals[name] == TABLES.policy.signals[name]


def test_dimensions_weigh_what_they_decide_and_sum_to_one(outcome: Outcome) -> None:
    weights = outcome.proposal.policy.dimensions
    assert sum(weights.of(one) for one in DIMENSIONS) == pytest.approx(1, abs=1e-9)
    assert min(weights.of(one) for one in DIMENSIONS) >= 0.09


def test_the_document_is_a_policy_of_another_name_with_its_evidence_before_it(outcome: Outcome, tmp_path: Path) -> None:
    path = tmp_path / "learned.yaml"
    path.write_text(to_yaml(outcome.proposal, TABLES.policy, outcome.evidence, "made", BEGIN))
    assert read_policy(path) == outcome.proposal.policy
    assert outcome.proposal.policy.name == "default-learned/2"
    head = path.read_text().split("policy: ")[0]
    assert head.startswith("# A PROPOSAL")
    for words in (*RULES.values(), "better than the policy in force", "renewed", "better in 6 of 6"):
        assert words in head


def test_the_same_history_gives_the_same_proposal_however_it_is_parted(outcome: Outcome) -> None:
    made = subscribed()
    assert learn(made.past(), made.chunks(parts=5), TABLES, SHORT).proposal == outcome.proposal


def test_without_subscriptions_orders_say_who_is_lost() -> None:
    found = learned(ordering())
    assert set(found.evidence.teaching.outcomes) == {"ordered_again", "ordered_no_more"}
    assert found.evidence.figures["proposal"].lead_time_days_median is not None


def test_the_figures_have_names_of_their_own(outcome: Outcome) -> None:
    told = flat(outcome.evidence)
    for name in ("average_precision", "precision_at_line", "recall_at_line", "lead_time_days_median"):
        for prefix in ("", "policy_", "rfm_", "model_"):
            assert prefix + name in told


def test_on_the_cdnow_log_where_only_orders_count_it_claims_nothing() -> None:
    names, bought, orders = [], [], []
    for number, customer in enumerate(islice(open_history().customers(), None, None, 12)):
        times = [order.fact.at.timestamp() for order in customer.orders]
        names.append(customer.account)
        bought.append(Bought("", times, [float(order.amount) for order in customer.orders]))
        orders += [(number, at) for at in times]
    chunk = (names, _only_orders(np.array([number for number, _ in orders]), np.array([at for _, at in orders])))
    found = learn(past_of(names, history_of(bought), []), [chunk], TABLES, Options())
    assert [one.signal for one in found.proposal.learned if not one.kept] == ["orders"]
    got = found.evidence.figures
    assert got["policy"].average_precision > found.evidence.judging.base_rate
    assert got["proposal"].average_precision == pytest.approx(got["policy"].average_precision, abs=0.02)
    assert not found.evidence.better
    assert "NOT rank better" in to_yaml(found.proposal, TABLES.policy, found.evidence, "CDNOW", BEGIN)


def _only_orders(account: Ints, at: Floats) -> History:
    many, nothing = len(account), np.zeros(len(account))
    return History(
        account=account,
        kind=np.full(many, KIND_INDEX["purchase.order_placed.v1"]),
        sign=np.ones(many),
        told_at=at,
        at=at,
        value=np.full(many, np.nan),
        low=nothing,
        high=nothing,
        code=np.zeros(many, np.int64),
        complaint=np.zeros(many, np.uint64),
        due_ms=np.full(many, NO_DUE),
    )


def test_too_few_outcomes_are_told_with_how_many_there_are_and_are_needed() -> None:
    with pytest.raises(TooFewOutcomes, match="at least 30 of each are needed") as raised:
        learned(subscribed(40))
    assert 0 < raised.value.lost < 30 < raised.value.stayed
    assert f"hold {raised.value.lost} of accounts lost" in str(raised.value)


def test_a_history_of_two_months_is_too_short() -> None:
    with pytest.raises(HistoryTooShort):
        learned(subscribed(100, months=3))


def test_no_history_at_all_is_too_few() -> None:
    with pytest.raises(TooFewOutcomes):
        learn(past_of([], history_of([]), []), [], TABLES, SHORT)


def test_a_history_in_which_nothing_tells_anything_is_refused() -> None:
    made = subscribed()
    made.facts = [fact for fact in made.facts if fact[1] == KIND_INDEX["purchase.subscription_changed.v1"]]
    with pytest.raises(NothingLearned):
        learned(made)


def test_worked_numbers_in_docstrings_are_right() -> None:
    ran = doctest.testmod(proposing)
    assert ran.attempted > 0
    assert ran.failed == 0
