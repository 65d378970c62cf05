"""The one way to the warehouse: every page, stream and action asks here, and gets only what its viewer may see.

The viewer's subtree is asked of the reporting line as of now. What lies outside is absent: no difference between an
account that does not exist and one that is somebody else's.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from consumers.console import metrics, queries, unpacking
from consumers.console.models import (
    Account,
    AccountPage,
    Change,
    Episode,
    Fact,
    Group,
    KindCounts,
    Move,
    Parent,
    Reason,
    Sent,
    Trial,
    Unanswered,
    Worklist,
    WorkRow,
)
from consumers.runtime import below
from consumers.runtime.hierarchy import Hierarchy, Viewer
from consumers.runtime.rollup import Figures
from schemas.health import HealthSnapshot
from schemas.ids import ManagerId

Row = dict[str, Any]
Ask = Callable[[str, Mapping[str, Any]], Sequence[Row]]

PEOPLE_LIFE_S: Final = 2.0
"""How long the reporting line is believed: a change of who reports to whom acts after this at the latest."""
FACTS_PAGE: Final = 30
CHILDREN_SHOWN: Final = 50
TRIAL_SHOWN: Final = 200
_CHANGES: Final = 6
_HISTORY_DAYS: Final = 730
_HISTORY_BUCKET_H: Final = 48
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Filter:
    """What of the worklist is asked for; empty means all."""

    band: str = ""
    owner: str = ""
    text: str = ""
    offset: int = 0
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Episodes:
    """Which alert episodes are asked for; empty means all, and `historic` None both kinds."""

    account: str = ""
    alert: str = ""
    states: tuple[str, ...] = ()
    historic: bool | None = None
    limit: int = 100
    offset: int = 0

    def parameters(self) -> dict[str, Any]:
        """As the query takes them."""
        flag = -1 if self.historic is None else int(self.historic)
        plain = {"account": self.account, "alert": self.alert, "limit": self.limit, "offset": self.offset}
        return {**plain, "states": list(self.states), "historic": flag}


class Reading:
    """Answers with models. Not found and not allowed are both None."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._people: tuple[float, Hierarchy] | None = None

    def ready(self) -> bool:
        """Whether the warehouse answers.

        Raises:
            whatever the warehouse's client raises when it is away.
        """
        return bool(self._ask(queries.PROBE, {}))

    def hierarchy(self) -> Hierarchy:
        """The reporting line as of now (at most `PEOPLE_LIFE_S` old)."""
        now = time.monotonic()
        if self._people is None or now - self._people[0] > PEOPLE_LIFE_S:
            self._people = (now, Hierarchy(map(unpacking.person, self._ask(queries.PEOPLE, {}))))
            for kind, count in self._people[1].fault_counts().items():
                metrics.LINE_FAULTS.labels(kind.value).set(count)
        return self._people[1]

    def viewer(self, manager_id: str) -> Viewer | None:
        """The signed-in person with what that person may see now."""
        return self.hierarchy().viewer(manager_id)

    def account(self, viewer: Viewer, account_id: str) -> Account | None:
        """The account, if the viewer may see it."""
        rows = self._about(viewer, queries.ACCOUNT, account=account_id)
        return unpacking.account(rows[0]) if rows else None

    def worklist(self, viewer: Viewer, wanted: Filter) -> Worklist:
        """The viewer's accounts, most urgent first."""
        filters = {"owner": wanted.owner, "text": wanted.text}
        rows = self._about(
            viewer, queries.WORKLIST, **filters, band=wanted.band, limit=wanted.limit, offset=wanted.offset
        )
        by_band = {row["band"] or "none": int(row["accounts"]) for row in self._about(viewer, queries.BANDS, **filters)}
        found = by_band.get(wanted.band, 0) if wanted.band else sum(by_band.values())
        why = self._reasons(viewer, [row["account_id"] for row in rows])
        return Worklist(tuple(_with_why(unpacking.work_row(row), why) for row in rows), found, by_band)

    def account_page(self, viewer: Viewer, account_id: str) -> AccountPage | None:
        """All that the account page shows, if the viewer may see the account."""
        account = self.account(viewer, account_id)
        if account is None:
            return None
        facts = self._facts(account_id, None)
        return AccountPage(
            account=account,
            parent=self._parent(viewer, account) if account.parent else None,
            group=self._group(viewer, account_id) if account.has_children else None,
            snapshot=self._snapshot(account_id),
            changes=self._changes(account_id),
            episodes=tuple(self.episodes(viewer, Episodes(account=account_id, limit=30))),
            facts=facts[:FACTS_PAGE],
            history=tuple(
                map(
                    unpacking.moment,
                    self._of(queries.HISTORY, account_id, days=_HISTORY_DAYS, bucket_h=_HISTORY_BUCKET_H),
                )
            ),
            more_facts=len(facts) > FACTS_PAGE,
        )

    def older_facts(self, viewer: Viewer, account_id: str, before: tuple[datetime, str]) -> tuple[Fact, ...] | None:
        """One event more than a page holds, from before a moment; None when the account is not the viewer's."""
        return None if self.account(viewer, account_id) is None else self._facts(account_id, before)

    def episodes(self, viewer: Viewer, wanted: Episodes) -> list[Episode]:
        """Episodes of the viewer's accounts, the latest step first."""
        return [unpacking.episode(row) for row in self._about(viewer, queries.EPISODES, **wanted.parameters())]

    def episode(self, viewer: Viewer, alert_id: str) -> Episode | None:
        """The episode, if the viewer may see its account."""
        if not alert_id:
            return None
        found = self.episodes(viewer, Episodes(alert=alert_id, limit=1))
        return found[0] if found else None

    def notification(self, notification_id: str) -> Sent | None:
        """What a signed link stands for; None while the warehouse has no receipt of it."""
        rows = self._ask(queries.NOTIFICATION, {"notification": notification_id})
        return Sent(**rows[0]) if rows else None

    def episode_counts(self, viewer: Viewer) -> dict[str, int]:
        """How many episodes are open, acknowledged, resolved and historic."""
        return {state: int(count) for state, count in self._about(viewer, queries.EPISODE_COUNTS)[0].items()}

    def figures(self, viewer: Viewer) -> dict[ManagerId, Figures]:
        """Of each owner whom the viewer sees, what is that owner's alone."""
        return {ManagerId(row["owner"]): below.figures_of(row) for row in self._about(viewer, below.FIGURES)}

    def rates(self) -> dict[str, float]:
        """What a unit of each currency is worth, by the policy in force."""
        return below.rates_of(self._ask(below.RATES, {}))

    def unanswered(self, viewer: Viewer, limit: int) -> list[Unanswered]:
        """Alerts in nobody's hands, the oldest first."""
        oldest = self._about(viewer, below.UNANSWERED, limit=limit)
        if not oldest:
            return []
        these = {"accounts": [row["account_id"] for row in oldest], "alerts": [row["alert_id"] for row in oldest]}
        return [unpacking.unanswered(row) for row in self._about(viewer, queries.REACTIONS, **these)]

    def moves(self, viewer: Viewer, limit: int) -> list[Move]:
        """Accounts whose band is worse than seven days ago: first what is at risk now, the most valuable first."""
        return [unpacking.move(row) for row in self._about(viewer, below.MOVES, limit=limit)]

    def kinds(self, viewer: Viewer) -> list[KindCounts]:
        """What became of alerts in seven days, by kind."""
        return [unpacking.kind_counts(row) for row in self._about(viewer, queries.KINDS)]

    def trial(self, viewer: Viewer) -> Trial | None:
        """What the policy tried out last would change of the viewer's accounts; None when none ever was."""
        found = self._ask(queries.TRIAL, {})
        if not found:
            return None
        moves = map(unpacking.trial_move, self._about(viewer, queries.TRIAL_OWNERS))
        accounts = self._about(viewer, queries.TRIAL_ACCOUNTS, limit=TRIAL_SHOWN + 1)
        shown = tuple(map(unpacking.trial_account, accounts[:TRIAL_SHOWN]))
        return Trial(**found[0], moves=tuple(moves), accounts=shown, more=len(accounts) > TRIAL_SHOWN)

    def _about(self, viewer: Viewer, sql: str, **parameters: Any) -> Sequence[Row]:
        """A query about accounts, with the viewer's subtree bound to it."""
        return self._ask(sql, {**parameters, "sees": sorted(viewer.sees)})

    def _of(self, sql: str, account_id: str, **parameters: Any) -> Sequence[Row]:
        """A query within one account that `account` has let the viewer see."""
        return self._ask(sql, {**parameters, "account": account_id})

    def _parent(self, viewer: Viewer, account: Account) -> Parent | None:
        rows = self._about(viewer, queries.PARENT, account=account.account_id)
        return unpacking.parent(rows[0]) if rows else None

    def _group(self, viewer: Viewer, account_id: str) -> Group | None:
        rows = self._about(viewer, queries.GROUP, account=account_id)
        if not rows:
            return None
        return unpacking.group(rows[0], self._about(viewer, queries.CHILDREN, account=account_id, limit=CHILDREN_SHOWN))

    def _reasons(self, viewer: Viewer, accounts: list[str]) -> Mapping[str, list[Reason]]:
        why: defaultdict[str, list[Reason]] = defaultdict(list)
        if accounts:
            for row in self._about(viewer, queries.REASONS_OF, accounts=accounts):
                why[row["account_id"]].append(unpacking.reason(row))
        return why

    def _snapshot(self, account_id: str) -> HealthSnapshot | None:
        rows = self._of(queries.HEALTH, account_id)
        if not rows:
            return None
        newest = {"produced_ms": _ms(rows[0]["produced_at"]), "version": rows[0]["version"]}
        contributions = self._of(queries.CONTRIBUTIONS, account_id, **newest)
        parts = self._of(queries.PARTS, account_id, since_ms=_ms(rows[0]["produced_at"]))
        mine = [part for part in parts if part["version"] == rows[0]["version"]]
        return unpacking.snapshot(rows[0], contributions, mine)

    def _changes(self, account_id: str) -> tuple[Change, ...]:
        rows = self._of(queries.CHANGES, account_id, limit=_CHANGES)
        if not rows:
            return ()
        parts: defaultdict[tuple[datetime, int], list[Row]] = defaultdict(list)
        for part in self._of(queries.PARTS, account_id, since_ms=_ms(rows[-1]["produced_at"])):
            parts[part["produced_at"], part["version"]].append(part)
        return tuple(unpacking.change(row, parts[row["produced_at"], row["version"]]) for row in rows)

    def _facts(self, account_id: str, before: tuple[datetime, str] | None) -> tuple[Fact, ...]:
        before_ms, event_id = (_ms(before[0]), before[1]) if before else (0, "")
        page = {
            "older": int(before is not None),
            "before_ms": before_ms,
            "before_id": event_id,
            "limit": FACTS_PAGE + 1,
        }
        facts = [unpacking.fact(row) for row in self._of(queries.FACTS, account_id, **page)]
        found = self._of(queries.POINTS, account_id, events=[fact.event_id for fact in facts]) if facts else ()
        points = {(row["source"], row["event_id"]): float(row["points"]) for row in found}
        return tuple(replace(fact, points=points.get((fact.source, fact.event_id))) for fact in facts)


def _ms(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(milliseconds=1)


def _with_why(row: WorkRow, why: Mapping[str, list[Reason]]) -> WorkRow:
    return replace(row, why=tuple(why.get(row.account.account_id, ())))
