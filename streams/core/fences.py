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
    if len(np.unique(digest)) == len(digest):
        return repeated
    seen: set[tuple[int, int]] = set()
    for index, fact in enumerate(zip(rows.tolist(), digest.tolist(), strict=True)):
        if not fenced[index]:
            repeated[index] = fact in seen
            seen.add(fact)
    return repeated
