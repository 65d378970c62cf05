"""When alerts last came, by whatever they are counted by: each once, and none that is older than a while."""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from schemas.ids import AlertId

Key = TypeVar("Key")


@dataclass(slots=True)
class _Came:
    """The same twice: in the order of their moments, and by name."""

    in_order: list[tuple[datetime, AlertId]] = field(default_factory=list)
    at: dict[AlertId, datetime] = field(default_factory=dict)


class Recent(Generic[Key]):
    """Of an alert that came several times the first counts."""

    def __init__(self, kept: timedelta) -> None:
        self._kept = kept
        self._came: defaultdict[Key, _Came] = defaultdict(_Came)

    def note(self, key: Key, alert: AlertId, at: datetime) -> None:
        """An alert came; what is older than the latest by more than is kept is forgotten."""
        came = self._came[key]
        if alert in came.at:
            return
        came.at[alert] = at
        insort(came.in_order, (at, alert))
        old = bisect_left(came.in_order, (came.in_order[-1][0] - self._kept,))
        for _, forgotten in came.in_order[:old]:
            del came.at[forgotten]
        del came.in_order[:old]

    def others(self, key: Key, alert: AlertId, since: datetime, soon: Collection[AlertId]) -> int:
        """How many but this one came from `since` on, or come `soon`. Takes no longer where many came."""
        came = self._came.get(key, _Came())
        counted = {one for one in {alert, *soon} if one in came.at and came.at[one] >= since}
        from_then_on = len(came.in_order) - bisect_left(came.in_order, (since,))
        return from_then_on - (alert in counted) + len({*soon} - counted - {alert})
