"""Small histories of which it is known what they come to, and how they are run through."""

from collections.abc import Iterable

import numpy as np

from pulse.rehearsing.course import Opened, Rehearsed, Told, rehearse
from pulse.rehearsing.reading import told_of
from schemas.catalogue import AnyEvent
from schemas.events.complaints import ComplaintAnswered, ComplaintWithdrawn
from schemas.ids import AccountId
from streams.core.policies import default_tables
from streams.core.rulebook import Rulebook
from streams.core.tables import Tables
from tests.core.bench import tables_with, to_facts, topic_index
from tests.core.building import DAY, HOUR, At, clock, course, opened, order, profile

WATCHFUL = tables_with(bands={"hysteresis": 3, "dwell_worse_s": DAY, "dwell_better_s": HOUR})
"""A drop must hold for a day."""


def told(events: Iterable[AnyEvent]) -> Told:
    """The events as they are read from the tables, in the order of their times."""
    listed = list(events)
    return told_of(to_facts(listed), np.array([topic_index(event) for event in listed], np.int64))


def run(events: Iterable[AnyEvent], until_s: float, tables: Tables | None = None) -> Rehearsed:
    """The events under a policy, the default if none is given, until some seconds after the start."""
    return rehearse(told(events), Rulebook.of((tables or default_tables()).policy), clock(until_s))


def days(found: Iterable[Opened]) -> list[tuple[str, str, float]]:
    """Account, kind and the day after the start of what opened."""
    return [(one.account, one.kind, (one.at - clock(0)) / DAY) for one in found]


def complaints() -> list[AnyEvent]:
    """Three complaints due after a day: one never answered, one answered too late on the same day, one in time."""
    never, late, in_time = (AccountId(f"A-{number}") for number in (1, 2, 3))
    return [
        *(
            profile(At(0, f"p-{name}", name), owner)
            for name, owner in ((never, "M-1"), (late, "M-1"), (in_time, "M-2"))
        ),
        *(opened(At(HOUR, f"o-{name}", name), due_after_s=DAY) for name in (never, late, in_time)),
        course(ComplaintAnswered, At(DAY + 3 * HOUR, "late", late)),
        course(ComplaintAnswered, At(DAY, "in time", in_time)),
    ]


def flapping(times: int = 3) -> list[AnyEvent]:
    """An account that complains that its business stands still and takes it back two hours later, again and again."""
    found: list[AnyEvent] = [order(0.0), order(DAY)]
    for number in range(1, times + 1):
        at_s = (10 + 5 * number) * DAY
        found.append(opened(At(at_s, f"o-{number}"), severity=4, complaint=f"C-{number}"))
        found.append(course(ComplaintWithdrawn, At(at_s + 2 * HOUR, f"w-{number}"), complaint=f"C-{number}"))
    return found
