"""Records as changes of an open page: HTML aimed at elements by their id.

A record is turned into what the viewer may see of it, or into nothing. Applying the same change twice leaves the page
as applying it once, so a page may be sent again what it has seen.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeVar

import structlog
from pydantic import BaseModel, ValidationError

from consumers.console.live.ring import Record
from consumers.console.models import Change, Episode, EpisodeState, from_step
from consumers.console.timeline import Entry, Telling, fact_key, from_event
from consumers.console.visiting import Visit
from schemas.alerts import AlertStep, StepKind
from schemas.codec import decode
from schemas.errors import BadEvent
from schemas.health import HealthSnapshot, PartKind
from schemas.topics import ALERTS, HEALTH

log = structlog.get_logger()

_POINTS_KEPT: Final = 500

_M = TypeVar("_M", bound=BaseModel)


@dataclass(slots=True)
class Patch:
    """What changes on a page, by kind of element; see `_patches.html`."""

    cards: list[HealthSnapshot] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    moved: list[tuple[str, float]] = field(default_factory=list)
    rows: list[HealthSnapshot] = field(default_factory=list)
    placed: list[Episode] = field(default_factory=list)
    replaced: list[Episode] = field(default_factory=list)
    stale: bool = False
    counts: Mapping[str, int] = field(default_factory=dict)

    def html(self, visit: Visit, **context: Any) -> str:
        """The elements; empty when nothing changes."""
        named = {name: getattr(self, name) for name in self.__slots__}
        if not any(named.values()):
            return ""
        return visit.render("_patches.html", **named, **context).strip()


class AccountPatches:
    """For the page of one account. `shown`: produced_at of the snapshot the page holds."""

    def __init__(self, account_id: str, shown: datetime | None) -> None:
        self._account_id = account_id
        self._shown = shown
        self._points: dict[str, float] = {}

    def allowed(self, visit: Visit) -> bool:
        """Whether the viewer may (still) see the account. Asks the warehouse."""
        return visit.console.reading.account(visit.viewer, self._account_id) is not None

    def paint(self, visit: Visit, records: Sequence[Record]) -> str:
        """The changes of the page."""
        patch = Patch()
        for record in sorted(records, key=lambda one: one.topic != HEALTH.name):
            if record.topic == HEALTH.name:
                self._take_snapshot(patch, record)
            elif record.topic == ALERTS.name:
                _place(patch, visit, record, lambda _: True)
            else:
                self._take_event(patch, visit, record)
        return patch.html(visit, with_account=False, back=f"/account?id={self._account_id}")

    def _take_snapshot(self, patch: Patch, record: Record) -> None:
        snapshot = parsed(HealthSnapshot, record)
        if snapshot is None or (self._shown is not None and snapshot.produced_at <= self._shown):
            return
        self._shown = snapshot.produced_at
        patch.cards = [snapshot]
        patch.changes.append(_as_change(snapshot))
        self._note_points(patch, snapshot)

    def _note_points(self, patch: Patch, snapshot: HealthSnapshot) -> None:
        """Points of events that the page shows, or will: a score may be read before the event behind it."""
        for part in snapshot.change:
            if part.kind is PartKind.EVENT and part.event_id is not None:
                key = fact_key(part.source or "", part.event_id)
                patch.moved.append((key, part.points))
                self._points[key] = part.points
        while len(self._points) > _POINTS_KEPT:
            self._points.pop(next(iter(self._points)))

    def _take_event(self, patch: Patch, visit: Visit, record: Record) -> None:
        try:
            event = decode(record.value, record.headers, visit.now)
        except BadEvent:
            return  # the worker dead-letters it; there is nothing to tell on this page
        points = self._points.get(fact_key(event.source, event.id))
        patch.entries.append(from_event(event, Telling(visit.look.reader, visit.hierarchy.name_of), points))


class WorklistPatches:
    """For the list of accounts: scores and reasons in place; a changed order is offered, never forced."""

    def __init__(self, again: str) -> None:
        self._again = again

    def allowed(self, visit: Visit) -> bool:
        """Everybody may see the own list; each record is looked at."""
        return True

    def paint(self, visit: Visit, records: Sequence[Record]) -> str:
        """The changes of the page."""
        patch = Patch()
        for record in records:
            if record.topic == HEALTH.name:
                snapshot = parsed(HealthSnapshot, record)
                if snapshot is not None and visit.viewer.may_see(snapshot.owner):
                    patch.rows.append(snapshot)
            elif step_for(visit, record) is not None:
                patch.stale = True
        return patch.html(visit, again=self._again)


class InboxPatches:
    """For the inbox: a new episode on top of its list, any other change in place."""

    def __init__(self, states: Iterable[str], historic: bool) -> None:
        self._states = frozenset(EpisodeState(state) for state in states)
        self._historic = historic

    def allowed(self, visit: Visit) -> bool:
        """Everybody may see the own inbox; each record is looked at."""
        return True

    def paint(self, visit: Visit, records: Sequence[Record]) -> str:
        """The changes of the page."""
        patch = Patch()
        for record in records:
            if record.topic == ALERTS.name:
                _place(patch, visit, record, self._shows)
        return patch.html(visit, with_account=True, back="/inbox")

    def _shows(self, episode: Episode) -> bool:
        return episode.historic if self._historic else not episode.historic and episode.state in self._states


Patches = AccountPatches | WorklistPatches | InboxPatches


def step_for(visit: Visit, record: Record) -> AlertStep | None:
    """The alert step in the record, if its account is the viewer's by what the step says and by the warehouse."""
    step = parsed(AlertStep, record)
    if step is None or not visit.viewer.may_see(step.owner):
        return None
    return step if visit.console.reading.account(visit.viewer, step.account_id) is not None else None


def parsed(model: type[_M], record: Record) -> _M | None:
    """The model in the record; None for what cannot be read, which the sink sets apart and a page leaves out."""
    try:
        return model.model_validate_json(record.value)
    except ValidationError as error:
        log.warning("live_record_unread", topic=record.topic, offset=record.offset, faults=error.error_count())
        return None


def _place(patch: Patch, visit: Visit, record: Record, shows: Callable[[Episode], bool]) -> None:
    step = step_for(visit, record)
    if step is None:
        return
    episode = from_step(step, visit.console.reading.episode(visit.viewer, step.alert_id))
    if step.step is StepKind.OPENED and shows(episode):
        patch.placed.append(episode)
    else:
        patch.replaced.append(episode)


def _as_change(snapshot: HealthSnapshot) -> Change:
    return Change(
        version=snapshot.version,
        at=snapshot.as_of,
        score=snapshot.score,
        previous=snapshot.previous_score,
        band=snapshot.band,
        parts=snapshot.change,
    )
