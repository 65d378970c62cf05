"""Ten thousand reporting lines drawn by chance, with absences, delegates, leavers, circles and handovers.

What must hold is said here a second time, without the code under test: by walking profiles.
"""

import random
from dataclasses import dataclass
from typing import Final

import pytest

from schemas.alerts import AlertKind, LineGap, StepReason
from schemas.events.managers import ManagerProfileData, ManagerProfileSet, Role
from streams.core.escalation.climb import Climb, Move, Way
from streams.core.policies import default_tables
from tests.core.escalation.people import absent, at, directory_of, manager

BEGIN: Final = at("2026-03-02T10:00")
SPAN_S: Final = 40 * 86_400.0
"""Within which people are away, accounts handed over and watermarks jump; long after it everybody is back."""
LINES: Final = 10_000
KINDS: Final = (AlertKind.SHIPMENT_LATE, AlertKind.COMPLAINT_OVERDUE, AlertKind.COMPLAINT_REPEATED)
PASSED_OVER: Final = (LineGap.ABSENT, LineGap.ALREADY_TOLD, LineGap.DELEGATE_CYCLE, LineGap.UNKNOWN_DELEGATE)
RULES: Final = default_tables().policy.escalation


@dataclass(frozen=True, slots=True)
class World:
    """People, and who owned the account from when on."""

    people: list[ManagerProfileSet]
    owners: list[tuple[float, str]]
    kind: AlertKind

    def profile(self, name: str) -> ManagerProfileData | None:
        return next((one.data for one in self.people if one.subject == name), None)


def drawn(rng: random.Random) -> World:
    names = [f"M{number}" for number in range(rng.randint(1, 9))]
    known = [name for name in names if rng.random() < 0.95]
    people = []
    for name in known:
        place = names.index(name)
        above = rng.choice([*names[place + 1 :], None]) if rng.random() < 0.9 else rng.choice([*names, None])
        role = list(Role)[min(5, place + rng.randint(0, 1))]
        absences = []
        for _ in range(rng.choice([0, 0, 1, 2])):
            start = BEGIN + rng.uniform(-5 * 86_400.0, SPAN_S)
            delegate = rng.choice([*names, None, None])
            absences.append(absent(start, start + rng.uniform(3600.0, SPAN_S), delegate))
        people.append(manager(name, role, above, absences=tuple(absences)))
    handed_at = sorted(rng.uniform(BEGIN, BEGIN + SPAN_S) for _ in range(rng.choice([0, 0, 1, 2])))
    owners = [(moment, rng.choice(names)) for moment in (BEGIN, *handed_at)]
    return World(people, owners, rng.choice(KINDS))


def lived(world: World, watermarks: list[float], order: list[ManagerProfileSet]) -> list[Move]:
    """Every step as the worker takes them: what is due by each watermark in turn."""
    way = Way(directory_of(order), RULES, world.kind)
    (_, owner), *later = world.owners
    moves: list[Move] = []

    def come_to(whom: str, when: float, reason: StepReason) -> Climb:
        moves.append(way.begin(whom, when, reason))
        up = way.at_once(moves[-1].climb, when, opening=True)
        moves.extend([up] if up else [])
        return moves[-1].climb

    move = way.onward(come_to(owner, BEGIN, StepReason.DUE_PASSED))
    for watermark in watermarks:
        while True:
            if later and later[0][0] <= min(watermark, move.at if move else watermark):
                moment, owner = later.pop(0)
                move = way.onward(come_to(owner, moment, StepReason.OWNER_CHANGED))
            elif move is not None and move.at <= watermark:
                moves.append(move)
                move = way.onward(move.climb)
            else:
                break
    return moves


# ---- what must hold, said a second time ----


def reachable(world: World, owner: str) -> list[str]:
    """The line, by walking upwards; a circle ends at its highest role."""
    line: list[str] = []
    one: str | None = owner
    while one is not None and one not in line and world.profile(one) is not None:
        line.append(one)
        profile = world.profile(one)
        assert profile is not None
        one = profile.reports_to
    if one in line:
        roles = list(Role)
        circle = line[line.index(one) :]
        ranks = [roles.index(profile.role) for name in circle if (profile := world.profile(name))]
        line = line[: line.index(one) + ranks.index(max(ranks)) + 1]
    return line


def delegates_of(world: World, name: str) -> set[str]:
    """Whoever may ever stand in for somebody, and they themselves."""
    found, waiting = {name}, [name]
    while waiting:
        profile = world.profile(waiting.pop())
        fresh = {one.delegate for one in profile.absences if one.delegate} - found if profile else set()
        found |= fresh
        waiting += fresh
    return found


def is_there(world: World, name: str, when: float) -> bool:
    profile = world.profile(name)
    return profile is not None and not any(
        one.start_at.timestamp() <= when < one.end_at.timestamp() for one in profile.absences
    )


def episodes(world: World, moves: list[Move]) -> list[tuple[str, list[Move]]]:
    """The steps by owner."""
    parts: list[tuple[str, list[Move]]] = []
    for move in moves:
        if move.reason in (StepReason.DUE_PASSED, StepReason.OWNER_CHANGED):
            parts.append((move.climb.owner, []))
        parts[-1][1].append(move)
    assert [owner for owner, _ in parts] == [owner for _, owner in world.owners]
    return parts


def check(world: World, moves: list[Move]) -> None:
    parts = episodes(world, moves)
    for number, (owner, steps) in enumerate(parts):
        line = reachable(world, owner)
        holders = [move.climb.holder for move in steps]
        assert len(set(holders)) == len(holders), "somebody was told twice"
        allowed = set().union({owner}, *(delegates_of(world, one) for one in line))
        assert set(holders) <= allowed, "somebody outside the line was told"
        assert [move.at for move in steps] == sorted(move.at for move in steps)
        rungs = [line.index(move.climb.rung) for move in steps if move.climb.rung in line]
        assert rungs == sorted(rungs), "it climbed down"
        for move in steps:
            everybody_away = not any(is_there(world, one, move.at) for one in line)
            assert is_there(world, move.climb.holder, move.at) or everybody_away or not line, "told an absent one"
        if number == len(parts) - 1:
            check_nobody_left_out(world, line, steps)


def check_nobody_left_out(world: World, line: list[str], steps: list[Move]) -> None:
    """In the end whoever of the line was there when their turn came was told, by themselves or by who stands in."""
    holders: list[str] = []
    excused: set[str] = set()
    for move in steps:
        for gap in (one for one in move.gaps if one.manager in line and one.reason in PASSED_OVER):
            stand_ins = delegates_of(world, gap.manager) & set(holders)
            assert stand_ins or not is_there(world, gap.manager, move.at), f"{gap} was there"
            excused.add(gap.manager)
        holders.append(move.climb.holder)
    for one in line:
        assert one in excused or any(one in (move.climb.rung, move.climb.holder) for move in steps), f"{one} left out"
    if line and is_there(world, line[-1], BEGIN + 399 * 86_400.0):
        stood_in_for = delegates_of(world, line[-1]) & set(holders)
        assert stood_in_for, "neither the top nor anybody for them was told"


@pytest.mark.parametrize("part", range(4))
def test_everybody_who_must_be_told_is_and_nobody_else_and_it_ends(part: int) -> None:
    rng = random.Random(part)
    end = BEGIN + 400 * 86_400.0
    steps = 0
    for _ in range(LINES // 4):
        world = drawn(rng)
        moves = lived(world, [end], world.people)
        check(world, moves)
        shuffled = rng.sample(world.people, len(world.people))
        creeping = sorted(rng.uniform(BEGIN, BEGIN + 2 * SPAN_S) for _ in range(rng.randint(1, 30)))
        assert lived(world, [*creeping, end], shuffled) == moves
        steps += len(moves)
    assert steps > LINES // 4
