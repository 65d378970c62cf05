"""The plan of faults follows from its seed, and leaves everything up."""

import pytest

from tests.torture.plan import AT_FIRST, BROKER, SINK, WORKERS, Act, Fault, kills_of, random_plan


def after(plan: list[Fault]) -> dict[str, Act]:
    """What was last done to each process."""
    return {fault.target: fault.act for fault in plan}


def test_the_same_seed_and_number_make_the_same_plan() -> None:
    assert random_plan(7, 40) == random_plan(7, 40)
    assert random_plan(7, 40) != random_plan(8, 40)


@pytest.mark.parametrize("seed", range(20))
def test_it_has_the_kills_asked_for_and_leaves_everything_up(seed: int) -> None:
    plan = random_plan(seed, 30)
    assert kills_of(plan) == 30
    assert plan == sorted(plan)
    last = after(plan)
    assert all(last[name] in (Act.START, Act.CONTINUE, Act.JOIN, Act.LEAVE) for name in last)
    assert sum(act is Act.LEAVE for act in last.values()) < len(WORKERS)


@pytest.mark.parametrize("seed", range(20))
def test_what_is_down_is_not_killed_and_who_left_is_left_alone(seed: int) -> None:
    up = dict.fromkeys((*AT_FIRST, SINK, BROKER), True)
    for fault in random_plan(seed, 60):
        if fault.act in (Act.START, Act.JOIN):
            assert not up.get(fault.target, False), fault
            up[fault.target] = True
        else:
            assert up[fault.target], fault
            if fault.act in (Act.KILL, Act.TERMINATE, Act.LEAVE):
                up[fault.target] = False


def test_three_hundred_kills_take_well_under_half_an_hour() -> None:
    plan = random_plan(1, 300)
    assert plan[-1].at_s / 300 < 6.0
    assert {fault.act for fault in plan} == set(Act)
