import os
from itertools import repeat

from benchmarks import resident
from benchmarks.memory.arrays import held_bytes, row_bytes


def test_a_process_that_takes_memory_shows_it() -> None:
    before = resident.resident_bytes(os.getpid())
    taken = bytearray(b"x" * 50_000_000)
    assert resident.resident_bytes(os.getpid()) >= before + 40_000_000
    assert resident.peak_bytes(os.getpid()) >= before + len(taken) * 0.8


def test_what_still_grows_has_not_settled() -> None:
    assert not resident.is_settled(range(100, 120, 2))
    assert not resident.is_settled([100] * 3)
    assert resident.is_settled(list(repeat(100, 20)))


def test_arrays_hold_every_account() -> None:
    for accounts in (1, 64, 65, 1_000):
        assert held_bytes(accounts) >= accounts * row_bytes()
