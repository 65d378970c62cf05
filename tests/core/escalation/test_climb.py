"""The way up the reporting line: who is told next, when and why, and what is missing is named."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from schemas.alerts import AlertKind, LineGap, StepReason
from schemas.events.managers import Role
from streams.core.escalation.climb import Climb, Move, Way
from streams.core.escalation.directory import Directory
from streams.core.escalation.line import Gap, line_of, stand_in
from streams.core.policies import default_tables
from tests.core.escalation.people import LONG_AGO, NINE_TO_FIVE, absent, at, directory_of, manager, whole_line

HOUR = 3600.0
RULES = default_tables().policy.escalation
MONDAY = at("2026-03-02T10:00")
OVERDUE = AlertKind.SHIPMENT_LATE
ACCOUNT_MANAGER, LEAD, DIRECTOR, TOP = Role.ACCOUNT_MANAGER, Role.LEAD, Role.DIRECTOR, Role.VICE_PRESIDENT


def way(directory: Directory, kind: AlertKind = OVERDUE, **rules: Any) -> Way:
    return Way(directory, RULES.model_copy(update=rules), kind)


def begun(path: Way, owner: str = "Ann", when: float = MONDAY) -> Move:
    return path.begin(owner, when, StepReason.DUE_PASSED)


def course(path: Way, first: Move) -> list[Move]:
    """All steps when nobody ever reacts."""
    moves = [first]
    while (move := path.onward(moves[-1].climb)) is not None:
        moves.append(move)
    return moves


def told(moves: list[Move]) -> list[tuple[str, float]]:
    """Who, and hours after the first step."""
    return [(move.climb.holder, (move.at - moves[0].at) / HOUR) for move in moves]


# ---- climbing ----


def test_an_alert_nobody_takes_on_climbs_to_the_top_and_ends_there() -> None:
    path = way(directory_of(whole_line()))
    moves = course(path, begun(path))
    assert told(moves) == [("Ann", 0), ("Leo", 4), ("Dora", 12), ("Vic", 28)]
    assert [move.reason for move in moves[1:]] == [StepReason.UNACKNOWLEDGED] * 3
    assert [move.gaps for move in moves] == [()] * 4


def test_the_time_is_that_of_whoever_was_told_last() -> None:
    """Ann in Berlin is told at 16:00 and has one hour left of her day; Leo in Chicago begins at 9:00 there."""
    line = whole_line(
        Ann={"working_hours": NINE_TO_FIVE, "time_zone": "Europe/Berlin"},
        Leo={"working_hours": NINE_TO_FIVE, "time_zone": "America/Chicago"},
    )
    path = way(directory_of(line))
    moves = course(path, begun(path, when=at("2026-03-02T16:00+01:00")))
    assert moves[1].at == at("2026-03-03T12:00+01:00")
    assert moves[2].at == at("2026-03-03T17:00-06:00")


def test_who_names_no_hours_works_those_of_the_policy() -> None:
    path = way(directory_of(whole_line(Ann={"working_hours": ()})))
    assert course(path, begun(path, when=at("2026-03-06T16:00")))[1].at == at("2026-03-09T12:00")


def test_kinds_differ_in_pace_and_some_stay() -> None:
    people = directory_of(whole_line())
    urgent, glad = way(people, AlertKind.COMPLAINT_OVERDUE), way(people, AlertKind.UPSELL_READY)
    assert told(course(urgent, begun(urgent)))[1] == ("Leo", 2)
    assert told(course(glad, begun(glad))) == [("Ann", 0)]


def test_who_has_no_working_time_for_a_year_is_not_waited_for() -> None:
    path = way(directory_of(whole_line(Ann={"absences": (absent(at("2021-01-01T00:00"), at("2040-01-01T00:00")),)})))
    first = path.given(begun(path).climb, "Ann", MONDAY)
    assert first.climb.holder == "Ann"
    assert path.onward(first.climb) is not None


def test_an_account_of_an_assistant_climbs_through_every_rung() -> None:
    people = [manager("Asa", Role.ASSISTANT, "Sol"), manager("Sol", Role.ASSOCIATE, "Ann"), *whole_line()]
    path = way(directory_of(people))
    assert [who for who, _ in told(course(path, begun(path, "Asa")))] == ["Asa", "Sol", "Ann", "Leo", "Dora", "Vic"]


# ---- at once ----


def test_a_repeated_complaint_goes_one_rung_up_at_once_and_one_more_each_time() -> None:
    path = way(directory_of(whole_line()), AlertKind.COMPLAINT_REPEATED)
    first = begun(path)
    second = path.at_once(first.climb, MONDAY, opening=True)
    assert second is not None
    third = path.at_once(second.climb, MONDAY + 60, opening=False)
    assert third is not None
    assert [move.climb.holder for move in (first, second, third)] == ["Ann", "Leo", "Dora"]
    assert {second.reason, third.reason} == {StepReason.CLIMBS_AT_ONCE}


def test_a_kind_starts_with_the_rung_the_policy_names() -> None:
    people = [manager("Asa", Role.ASSISTANT, "Sol"), manager("Sol", Role.ASSOCIATE, "Ann"), *whole_line()]
    path = way(directory_of(people), starts_with={OVERDUE: Role.LEAD})
    move = path.at_once(begun(path, "Asa").climb, MONDAY, opening=True)
    assert move is not None
    assert move.climb.holder == "Leo"
    assert path.at_once(begun(path, "Asa").climb, MONDAY, opening=False) is None
    assert path.at_once(begun(path, "Dora").climb, MONDAY, opening=True) is None


def test_at_the_top_nothing_climbs_at_once() -> None:
    path = way(directory_of(whole_line()), AlertKind.COMPLAINT_REPEATED)
    assert path.at_once(begun(path, "Vic").climb, MONDAY, opening=True) is None


# ---- absences ----


def test_a_delegate_stands_in_and_the_line_goes_on_above_the_absent() -> None:
    away = (absent(MONDAY - HOUR, MONDAY + 100 * HOUR, "Dan"),)
    people = [*whole_line(Leo={"absences": away}), manager("Dan", LEAD, "Dora")]
    moves = course(path := way(directory_of(people)), begun(path))
    assert [who for who, _ in told(moves)] == ["Ann", "Dan", "Dora", "Vic"]
    assert (moves[1].climb.rung, moves[1].climb.holder) == ("Leo", "Dan")


def test_a_delegate_who_is_away_has_a_delegate() -> None:
    away = {name: (absent(MONDAY - HOUR, MONDAY + HOUR, to),) for name, to in (("Leo", "Dan"), ("Dan", "Eve"))}
    people = [*whole_line(Leo={"absences": away["Leo"]}), manager("Dan", LEAD, absences=away["Dan"])]
    assert stand_in("Leo", MONDAY, directory_of([*people, manager("Eve", LEAD)])) == ("Eve", None)
    assert stand_in("Leo", MONDAY, directory_of(people)) == (None, LineGap.UNKNOWN_DELEGATE)


@pytest.mark.parametrize(
    "delegate, gap",
    [(None, LineGap.ABSENT), ("Leo", LineGap.DELEGATE_CYCLE), ("Nobody", LineGap.UNKNOWN_DELEGATE)],
)
def test_where_nobody_stands_in_the_level_is_passed_over_and_named(delegate: str | None, gap: LineGap) -> None:
    away = (absent(MONDAY - HOUR, MONDAY + 100 * HOUR, delegate),)
    path = way(directory_of(whole_line(Leo={"absences": away})))
    move = course(path, begun(path))[1]
    assert (move.climb.holder, move.gaps) == ("Dora", (Gap(gap, "Leo"),))


def test_an_owner_who_is_away_is_stood_in_for_from_the_beginning() -> None:
    away = (absent(MONDAY - HOUR, MONDAY + 100 * HOUR, "Dan"),)
    path = way(directory_of([*whole_line(Ann={"absences": away}), manager("Dan", ACCOUNT_MANAGER)]))
    assert begun(path).climb.holder == "Dan"


def test_a_delegate_who_was_told_already_is_not_told_twice() -> None:
    away = (absent(MONDAY - HOUR, MONDAY + 100 * HOUR, "Leo"),)
    path = way(directory_of(whole_line(Ann={"absences": away})))
    moves = course(path, begun(path))
    assert [who for who, _ in told(moves)] == ["Leo", "Dora", "Vic"]
    assert moves[1].gaps == (Gap(LineGap.ALREADY_TOLD, "Leo"),)


def test_who_goes_away_while_the_clock_runs_hands_over_at_the_first_working_moment_they_miss() -> None:
    away = (absent(at("2026-03-07T00:00"), at("2026-03-20T00:00"), "Dan"),)
    people = [*whole_line(Ann={"absences": away, "working_hours": NINE_TO_FIVE}), manager("Dan", ACCOUNT_MANAGER)]
    moves = course(path := way(directory_of(people)), begun(path, when=at("2026-03-06T16:00")))
    assert (moves[1].climb.holder, moves[1].reason) == ("Dan", StepReason.WENT_AWAY)
    assert moves[1].at == at("2026-03-09T09:00")
    assert moves[2].climb.holder == "Leo"


def test_when_all_above_are_away_the_first_who_comes_back_is_told() -> None:
    back = {"Leo": 300, "Dora": 200, "Vic": 400}
    line = whole_line(**{one: {"absences": (absent(MONDAY, MONDAY + hours * HOUR),)} for one, hours in back.items()})
    moves = course(path := way(directory_of(line)), begun(path))
    assert told(moves)[1] == ("Dora", 200)
    assert told(moves)[-1] == ("Vic", 400)


def test_when_everybody_is_away_the_owner_is_told_all_the_same() -> None:
    line = whole_line(
        **{one: {"absences": (absent(MONDAY, MONDAY + 9 * HOUR),)} for one in ("Ann", "Leo", "Dora", "Vic")}
    )
    first = begun(way(directory_of(line)))
    assert (first.climb.holder, [gap.reason for gap in first.gaps]) == ("Ann", [LineGap.ABSENT] * 4)


# ---- the line ----


def test_a_level_that_nobody_fills_is_skipped_and_named() -> None:
    people = [manager("Ann", ACCOUNT_MANAGER, "Dora"), manager("Dora", DIRECTOR, "Vic"), manager("Vic", TOP)]
    moves = course(path := way(directory_of(people)), begun(path))
    assert [who for who, _ in told(moves)] == ["Ann", "Dora", "Vic"]
    assert [move.gaps for move in moves] == [(Gap(LineGap.VACANT_LEVEL, "Ann"),), (), ()]


def test_an_assistant_without_an_associate_above_is_no_gap() -> None:
    people = directory_of([manager("Asa", Role.ASSISTANT, "Ann"), *whole_line()])
    assert line_of("Asa", people).vacancies(people) == []


def test_a_circle_is_opened_at_its_highest_role() -> None:
    people = [manager("Ann", ACCOUNT_MANAGER, "Leo"), manager("Leo", LEAD, "Dora"), manager("Dora", DIRECTOR, "Ann")]
    people_known = directory_of(people)
    assert line_of("Ann", people_known).people == ("Ann", "Leo", "Dora")
    assert line_of("Leo", people_known).people == ("Leo", "Dora")
    assert line_of("Dora", people_known).people == ("Dora",)
    assert line_of("Dora", people_known).end == Gap(LineGap.REPORTS_CYCLE, "Dora")
    below = directory_of([*people, manager("Asa", Role.ASSISTANT, "Leo")])
    assert line_of("Asa", below).people == ("Asa", "Leo", "Dora")


def test_who_reports_to_themselves_is_the_top() -> None:
    assert line_of("Vic", directory_of([manager("Vic", TOP, "Vic")])).people == ("Vic",)


def test_a_manager_who_left_ends_the_line_and_is_named_until_somebody_follows() -> None:
    people = directory_of(whole_line())
    path = way(people)
    first = begun(path)
    people.forget("Leo")
    assert path.onward(first.climb) is None
    assert begun(path).gaps == (Gap(LineGap.UNKNOWN_MANAGER, "Leo"),)
    people.learn(manager("Ann", ACCOUNT_MANAGER, "Dora", told_at=LONG_AGO + timedelta(days=1)))
    move = path.onward(first.climb)
    assert move is not None
    assert (move.climb.holder, move.at) == ("Dora", MONDAY + 4 * HOUR)


def test_when_whoever_has_it_left_it_goes_on_above_their_rank() -> None:
    people = directory_of([*whole_line(), manager("Lou", LEAD, "Dora")])
    path = way(people)
    second = course(path, begun(path))[1]
    people.forget("Leo")
    people.learn(manager("Ann", ACCOUNT_MANAGER, "Lou", told_at=LONG_AGO + timedelta(days=1)))
    move = path.onward(second.climb)
    assert move is not None
    assert move.climb.holder == "Dora"


@pytest.mark.parametrize(
    "owner, gap", [("", Gap(LineGap.NO_OWNER, "")), ("Nobody", Gap(LineGap.UNKNOWN_OWNER, "Nobody"))]
)
def test_without_an_owner_we_know_there_is_no_line_and_that_is_named(owner: str, gap: Gap) -> None:
    path = way(directory_of(whole_line()))
    first = begun(path, owner)
    assert (first.climb.holder, first.gaps, path.onward(first.climb)) == (owner, (gap,), None)


def test_a_line_that_ends_too_low_is_named() -> None:
    moves = course(path := way(directory_of([*whole_line()[:2], manager("Dora", DIRECTOR)])), begun(path))
    assert moves[-1].gaps == (Gap(LineGap.ENDS_BELOW_TOP, "Dora"),)


# ---- people ----


def test_it_climbs_on_above_the_line_where_somebody_outside_was_given_it() -> None:
    people = [*whole_line(), manager("Tom", LEAD, "Vic")]
    path = way(directory_of(people))
    given = path.given(begun(path).climb, "Tom", MONDAY + HOUR)
    assert (given.climb.holder, given.climb.rung) == ("Tom", "Ann")
    assert [who for who, _ in told(course(path, given))] == ["Tom", "Leo", "Dora", "Vic"]


def test_given_to_somebody_above_it_climbs_on_from_there() -> None:
    path = way(directory_of(whole_line()))
    assert [who for who, _ in told(course(path, path.given(begun(path).climb, "Dora", MONDAY)))] == ["Dora", "Vic"]


def test_the_chain_names_who_has_it_and_who_would_be_told() -> None:
    path = way(directory_of(whole_line()))
    moves = course(path, begun(path))
    assert path.chain(moves[0].climb) == ("Ann", "Leo", "Dora", "Vic")
    assert path.chain(moves[1].climb) == ("Leo", "Dora", "Vic")
    assert path.chain(path.taken(moves[1].climb, "Tom")) == ("Tom", "Dora", "Vic")


def test_an_edited_policy_takes_no_time_from_who_has_it() -> None:
    people = directory_of(whole_line())
    first = begun(way(people))
    edited = way(people, delay_h=RULES.delay_h.model_copy(update={"account_manager": 0.1, "lead": 1.0}))
    moves = course(edited, first)
    assert told(moves)[:3] == [("Ann", 0), ("Leo", 4), ("Dora", 5)]


# ---- the directory ----


def test_profiles_count_by_event_time_in_whatever_order_they_come() -> None:
    later = LONG_AGO + timedelta(days=1)
    told_of = [
        manager("Ann", ACCOUNT_MANAGER, "Leo"),
        manager("Ann", LEAD, "Dora", told_at=later, event="a"),
        manager("Ann", DIRECTOR, "Vic", told_at=later, event="b"),
    ]
    for order in (told_of, told_of[::-1], [told_of[1], told_of[2], told_of[0]]):
        found = directory_of(order).find("Ann")
        assert found is not None
        assert (found.role, found.reports_to) == (DIRECTOR, "Vic")


def test_learning_something_new_moves_the_version_and_nothing_else_does() -> None:
    people = directory_of(whole_line())
    version = people.version
    people.learn(whole_line()[0])
    people.forget("Nobody")
    assert people.version == version
    people.forget("Ann")
    assert people.version == version + 1


def test_of_absences_that_overlap_one_with_a_delegate_counts() -> None:
    absences = (absent(MONDAY - 9, MONDAY + 9), absent(MONDAY - 5, MONDAY + 5, "Dan"))
    away = directory_of([manager("Ann", LEAD, absences=absences)]).away("Ann", MONDAY)
    assert away is not None
    assert away.delegate == "Dan"
    assert away.start_at == datetime.fromtimestamp(MONDAY - 5, UTC)


def test_a_climb_that_was_stored_goes_on_as_if_it_had_not_been() -> None:
    path = way(directory_of(whole_line()))
    climb = begun(path).climb
    stored = Climb(climb.owner, climb.rung, climb.rank, climb.holder, climb.told, climb.since, climb.delay_s)
    assert path.onward(stored) == path.onward(climb)
