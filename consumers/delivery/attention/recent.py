"""When alerts last came, by whatever they are counted by: each once, and none that is older than a while."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from schemas.ids import AlertId

Key = TypeVar("Key")


class Recent(Generic[Key]):
    """Of an alert that came several times the first counts."""

    def __init__(self, kept: timedelta) -> None:
        self._kept = kept
        self._came: defaultdict[Key, dict[AlertId, datetime]] = defaultdict(dict)

    def note(self, key: Key, alert: AlertId, at: datetime) -> None:
        """An alert came; what is older than it by more than is kept is forgotten."""
        came = self._came[key]
        came.setdefault(alert, at)
        for old in [old for old, when in came.items() if when < at - self._kept]:
            del came[old]

    def of(self, key: Key) -> Mapping[AlertId, datetime]:
        """When each came."""
        return self._came.get(key, {})
