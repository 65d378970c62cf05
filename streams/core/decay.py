"""Exponential decay of sums, order-free.

A sum P as of t holds Σ s·2^(-(t-e)/h) over the points s counted at times e. Adding a point at any e, early or late,
adds s·2^(-(t-e)/h); moving the sum on by Δ multiplies it by 2^(-Δ/h). Withdrawing adds -s at the point's own time.
"""

from functools import lru_cache

import numpy as np

from streams.core.policy import Floats, Ints


def share_left(elapsed_s: Floats, half_life_s: Floats) -> Floats:
    """2^(-elapsed/half-life), broadcast; negative elapsed times grow (a point ahead of the sum's time).

    >>> days = 86_400.0
    >>> float(share_left(np.array([30 * days]), np.array([14 * days]))[0].round(3))
    0.226
    """
    return np.exp2(-elapsed_s / half_life_s)


def moved(sums: Floats, elapsed_s: Floats, half_life_s: Floats) -> Floats:
    """`sums: float64[accounts, signals]` moved on by `elapsed_s: float64[accounts]`.

    >>> moved(np.array([[8.0]]), np.array([28.0]), np.array([14.0])).tolist()
    [[2.0]]
    """
    # Signals share a few half-lives: a power for each of those, not for each signal.
    distinct, which = _distinct(half_life_s.tobytes())
    left: Floats = share_left(elapsed_s[:, None], distinct).take(which, axis=1)
    left *= sums
    return left


@lru_cache(maxsize=64)
def _distinct(half_life_s: bytes) -> tuple[Floats, Ints]:
    """The half-lives that differ, and which of them each signal has: the same at every call of a worker's."""
    distinct, which = np.unique(np.frombuffer(half_life_s), return_inverse=True)
    return distinct, which
