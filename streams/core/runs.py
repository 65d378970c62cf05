"""What stands together in sorted columns: `np.unique` would sort again, and on few values that is most of its cost."""

import numpy as np

from streams.core.policy import Ints


def runs(ordered: Ints) -> tuple[Ints, Ints, Ints]:
    """The values of `ordered: int64[n]` (ascending), each once; where each begins, and how many of it there are.

    >>> [column.tolist() for column in runs(np.array([2, 2, 5, 7, 7, 7]))]
    [[2, 5, 7], [0, 2, 3], [2, 1, 3]]
    """
    differs = np.empty(len(ordered), np.bool_)
    differs[:1] = True
    np.not_equal(ordered[1:], ordered[:-1], out=differs[1:])
    starts = differs.nonzero()[0]
    return ordered[starts], starts, np.diff(starts, append=len(ordered))
