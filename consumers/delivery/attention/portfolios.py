"""How many accounts each manager owns: a fold of account.profiles. Pure but for being filled."""

from collections import Counter
from sys import intern

from schemas.events.profiles import ProfileEvent
from schemas.ids import ManagerId


class Portfolios:
    """Some 150 bytes an account. The latest profile by event time counts, in whatever order they arrive."""

    def __init__(self) -> None:
        self._owner: dict[str, tuple[float, str]] = {}
        self._accounts: Counter[str] = Counter()

    def learn(self, event: ProfileEvent) -> None:
        """Take in an account's profile unless a newer one is known."""
        at, owner = event.time.timestamp(), intern(event.data.owner)
        known = self._owner.get(event.subject)
        if known is None or known[0] <= at:
            self._count(known, -1)
            self._owner[event.subject] = (at, owner)
            self._accounts[owner] += 1

    def forget(self, account: str) -> None:
        """The account's record was deleted."""
        self._count(self._owner.pop(account, None), -1)

    def accounts(self, manager: ManagerId) -> int:
        """How many accounts are the manager's."""
        return self._accounts[manager]

    def _count(self, known: tuple[float, str] | None, step: int) -> None:
        if known is not None:
            self._accounts[known[1]] += step
