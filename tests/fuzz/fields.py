"""Valid events with something else in some of their fields: wrong, missing, surplus, out of range, or only odd."""

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from schemas.catalogue import MODELS
from tests.fuzz.junk import TEXTS, TIMES, junk

Event = dict[str, Any]
_TYPES: Final = tuple(MODELS)
_UNKNOWN: Final = ("account.renamed.v1", "complaint.opened.v2", "complaint.opened", "Complaint.Opened.v1", "", "\x00")


def changed(rng: random.Random, event: Event) -> None:
    """Junk in one field, or two."""
    for _ in range(rng.choice((1, 1, 1, 2))):
        target, name = _a_field(rng, event)
        target[name] = junk(rng)


def dropped(rng: random.Random, event: Event) -> None:
    """A field is missing."""
    target, name = _a_field(rng, event)
    target.pop(name, None)


def added(rng: random.Random, event: Event) -> None:
    """A field too many; on the envelope that is an extension attribute."""
    target = event if rng.random() < 0.7 else _a_field(rng, event)[0]
    target[rng.choice(("xextra", "ext1", *TEXTS))] = junk(rng)


def swapped(rng: random.Random, event: Event) -> None:
    """A type that the data are not of, known or unknown."""
    event["type"] = rng.choice(_TYPES if rng.random() < 0.5 else _UNKNOWN)


def odd_time(rng: random.Random, event: Event) -> None:
    """A time of the event that is written oddly or lies far off."""
    event["time"] = rng.choice(TIMES)


def other_zone(rng: random.Random, event: Event) -> None:
    """The same moment in another time zone."""
    at = datetime.fromisoformat(str(event["time"])).astimezone(UTC)
    offset = timedelta(minutes=rng.randint(-1_439, 1_439))
    event["time"] = (at + offset).replace(tzinfo=None).isoformat() + _written(offset)


def _written(offset: timedelta) -> str:
    minutes = round(offset.total_seconds() / 60)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def ahead(rng: random.Random, event: Event) -> None:
    """The clock of the sender is fast: by little, which is borne, or by more."""
    at = datetime.fromisoformat(str(event["time"]))
    event["time"] = (at + timedelta(seconds=rng.choice((1, 60, 299, 301, 3_600, 86_400 * 400)))).isoformat()


def due_before(rng: random.Random, event: Event) -> None:
    """Owed before it was promised, or at the edge of time."""
    at = datetime.fromisoformat(str(event["time"]))
    odd = rng.choice(("1900-01-01T00:00:00Z", "2199-12-31T23:59:59.999999Z", (at - timedelta(days=9)).isoformat()))
    promised = ("promised_at", "delivery_promised_at", "callback_due_at", "answer_due_at", "due_at")
    for name in (*promised, "expires_at", "renews_at"):
        if name in event["data"]:
            event["data"][name] = odd


def never_told(rng: random.Random, event: Event) -> None:
    """The withdrawal of a fact that was never told."""
    original = {**event, "id": f"never-{rng.getrandbits(40):x}", "data": dict(event["data"])}
    event.update(id=f"w-{rng.getrandbits(40):x}", type="fact.withdrawn.v1")
    event["data"] = {"original": original, "reason": "fuzz"}


def odd_ids(rng: random.Random, event: Event) -> None:
    """Ids of odd letters, of which some are accepted."""
    event["id"] = rng.choice(TEXTS) + str(rng.randrange(1_000))
    event["source"] = rng.choice(("crm", '"', "\\", "ü", "a b", "x" * 256, "x" * 257))
    for name in ("complaint_id", "order_id", "invoice_id", "hand_off_id", "alert_id"):
        if name in event["data"]:
            event["data"][name] = rng.choice(TEXTS)


def narrow_scale(rng: random.Random, event: Event) -> None:
    """A survey on a scale as narrow, wide or crooked as numbers allow."""
    low, high = rng.choice(((0, 5e-324), (-1000, 1000), (1, 1.0000000000000002), (0, 0), (5, 1), (-5e-324, 5e-324)))
    data = {
        "instrument": "csat",
        "scale_min": low,
        "scale_max": high,
        "answer": rng.choice((low, high, (low + high) / 2)),
    }
    event.update(type="interaction.survey_answered.v1", data=data)


WAYS: Final[tuple[Callable[[random.Random, Event], None], ...]] = (
    changed, changed, changed, changed, dropped, added, swapped, odd_time, other_zone, ahead, due_before, never_told,
    odd_ids, narrow_scale,
)  # fmt: skip


def _a_field(rng: random.Random, event: Event) -> tuple[Event, str]:
    """Some field, however deep."""
    target = event
    while nested := [value for value in target.values() if isinstance(value, dict) and value]:
        if rng.random() < 0.4:
            break
        target = rng.choice(nested)
    return target, rng.choice(list(target) or ["surplus"])


def to_bytes(event: Event) -> bytes:
    """As JSON, lone surrogates and numbers that are none included."""
    return json.dumps(event, ensure_ascii=True).encode()
