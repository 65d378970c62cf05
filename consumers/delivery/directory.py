"""Who the managers are: a fold of account.managers, the latest by event time. Pure but for being filled."""

from schemas.events.managers import ManagerEvent, ManagerProfileData
from schemas.ids import ManagerId
from schemas.times import UtcDatetime


class Directory:
    """Managers by id. The order in which their data arrive does not matter."""

    def __init__(self) -> None:
        self._known: dict[ManagerId, tuple[UtcDatetime, ManagerProfileData]] = {}

    def learn(self, event: ManagerEvent) -> None:
        """Take in a manager's data unless newer ones are known."""
        manager = ManagerId(event.subject)
        known = self._known.get(manager)
        if known is None or known[0] <= event.time:
            self._known[manager] = (event.time, event.data)

    def forget(self, manager: ManagerId) -> None:
        """The manager's record was deleted."""
        self._known.pop(manager, None)

    def find(self, manager: ManagerId) -> ManagerProfileData | None:
        """The manager's data, None where nobody told us."""
        known = self._known.get(manager)
        return known[1] if known else None

    def everybody(self) -> dict[ManagerId, ManagerProfileData]:
        """All managers as of now, for whoever reads in another thread."""
        return {manager: data for manager, (_, data) in self._known.copy().items()}

    def __len__(self) -> int:
        return len(self._known)
