"""Which facts a row already holds: the fence knows what was read again, the ring what was sent again."""

import numpy as np
import numpy.typing as npt

from streams.core.facts import Digests
from streams.core.policy import Ints

Bools = npt.NDArray[np.bool_]


def covered(fence: Ints, offset: Ints) -> Bools:
    """bool[n]: records at or below their row's fence, so in its sums."""
    return offset <= fence


def known(ring: Digests, rows: Ints, digest: Digests, fenced: Bools) -> Bools:
    """bool[n]: facts that the row's ring (`ring: uint64[n, RING]`) holds, or an earlier fact of this batch repeats.

    What is fenced repeats nothing: it stands for itself, read again.
    """
    held: Bools = (ring == digest[:, None]).any(axis=1)
    return held | _repeated(rows, digest, fenced)


def _repeated(rows: Ints, digest: Digests, fenced: Bools) -> Bools:
    repeated = np.zeros(len(rows), bool)
    order = np.argsort(digest, kind="stable")
    alike = np.flatnonzero(digest[order][1:] == digest[order][:-1])
    seen: set[tuple[int, int]] = set()
    for index in sorted({*order[alike].tolist(), *order[alike + 1].tolist()}):
        if not fenced[index]:
            fact = (int(rows[index]), int(digest[index]))
            repeated[index] = fact in seen
            seen.add(fact)
    return repeated
