"""What the state's arrays take: a row's size, and what their way of growing adds. Pure."""

import numpy as np

from streams.core.state import ROW, Partition


def row_bytes() -> int:
    """Bytes of one account's row."""
    return ROW.itemsize


def held_bytes(accounts: int) -> int:
    """Bytes that one partition's array takes for so many accounts: it grows in leaps, so mostly more than they need.
    What no row has used yet is reserved, but none of the process's memory.

    >>> held_bytes(1_000) >= 1_000 * row_bytes()
    True
    """
    partition = Partition()
    partition.rows_of([f"A{number:07d}" for number in range(accounts)])
    whole = partition.rows.base
    return whole.nbytes if isinstance(whole, np.ndarray) else partition.rows.nbytes
