"""The stream of a seed: valid records of the torture's load and of every type, spoiled more or less.

Pure and endless. It comes in stretches, and whole stretches are left as they are: a batch that is all good is read on
another path than one with a single bad record in it.
"""

import json
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Final

from schemas.catalogue import TOPIC_OF_TYPE
from schemas.topics import INTERACTIONS, MANAGERS
from tests.fuzz import fields, octets, wire
from tests.fuzz.records import Shot
from tests.schemas.examples import TYPES, golden
from tests.torture.load import Load, Recipe

PARTITIONS: Final = 3
SPOILED: Final = (0.0, 0.002, 0.05, 0.4, 0.9)
LENGTHS: Final = (40, 400, 4_000)
QUIET: Final = (
    fields.ahead,
    fields.due_before,
    fields.never_told,
    fields.odd_time,
    fields.narrow_scale,
    fields.odd_ids,
)
"""Ways that leave an event that can be read: in a stretch of one of them alone the batch is looked at as a whole."""
_QUIET: Final = 0.3
_KEY_KEPT: Final = 0.95
_OF_EVERY_TYPE: Final = 0.1
Way = Callable[[random.Random, dict[str, Any]], None]


class Stream:
    """Makes one stretch after the other; `accounts` of them share the facts."""

    def __init__(self, seed: int, accounts: int = 2_000) -> None:
        self._rng = random.Random(f"fuzz {seed}")
        self._load = Load(Recipe(seed, accounts=accounts, busy=0, poison=0.0, partitions=PARTITIONS))
        self._accounts = accounts

    def stretch(self, now: float) -> Iterator[Shot]:
        """Some records, spoiled to the same degree; `now` is the clock, epoch seconds."""
        rng, spoiled = self._rng, self._rng.choice(SPOILED)
        quiet = rng.choice(QUIET) if rng.random() < _QUIET else None
        for _ in range(rng.randint(1, rng.choice(LENGTHS))):
            shot = self._good(now)
            if rng.random() >= spoiled:
                yield shot
            else:
                yield self._spoiled(shot) if quiet is None else self._spoiled_in(shot, quiet)

    def pause_s(self) -> float:
        """How much later the next stretch comes: mostly soon, now and then after days, when what is owed is late."""
        return self._rng.choice((0.05, 1.0, 30.0, 30.0, 3_600.0, 86_400.0))

    def _good(self, now: float) -> Shot:
        if self._rng.random() < _OF_EVERY_TYPE:
            return self._of_a_type(now)
        record = self._load.next(now)
        return Shot(record.topic, record.key, record.value)

    def _of_a_type(self, now: float) -> Shot:
        event = golden(self._rng.choice(TYPES))
        account = f"A-{self._rng.randrange(self._accounts):05d}"
        original = event["data"].get("original")
        at = datetime.fromtimestamp(now - self._rng.uniform(0, 1e6), UTC).isoformat(timespec="milliseconds")
        event |= {"id": f"g{self._rng.getrandbits(48):x}", "subject": account, "time": at}
        if original:
            original |= {"id": f"o{self._rng.getrandbits(48):x}", "subject": account}
        topic = TOPIC_OF_TYPE[original["type"] if original else event["type"]]
        home = INTERACTIONS if topic == MANAGERS else topic
        return Shot(home, account.encode(), json.dumps(event).encode(), way="of_every_type")

    def _spoiled_in(self, shot: Shot, way: Way) -> Shot:
        """One field of a kind changed, the key following the subject as good as always."""
        event = json.loads(shot.value or b"")
        way(self._rng, event)
        key = str(event.get("subject")).encode(errors="surrogatepass") if self._rng.random() < _KEY_KEPT else shot.key
        return shot._replace(value=fields.to_bytes(event), key=key, way=way.__name__)

    def _spoiled(self, shot: Shot) -> Shot:
        rng, ways = self._rng, []
        if rng.random() < 0.5:
            shot = self._spoiled_in(shot, rng.choice(fields.WAYS))
            ways = [shot.way]
        if rng.random() < 0.35:
            spoil = rng.choice(octets.WAYS)
            shot, ways = shot._replace(value=spoil(rng, shot.value or b"")), [*ways, spoil.__name__]
        if not ways or rng.random() < 0.1:
            stray = rng.choice(wire.WAYS)
            shot, ways = stray(rng, shot), [*ways, stray.__name__]
        return shot._replace(way="+".join(ways))
