"""The alert steps of a seed, and by a code of its own who must be told of each."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from random import Random
from typing import Final

from schemas.alerts import AlertKind, AlertStep, CalledRole, StepKind, StepReason, Suggestion, alert_id
from schemas.deliveries import notification_id
from schemas.events.managers import Contact, ContactKind, ManagerProfileData, ManagerProfileSet, Role
from schemas.ids import AccountId, EventId, ManagerId, Source

MANAGERS: Final = tuple(ManagerId(f"M-{number}") for number in range(8))
HOOKS: Final = {manager: f"hook-{manager.lower()}" for manager in MANAGERS[::2]}
"""The name of a manager's webhook, of those who have one."""

_BEGAN: Final = datetime(2026, 1, 1, tzinfo=UTC)
_NEXT: Final = {
    StepKind.ESCALATED: StepReason.BY_PERSON,
    StepKind.RESOLVED: StepReason.BAND_RECOVERED,
    StepKind.ACKNOWLEDGED: StepReason.BY_PERSON,
    StepKind.COMMENTED: StepReason.BY_PERSON,
}


@dataclass(frozen=True, slots=True)
class Episode:
    """One that is open: its account, number, and number of steps so far."""

    account: AccountId
    number: int
    steps: int
    owner: ManagerId
    above: ManagerId

    @property
    def alert(self) -> str:
        """Its id."""
        return alert_id(self.account, AlertKind.BAND_DROPPED, self.number)


def managers() -> Iterator[ManagerProfileSet]:
    """Each with an inbox, a mailbox, and some with a webhook."""
    for manager in MANAGERS:
        channels = (Contact(kind=ContactKind.CONSOLE), *contacts(manager))
        data = ManagerProfileData(name=f"Manager {manager}", role=Role.ACCOUNT_MANAGER, channels=channels)
        yield ManagerProfileSet(
            id=EventId(f"set-{manager}"), source=Source("torture"), subject=AccountId(manager), time=_BEGAN, data=data
        )


def contacts(manager: ManagerId) -> tuple[Contact, ...]:
    """Where a manager's messages go: a mailbox of their own, and where they have one a webhook of their own."""
    mailbox = Contact(kind=ContactKind.EMAIL, address=f"{manager.lower()}@example.test")
    if manager not in HOOKS:
        return (mailbox,)
    return (mailbox, Contact(kind=ContactKind.WEBHOOK, address=HOOKS[manager]))


def steps(seed: int, now: datetime) -> Iterator[AlertStep]:
    """Without end: episodes open, climb, are acknowledged, end, and open again; one in twenty is written twice."""
    rng = Random(f"{seed}/steps")
    open_ones: list[Episode] = []
    numbers: dict[AccountId, int] = {}
    while True:
        if len(open_ones) < 20 or rng.random() < 0.5:
            episode = _opened(rng, numbers)
            open_ones.append(episode)
            step = _step(episode, StepKind.OPENED, StepReason.BAND_WORSENED, now)
        else:
            place = rng.randrange(len(open_ones))
            kind = rng.choice(list(_NEXT))
            episode = replace(open_ones[place], steps=open_ones[place].steps + 1)
            open_ones[place] = episode
            if kind is StepKind.RESOLVED:
                del open_ones[place]
            step = _step(episode, kind, _NEXT[kind], now)
        yield step
        if rng.random() < 0.05:
            yield step


def _opened(rng: Random, numbers: dict[AccountId, int]) -> Episode:
    account = AccountId(f"A-{rng.randrange(5_000)}")
    numbers[account] = numbers.get(account, 0) + 1
    owner, above = rng.sample(MANAGERS, 2)
    return Episode(account, numbers[account], 1, owner, above)


def _step(episode: Episode, step: StepKind, reason: StepReason, now: datetime) -> AlertStep:
    name = alert_id(episode.account, AlertKind.BAND_DROPPED, episode.number)
    return AlertStep(
        alert_id=name,
        step_id=f"{name}:{episode.steps}",
        account_id=episode.account,
        account_name=f"Example {episode.account}",
        kind=AlertKind.BAND_DROPPED,
        episode=episode.number,
        step_no=episode.steps,
        step=step,
        reason=reason,
        at=now,
        decided_at=now,
        historic=False,
        facts={"band_from": "watch", "band_to": "critical", "score": "20.0"},
        role=CalledRole.SALES,
        suggestion=Suggestion.CALL_CLIENT,
        owner=episode.owner,
        escalation_chain=(episode.above,) if step is StepKind.ESCALATED else (),
    )


def expected(written: list[AlertStep]) -> dict[str, Contact]:
    """By notification id where every message goes that somebody must get, or must be said to need no more.

    The end of an episode goes to whoever the steps before it were for.
    """
    wanted: dict[str, Contact] = {}
    told: dict[str, set[ManagerId]] = {}
    for step in {step.step_id: step for step in written}.values():
        match step.step:
            case StepKind.OPENED:
                recipients = {step.owner or ManagerId("")}
            case StepKind.ESCALATED:
                recipients = {step.escalation_chain[0]}
            case StepKind.RESOLVED:
                recipients = told.get(step.alert_id, set())
            case _:
                continue
        told.setdefault(step.alert_id, set()).update(recipients)
        for recipient in recipients:
            for contact in contacts(recipient):
                wanted[notification_id(step.step_id, recipient, contact.kind)] = contact
    return wanted
