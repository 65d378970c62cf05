"""Histories as columns, laid out of events one by one: what the rebuild is given, made the slow and plain way."""

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
from hypothesis import strategies as st

from schemas import plain
from schemas.catalogue import AnyEvent
from schemas.codec import to_structured
from schemas.events.interactions import (
    HandedOff,
    HandedOffData,
    Instrument,
    SurveyAnswered,
    SurveyData,
)
from schemas.events.withdrawals import WITHDRAWN
from schemas.ids import AccountId, HandOffId
from schemas.plain import Plain
from streams.core.facts import digest_of, seconds
from streams.core.history import History, first_tellings, withdrawals
from tests.core.building import SOURCE, At, override_set, usage, when, withdrawn
from tests.core.timelines import SPAN_S, timelines

ACCOUNTS = tuple(AccountId(f"A-{number}") for number in range(1, 4))


def survey(at: At, answer: int) -> SurveyAnswered:
    data = SurveyData(instrument=Instrument.CSAT, answer=answer, scale_min=1, scale_max=5)
    return SurveyAnswered(id=at.event_id("survey"), source=SOURCE, subject=at.account, time=when(at.at_s), data=data)


def handed_off(at: At) -> HandedOff:
    data = HandedOffData(hand_off_id=HandOffId("H-1"), to_team="service", due_at=when(at.at_s + 60))
    return HandedOff(id=at.event_id("handed off"), source=SOURCE, subject=at.account, time=when(at.at_s), data=data)


_AT = st.builds(At, st.integers(0, int(SPAN_S) - 1).map(float))
_MORE = st.lists(
    st.builds(survey, _AT, st.integers(1, 5))
    | st.builds(usage, _AT, st.sampled_from([0.0, 0.5, 12.0]))
    | st.builds(handed_off, _AT)
    | st.builds(override_set, _AT),
    max_size=4,
)


@st.composite
def histories(draw: st.DrawFn) -> list[AnyEvent]:
    """Distinct facts of several accounts in no order of time, of every kind that counts, some taken back."""
    told: list[AnyEvent] = []
    for account in draw(st.lists(st.sampled_from(ACCOUNTS), min_size=1, unique=True)):
        more = draw(_MORE)
        taken_back = [withdrawn(At(SPAN_S, f"x-{number}"), fact) for number, fact in enumerate(more[:1])]
        facts = [*draw(timelines()), *(fact.model_copy(update={"id": f"m-{n}"}) for n, fact in enumerate(more))]
        told += [of_account(account, event) for event in [*facts, *taken_back]]
    return draw(st.permutations(told))


def of_account(account: AccountId, event: AnyEvent) -> AnyEvent:
    """The same event about another account, what it takes back with it."""
    changed: dict[str, object] = {"subject": account, "id": f"{account}-{event.id}"}
    if event.type == WITHDRAWN:
        original = event.data.original.model_copy(update={"subject": account})
        changed["data"] = event.data.model_copy(update={"original": original})
    return event.model_copy(update=changed)


def history_of(events: Sequence[AnyEvent], accounts: Sequence[str]) -> History:
    """The facts as columns, each once; `account` is an index in `accounts`."""
    read = [plain.read(to_structured(event)) for event in events]
    counted = [event["data"]["original"] if event["type"] == WITHDRAWN else event for event in read]
    columns = withdrawals(counted)
    keys = [f"{event['subject']} {name}" for event, name in zip(read, columns.complaint, strict=True)]
    history = History(
        account=np.array([accounts.index(event["subject"]) for event in read], np.int64),
        kind=columns.kind,
        sign=np.array([-1.0 if event["type"] == WITHDRAWN else 1.0 for event in read]),
        told_at=np.array([seconds(event["time"]) for event in read]),
        at=columns.at,
        value=columns.value,
        low=columns.low,
        high=columns.high,
        code=columns.code,
        complaint=np.array([int.from_bytes(blake2b(key.encode(), digest_size=8).digest()) for key in keys], np.uint64),
        due_ms=columns.due_ms,
    )
    return history.taken(first_tellings(_digests(read), np.arange(len(read), 0, -1).astype(np.uint64)))


def _digests(read: Sequence[Plain]) -> "np.ndarray[tuple[int], np.dtype[np.uint64]]":
    return np.array([digest_of(event["source"], event["id"]) for event in read], np.uint64)
