"""Bytes of an event spoiled as bytes: what no JSON writer would write."""

import random
from collections.abc import Callable
from typing import Final

from schemas.limits import MAX_EVENT_BYTES
from tests.fuzz.junk import TEXTS

_LITERALS: Final = (
    b"NaN",
    b"Infinity",
    b"-Infinity",
    b"1e400",
    b"-1e-400",
    b"00",
    b"0x1",
    b"1.",
    b".5",
    b"+1",
    b"'x'",
    b"",
)
_DEPTHS: Final = (100, 199, 200, 201, 1_000, 8_000)


def noise(rng: random.Random, value: bytes) -> bytes:
    """No event at all."""
    return rng.randbytes(rng.choice((0, 1, 7, 300, 2_000)))


def truncated(rng: random.Random, value: bytes) -> bytes:
    """The end is missing."""
    return value[: rng.randrange(len(value))]


def flipped(rng: random.Random, value: bytes) -> bytes:
    """Some bits are wrong."""
    spoiled = bytearray(value)
    for _ in range(rng.choice((1, 1, 2, 8))):
        spoiled[rng.randrange(len(spoiled))] ^= 1 << rng.randrange(8)
    return bytes(spoiled)


def spliced(rng: random.Random, value: bytes) -> bytes:
    """A piece of it stands twice, or is gone, or a control character came in."""
    begin, end = sorted((rng.randrange(len(value)), rng.randrange(len(value))))
    piece = rng.choice(
        (value[begin:end], b"", b"\x00", b"\n", b"\\", b"\\ud800", b"\xff", b"\xed\xa0\x80", b"\xc0\x80")
    )
    return value[:begin] + piece + value[rng.choice((begin, end)) :]


def doubled_key(rng: random.Random, value: bytes) -> bytes:
    """A key twice in one object; the last counts."""
    name = rng.choice(("id", "type", "subject", "time", "source", "data", "specversion", "xextra"))
    other = rng.choice(('"other"', "null", "1", '"complaint.resolved.v1"', '"A-00001"', '{"complaint_id":"c1"}'))
    pair = f'"{name}":{other}'.encode()
    return b"{" + pair + b"," + value[1:] if rng.random() < 0.5 else value[:-1] + b"," + pair + b"}"


def literal(rng: random.Random, value: bytes) -> bytes:
    """A number that is none, or has no end, in place of some number or text."""
    places = [place for place in range(len(value) - 1) if value[place : place + 1] == b":"]
    if not places:
        return value
    place = rng.choice(places) + 1
    end = min((found for mark in (b",", b"}") if (found := value.find(mark, place)) >= 0), default=place)
    number = rng.choice((*_LITERALS, b"9" * rng.choice((20, 400, 4_299, 4_301, 9_000))))
    return value[:place] + number + value[end:]


def nested(rng: random.Random, value: bytes) -> bytes:
    """An extension attribute deeper than anybody reads."""
    depth = rng.choice(_DEPTHS)
    opening, closing = rng.choice(((b"[", b"]"), (b'{"a":', b"}")))
    return value[:-1] + b',"xdeep":' + opening * depth + b"1" + closing * depth + b"}"


def oversized(rng: random.Random, value: bytes) -> bytes:
    """Around the limit of bytes, also in letters of several."""
    letter = rng.choice((b"x", "é".encode(), "\U0001f600".encode(), b"\\u0000"))
    wanted = MAX_EVENT_BYTES - len(value) + rng.choice((-20, -1, 0, 1, 40, 5_000))
    return value[:-1] + b',"xpad":"' + letter * (max(wanted, 0) // len(letter)) + b'"}'


def escaped(rng: random.Random, value: bytes) -> bytes:
    """A text with escapes, some of which are no letters."""
    text = rng.choice(
        (b"\\ud83d\\ude00", b"\\ud83d", b"\\u12", b"\\x41", b"\\/", b"\\u0000", rng.choice(TEXTS[:3]).encode())
    )
    return value[:-1] + b',"xtext":"' + text + b'"}'


def framed(rng: random.Random, value: bytes) -> bytes:
    """Two events in one record, an array, a mark of byte order, another encoding, or half of a neighbour's."""
    return rng.choice(
        (
            value + value,
            value + b"\n" + value,
            value + b"," + value,
            b"[" + value + b"]",
            b"\xef\xbb\xbf" + value,
            value.decode(errors="replace").encode("utf-16"),
            value + b",\nnull,",
            b"null",
            b'"' + value.replace(b'"', b'\\"') + b'"',
            b" \r\n\t" + value + b"\n",
        )
    )


WAYS: Final[tuple[Callable[[random.Random, bytes], bytes], ...]] = (
    noise, truncated, flipped, flipped, spliced, spliced, doubled_key, doubled_key, literal, nested, oversized, escaped,
    framed,
)  # fmt: skip
