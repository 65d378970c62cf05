"""Values that stand where others are expected."""

import random
from collections.abc import Callable
from typing import Any, Final

TIMES: Final = (
    "2026-02-30T00:00:00Z",
    "2026-03-01T12:00:00",
    "2026-03-01T14:00:00+02:00",
    "2026-03-01T00:00:00+23:59",
    "2026-03-01T00:00:00-12:00",
    "2026-03-01T00:00:00+24:00",
    "2026-03-01T00:00:00+05:45:30.5",
    "2026-03-01T00:00:00-00:00",
    "2026-03-01T00:00:00 UTC",
    "2016-12-31T23:59:60Z",
    "2026-03-01T24:00:00Z",
    "2026-03-01t12:00:00z",
    "2026-03-01 12:00:00Z",
    "2026-03-01T12Z",
    "2026-03-01T12:00:00.123456789Z",
    "2026-03-01T12:00:00,5Z",
    "2026-W09-7T12:00:00Z",
    "2026-060T12:00:00Z",
    "20260301T120000Z",
    "2024-02-29T00:00:00Z",
    "2023-02-29T00:00:00Z",
    "1900-01-01T00:00:00Z",
    "1899-12-31T23:59:59.999999Z",
    "1970-01-01T00:00:00Z",
    "1969-12-31T23:59:59.999999Z",
    "2199-12-31T23:59:59.999999Z",
    "2200-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "٢٠٢٦-03-01T12:00:00Z",
    "2026-03-01T12:00:00Z\n",
    "1772366400",
    "now",
)
NUMBERS: Final = (
    0, -0.0, 1, -1, 0.5, -0.5, 2, 3, 4, 5, 1e-9, -1e-9, 5e-324, -5e-324, 2.2e-308, 1.7976931348623157e308, -1e308,
    1e15, 1e16, 2**31, 2**53 + 1, 2**63, -(2**63) - 1, 2**64, 10**30, 10**400, float("nan"), float("inf"),
    float("-inf"), 1000, -1000, 1000.0000001, 86_400, 366 * 86_400,
)  # fmt: skip
AMOUNTS: Final = (
    "0", "0.00", "-0", "-1", "-0.0001", "12.34567", "1e3", "1E+3", "1E-4", "1_000", " 12 ", "NaN", "Infinity", "١٢",
    "+5", "99999999999999.9999", "100000000000000", "1e999999999", ".5", "5.", "0x10", "EUR", "eur", "",
)  # fmt: skip
TEXTS: Final = (
    "", " ", "x", "\x00", "a\x00b", "\x1f", "\x7f", "\x85", "\u2028", "\ufeff", "\ufffd", "\U0010ffff", "\ud800",
    "\udc00\ud800", "e\u0301", "\u202eevil", '"', "\\", "'; DROP TABLE events --", "{{7*7}}", "${x}",
    "../../etc/passwd", "null", "true", "\r\n", "é" * 128, "\U0001f600" * 128, "x" * 129, "x" * 256, "x" * 2_000,
    "x" * 2_001, "A-00001", "complaint.opened.v1", "EUR", "call",
)  # fmt: skip


def deep(rng: random.Random) -> Any:
    """Lists or objects in one another, fewer and more than a reader goes down."""
    made: Any = 1
    for _ in range(rng.choice((2, 50, 190, 199, 201, 400))):
        made = [made] if rng.random() < 0.5 else {"a": made}
    return made


def wide(rng: random.Random) -> Any:
    """A list of many elements."""
    return [rng.choice((0, "x", None))] * rng.choice((10, 199, 201, 2_000))


_MAKERS: Final[tuple[Callable[[random.Random], Any], ...]] = (
    lambda rng: rng.choice(TIMES),
    lambda rng: rng.choice(TIMES),
    lambda rng: rng.choice(NUMBERS),
    lambda rng: rng.choice(NUMBERS),
    lambda rng: rng.choice(AMOUNTS),
    lambda rng: rng.choice(TEXTS),
    lambda rng: rng.choice((None, True, False, [], {}, [1], {"a": 1}, [[]], [None])),
    lambda rng: rng.uniform(-2, 2),
    deep,
    wide,
)


def junk(rng: random.Random) -> Any:
    """Something that a field hardly expects, and now and then just what it does."""
    return rng.choice(_MAKERS)(rng)
