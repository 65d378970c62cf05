"""Old versions are lifted step by step, also inside a withdrawal."""

from typing import Any

from schemas.upcast import Step, upcast


def _to_v2(event: dict[str, Any]) -> dict[str, Any]:
    return event | {"type": "parcel.sent.v2", "data": {"weight_g": event["data"]["weight_kg"] * 1000}}


def _to_v3(event: dict[str, Any]) -> dict[str, Any]:
    return event | {"type": "parcel.sent.v3", "data": event["data"] | {"carrier": None}}


STEPS: dict[str, Step] = {"parcel.sent.v1": _to_v2, "parcel.sent.v2": _to_v3}
OLD = {"type": "parcel.sent.v1", "id": "1", "data": {"weight_kg": 2}}
NEWEST = {"type": "parcel.sent.v3", "id": "1", "data": {"weight_g": 2000, "carrier": None}}


def test_an_old_version_takes_every_step_to_the_newest() -> None:
    assert upcast(OLD, STEPS) == NEWEST


def test_the_newest_version_and_unknown_types_pass_unchanged() -> None:
    assert upcast(NEWEST, STEPS) == NEWEST
    assert upcast({"type": "something.else.v1"}, STEPS) == {"type": "something.else.v1"}


def test_the_fact_inside_a_withdrawal_is_lifted_too() -> None:
    withdrawal = {"type": "fact.withdrawn.v1", "data": {"original": OLD, "reason": "sent twice"}}
    assert upcast(withdrawal, STEPS)["data"] == {"original": NEWEST, "reason": "sent twice"}


def test_lifting_leaves_the_object_it_was_given_alone() -> None:
    withdrawal = {"type": "fact.withdrawn.v1", "data": {"original": OLD, "reason": "sent twice"}}
    upcast(withdrawal, STEPS)
    assert withdrawal["data"] == {"original": OLD, "reason": "sent twice"}


def test_a_withdrawal_without_an_original_is_left_to_the_models_to_refuse() -> None:
    broken: tuple[object, ...] = (None, [], {}, {"original": 5})
    for data in broken:
        assert upcast({"type": "fact.withdrawn.v1", "data": data}, STEPS)["data"] == data
