"""How much one call of a handler gets: no more than so many records or bytes, however much waits in the topics. Pure.

kafka-python counts records alone, and a record may be forty times the usual one. So it is asked for no more at a time
than would fit if each were as large as an event may be, and asked again while there is room.
"""

from collections.abc import Iterable

from consumers.runtime.subscription import Record
from schemas.limits import MAX_EVENT_BYTES


class Gathering:
    """The records in hand, `size_bytes` of them.

    Records larger than an event may be (dead letters) can bring one poll's worth beyond `max_bytes`, never more than
    the fetch buffers hold.
    """

    def __init__(self, max_records: int, max_bytes: int) -> None:
        self._max_records = max_records
        self._max_bytes = max_bytes
        self._largest = MAX_EVENT_BYTES
        self.records: list[Record] = []
        self.size_bytes = 0

    def room(self) -> int:
        """How many records may come next, 0 when nothing more may. An empty hand always takes one.

        >>> Gathering(10_000, 4 * 1024 * 1024).room()
        128
        """
        fitting = (self._max_bytes - self.size_bytes) // self._largest
        return max(0 if self.records else 1, min(self._max_records - len(self.records), fitting))

    def add(self, records: Iterable[Record]) -> None:
        """Take these in hand too."""
        for record in records:
            size = size_of(record)
            self._largest = max(self._largest, size)
            self.size_bytes += size
            self.records.append(record)


def size_of(record: Record) -> int:
    """The bytes of key, value and headers."""
    headers = sum(len(name) + len(raw or b"") for name, raw in record.headers)
    return len(record.key or b"") + len(record.value or b"") + headers
