"""Records that go astray or come in another mode: topic, key, partition and headers."""

import json
import random
from collections.abc import Callable
from typing import Any, Final

from schemas.topics import EVENT_TOPICS
from tests.fuzz.junk import TEXTS
from tests.fuzz.records import STRUCTURED, Headers, Shot

_CONTENT_TYPES: Final = (
    None,
    b"",
    b"application/json",
    b"application/cloudevents",
    b"application/cloudevents-batch+json",
    b"APPLICATION/CLOUDEVENTS+JSON",
    b"application/cloudevents+json; charset=utf-16",
    b"\xff\xfe",
    b"text/plain",
)


def no_value(rng: random.Random, shot: Shot) -> Shot:
    """A tombstone."""
    return shot._replace(value=None)


def other_key(rng: random.Random, shot: Shot) -> Shot:
    """Under no key, or one that is not the subject, or no text."""
    return shot._replace(
        key=rng.choice((None, b"", b"\xff", (shot.key or b"") + b"x", (shot.key or b"")[:-1], b"A-00001"))
    )


def other_partition(rng: random.Random, shot: Shot) -> Shot:
    """Where murmur2 may not put it."""
    return shot._replace(partition=rng.randrange(8))


def other_topic(rng: random.Random, shot: Shot) -> Shot:
    """On a topic of another family."""
    return shot._replace(topic=rng.choice(EVENT_TOPICS))


def other_headers(rng: random.Random, shot: Shot) -> Shot:
    """With headers missing, without values, several of one name, or odd ones beside."""
    odd: Headers = [
        ("content-type", rng.choice(_CONTENT_TYPES)),
        (rng.choice(("Content-Type", "traceparent", "pulse_dl_reason", "pulse_dl_offset", "")), rng.randbytes(4)),
        ("ce_type", rng.choice((None, b"complaint.opened.v1", b"\xff", b""))),
        *STRUCTURED,
    ]
    rng.shuffle(odd)
    return shot._replace(headers=odd[: rng.randrange(len(odd) + 1)])


def binary(rng: random.Random, shot: Shot) -> Shot:
    """The attributes as `ce_` headers and the data alone as value, whole or with one thing wrong."""
    try:
        event: Any = json.loads(shot.value or b"")
    except (ValueError, RecursionError):  # spoiled already
        return shot
    if not isinstance(event, dict):
        return shot
    headers: Headers = [("content-type", b"application/json")]
    headers += [(_name(name), _text(value)) for name, value in event.items() if name != "data"]
    if rng.random() < 0.4:
        place = rng.randrange(len(headers))
        wrong = (None, b"", b"\xff\xfe", b"\x00", rng.choice(TEXTS).encode(errors="surrogatepass"))
        headers[place] = (rng.choice((headers[place][0], headers[place][0].upper(), "ce_data")), rng.choice(wrong))
    if rng.random() < 0.1:
        headers.append(rng.choice(headers))
    return shot._replace(value=json.dumps(event.get("data")).encode(), headers=headers)


def _name(attribute: str) -> str:
    """A header's name: both drivers read it as UTF-8, which has no lone surrogates."""
    return f"ce_{attribute}".encode(errors="replace").decode()


def _text(value: object) -> bytes:
    return (value if isinstance(value, str) else json.dumps(value)).encode(errors="surrogatepass")


WAYS: Final[tuple[Callable[[random.Random, Shot], Shot], ...]] = (
    no_value, other_key, other_partition, other_topic, other_headers, binary, binary, binary,
)  # fmt: skip
