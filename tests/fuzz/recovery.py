"""What was written to the changelog, read back as a worker that takes over reads it."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from streams.core.decide import LEFT_BY_A_LOOK
from streams.core.policy import Ints
from streams.core.state import Extra, Partition
from streams.worker.engine import Engine, Taken
from streams.worker.rows import to_values
from streams.worker.store import Held
from streams.worker.transport import Batch
from tests.fuzz.faults import Fault
from tests.fuzz.records import Read

_NOTHING: Final = Extra()


class Changelog:
    """The latest value of every account, by partition, as compaction keeps it."""

    def __init__(self, partitions: int) -> None:
        self._values: list[dict[bytes, bytes]] = [{} for _ in range(partitions)]

    def write(self, taken: Taken) -> None:
        """Take the rows of a flush."""
        self._values[taken.owned.number].update({key or b"": value or b"" for key, value, _ in taken.rows})

    def check(self, engine: Engine) -> None:
        """Hold what a worker that takes over has against what the one before had.

        Raises:
            Fault: they differ.
        """
        for number, owned in engine.owned.items():
            recovered, live = self._recovered(number), owned.held.partition
            accounts = list(live.index)
            here, there = _places(live, accounts), _places(recovered, accounts)
            for name in LEFT_BY_A_LOOK:
                recovered.rows[name][there] = live.rows[name][here]
            pairs = zip(accounts, _all(live, here), _all(recovered, there), strict=True)
            different = [account for account, mine, theirs in pairs if mine != theirs]
            if different:
                raise Fault(f"{len(different)} accounts are read back differently, such as {different[0]!r}")

    def _recovered(self, number: int) -> Partition:
        records = [
            Read(0, "", offset, 0, key, value, []) for offset, (key, value) in enumerate(self._values[number].items())
        ]
        held = Held()
        held.apply(Batch("changelog", number, 0, len(records), len(records), records))
        held.settle()
        return held.partition


def _all(partition: Partition, places: Ints) -> list[tuple[bytes, Extra]]:
    """What is held of some accounts: as the changelog has it, and what is beside the columns by itself, because what is
    never written is missing from both.
    """
    beside = [partition.extras.get(place, _NOTHING) for place in places.tolist()]
    return list(zip(to_values(partition, places), beside, strict=True))


def _places(partition: Partition, accounts: Sequence[str]) -> Ints:
    return np.array([partition.index[account] for account in accounts], np.int64)
