"""A policy is whole or refused, with every fault and its path at once."""

from collections.abc import Callable
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from streams.core.policies import default_tables, parse
from streams.core.policy import COUNTED_SIGNALS, DAY_S, DIMENSIONS, SIGNAL_INDEX, Policy
from tests.core.bench import default_document

Document = dict[str, Any]


def faults_of(change: Callable[[Document], object]) -> dict[str, str]:
    """Path and message of every fault of the default document after a change."""
    document = default_document()
    change(document)
    with pytest.raises(ValidationError) as caught:
        Policy.model_validate(document)
    return {".".join(str(step) for step in fault["loc"]): fault["msg"] for fault in caught.value.errors()}


def test_the_default_policy_is_whole() -> None:
    tables = default_tables()
    assert set(tables.policy.signals) == set(COUNTED_SIGNALS)
    assert tables.weight.sum() == pytest.approx(1.0)
    assert tables.half_life_s[SIGNAL_INDEX["orders"]] == 90 * DAY_S
    assert tables.half_life_s[SIGNAL_INDEX["orders_ever"]] == float("inf")
    assert len(tables.weight) == len(DIMENSIONS)


def test_every_fault_is_told_at_once_with_its_path() -> None:
    def spoil(document: Document) -> None:
        document["signals"]["contcat"] = document["signals"].pop("contact")
        document["signals"]["survey"]["points"] = 101
        document["dimensions"]["service"] = 0.9
        document["bands"]["at_risk_below"] = 80
        document["alerts"]["colour"] = "red"
        document["publish"]["heartbeat_s"] = 0
        del document["complaints"]["beta"]
        document["extra"] = 1

    faults = faults_of(spoil)
    assert faults.keys() == {
        "signals.contact",
        "signals.contcat.[key]",
        "signals.survey.points",
        "dimensions",
        "bands",
        "alerts.colour",
        "publish.heartbeat_s",
        "complaints.beta",
        "extra",
    }


@pytest.mark.parametrize(
    "change, path, says",
    [
        (lambda document: document["signals"].update(bogus=document["signals"]["contact"]), "bogus", "no such signal"),
        (lambda document: document["signals"].pop("usage"), "signals.usage", "missing"),
        (lambda document: document["dimensions"].update(service=0.36), "dimensions", "sum to 1"),
        (lambda document: document["dimensions"].pop("service"), "dimensions.service", "required"),
        (lambda document: document["dimensions"].update(other=0.1), "dimensions.other", "not permitted"),
        (lambda document: document["bands"].update(critical_below=50), "bands", "critical_below < at_risk_below"),
        (lambda document: document["signals"]["usage"].update(pionts=1), "signals.usage.pionts", "not permitted"),
        (lambda document: document["signals"]["usage"].update(half_life_d=0), "signals.usage.half_life_d", "greater"),
        (lambda document: document["signals"]["usage"].update(points=float("nan")), "signals.usage.points", "finite"),
        (lambda document: document.update(policy="Name With Spaces"), "policy", "pattern"),
        (lambda document: document.update(signals=[]), "signals", "dict"),
    ],
)
def test_a_fault_says_where_it_is_and_what_is_wrong(change: Callable[[Document], object], path: str, says: str) -> None:
    [(where, what)] = faults_of(change).items()
    assert path in where
    assert says in what


@pytest.mark.parametrize(
    "field, value", [("points", 20.1), ("points", -1), ("half_life_d", 90), ("dimension", "commerce")]
)
def test_recovery_must_be_a_share_of_its_complaint(field: str, value: object) -> None:
    faults = faults_of(lambda document: document["signals"]["recovered_3"].update({field: value}))
    assert list(faults) == ["signals"]
    assert "recovered_3" in faults["signals"]


@pytest.mark.parametrize(
    "signal, field, value, says",
    [
        ("products", "half_life_d", 60, "half-life of orders"),
        ("products", "points", 1, "no points"),
        ("products", "dimension", "service", "dimension and half-life of orders"),
        ("product_complaint", "points", 0.1, "a complaint never raises a score"),
        ("product_complaint", "dimension", "commerce", "expected service"),
    ],
)
def test_what_weighs_products_must_not_turn_a_score_around(signal: str, field: str, value: object, says: str) -> None:
    faults = faults_of(lambda document: document["signals"][signal].update({field: value}))
    assert list(faults) == ["signals"]
    assert signal in faults["signals"]
    assert says in faults["signals"]


@pytest.mark.parametrize("value", [-0.1, 5.1])
def test_how_steeply_kept_products_weigh_is_within_bounds(value: float) -> None:
    assert list(faults_of(lambda document: document["complaints"].update(delta=value))) == ["complaints.delta"]


def test_a_policy_is_read_from_yaml_and_is_frozen() -> None:
    policy = parse(yaml.safe_dump(default_document()))
    assert policy == default_tables().policy
    with pytest.raises(ValidationError):
        policy.version = 2
