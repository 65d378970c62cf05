"""The life of an episode under anything that may happen, held against the table that the page is drawn from."""

from collections import defaultdict

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from schemas.alerts import AlertKind, AlertStep, StepKind
from schemas.catalogue import AnyEvent
from schemas.events.managers import Role
from streams.core.phases import CLIMBING, LIVE, TRANSITIONS, Phase, Refusal
from tests.core.bench import Bench
from tests.core.building import DAY, HOUR, MINUTE, At, answered, contact, opened, profile, withdrawn
from tests.core.escalation.acting import acknowledged, commented, reassigned, settled, snoozed
from tests.core.escalation.people import LONG_AGO, absent, manager, whole_line

PEOPLE = st.sampled_from(["Ann", "Leo", "Dora", "Vic", "Tom", "Nobody"])
RULED = (AlertKind.COMPLAINT_OVERDUE, AlertKind.BAND_DROPPED)


class Life(RuleBasedStateMachine):
    """One account, its alerts and its people; what was told is walked through the table again."""

    def __init__(self) -> None:
        super().__init__()
        self.bench = Bench()
        self.bench.hear(*whole_line(), manager("Tom", Role.LEAD, "Vic"))
        self.bench.live(profile(0, "Ann"), contact(1))
        self.now_s, self.number = MINUTE, 0
        self.sent: list[AnyEvent] = []

    def tell(self, event: AnyEvent) -> None:
        self.sent.append(event)
        self.bench.feed(event, watermark=self.now_s)

    def at(self) -> At:
        self.number += 1
        self.now_s += 1.0
        return At(self.now_s, f"e-{self.number}")

    def alert(self, place: int) -> str:
        known = list(dict.fromkeys(step.alert_id for step in self.bench.told.steps))
        return known[place % len(known)] if known else "0" * 32

    @rule(severity=st.integers(1, 4), due_s=st.sampled_from([MINUTE, HOUR]))
    def a_client_complains(self, severity: int, due_s: float) -> None:
        self.tell(opened(self.at(), severity, f"C-{self.number}", due_after_s=due_s))

    @rule()
    def everything_is_answered(self) -> None:
        for name in {one.data.complaint_id for one in self.sent if one.type == "complaint.opened.v1"}:
            self.tell(answered(self.at(), name))

    @rule()
    def the_last_complaint_is_taken_back(self) -> None:
        complaints = [one for one in self.sent if one.type == "complaint.opened.v1"]
        if complaints:
            self.tell(withdrawn(self.at(), complaints[-1]))

    @rule(which=st.integers(0, 5), actor=PEOPLE)
    def somebody_takes_it_on(self, which: int, actor: str) -> None:
        self.tell(acknowledged(self.at(), self.alert(which), actor))

    @rule(which=st.integers(0, 5), actor=PEOPLE, for_s=st.sampled_from([-HOUR, HOUR, DAY]))
    def somebody_puts_it_off(self, which: int, actor: str, for_s: float) -> None:
        self.tell(snoozed(self.at(), self.alert(which), actor, self.now_s + for_s))

    @rule(which=st.integers(0, 5), actor=PEOPLE, to=PEOPLE)
    def somebody_passes_it_on(self, which: int, actor: str, to: str) -> None:
        self.tell(reassigned(self.at(), self.alert(which), actor, to))

    @rule(which=st.integers(0, 5), actor=PEOPLE, over=st.booleans())
    def somebody_closes_it_or_says_something(self, which: int, actor: str, over: bool) -> None:
        self.tell((settled if over else commented)(self.at(), self.alert(which), actor))

    @rule()
    def the_last_of_it_is_sent_again(self) -> None:
        if self.sent:
            before = self.bench.refused.copy()
            self.bench.feed(self.sent[-1])
            assert self.bench.refused == before, "what was sent twice was looked at twice"

    @rule(owner=PEOPLE)
    def the_account_is_handed_over(self, owner: str) -> None:
        self.tell(profile(self.at(), owner))

    @rule(who=PEOPLE, delegate=st.none() | PEOPLE, days=st.sampled_from([0.5, 9.0]))
    def somebody_goes_away(self, who: str, delegate: str | None, days: float) -> None:
        known = self.bench.managers.find(who)
        if known is not None:
            self.number += 1
            begin = self.bench.told.steps[-1].at.timestamp() if self.bench.told.steps else 0.0
            away = (absent(begin, begin + days * DAY, delegate),)
            told_at = LONG_AGO.replace(microsecond=self.number)
            self.bench.hear(manager(who, known.role, known.reports_to, told_at=told_at, absences=away))

    @rule(who=PEOPLE)
    def somebody_leaves(self, who: str) -> None:
        self.bench.managers.forget(who)
        self.bench.hear()

    @rule(after_s=st.sampled_from([1.0, HOUR, 5 * HOUR, 3 * DAY]))
    def time_passes(self, after_s: float) -> None:
        self.now_s += after_s
        self.bench.flush(self.now_s)

    @rule(lag=st.integers(0, 20))
    def the_worker_dies(self, lag: int) -> None:
        self.bench.crash(lag)
        self.bench.hear()

    @invariant()
    def every_step_is_told_once(self) -> None:
        ids = [step.step_id for step in self.bench.told.steps]
        assert len(set(ids)) == len(ids)

    @invariant()
    def every_step_may_follow_the_one_before(self) -> None:
        for name, steps in by_episode(self.bench.told.steps).items():
            phase, holder = Phase.NONE, ""
            for number, step in enumerate(steps, 1):
                assert step.step_no == number, name
                assert step.step in TRANSITIONS[phase], f"{step.step} while {phase}"
                if step.step is StepKind.ESCALATED:
                    assert phase in CLIMBING
                    assert step.escalation_chain[0] != holder
                phase = TRANSITIONS[phase][step.step]
                holder = step.escalation_chain[0] if step.escalation_chain else holder
                if phase is Phase.ACKNOWLEDGED and step.step is StepKind.ACKNOWLEDGED:
                    assert holder == step.actor

    @invariant()
    def the_row_stands_where_the_steps_lead(self) -> None:
        """As far as the last flush: what a fact brought since is not told yet."""
        extra = self.bench.partition.extras[0]
        for kind in RULED:
            episode = extra.episodes.get(kind)
            steps = [step for step in self.bench.told.steps if step.kind is kind]
            waiting = bool(self.bench.partition.outbox)
            if episode and steps and not waiting and not self.bench.partition.dirty[0]:
                phase = Phase.NONE
                for step in steps:
                    phase = TRANSITIONS[phase][step.step]
                assert episode.phase is phase
                historic = next(step for step in steps if step.episode == episode.number).historic
                assert historic or (episode.phase in LIVE) == (episode.climb is not None)

    @invariant()
    def only_people_are_refused(self) -> None:
        asked = {Refusal.UNKNOWN_ALERT, Refusal.ALREADY_CLOSED, Refusal.ALREADY_TAKEN_ON, Refusal.PUT_OFF_TO_THE_PAST}
        assert set(self.bench.refused) <= asked


def by_episode(steps: list[AlertStep]) -> dict[str, list[AlertStep]]:
    found: defaultdict[str, list[AlertStep]] = defaultdict(list)
    for step in steps:
        found[step.alert_id].append(step)
    return found


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
