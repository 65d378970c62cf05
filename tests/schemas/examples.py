"""The golden events, one file a type, and events drawn from them by hypothesis."""

import json
import string
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from hypothesis import strategies as st

from schemas.catalogue import EVENT, AnyEvent
from schemas.limits import FIRST_TIME, MAX_ID_CHARS

GOLDEN: Final = Path(__file__).parent / "golden"
TYPES: Final = tuple(sorted(path.stem for path in GOLDEN.glob("*.json")))
NOW: Final = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
"""The reader's clock in these tests: half an hour after the golden events."""

JsonObject = dict[str, Any]


def golden(event_type: str) -> JsonObject:
    """The golden event of a type, as JSON says it."""
    parsed: JsonObject = json.loads((GOLDEN / f"{event_type}.json").read_bytes())
    return parsed


def raw(event: object) -> bytes:
    return json.dumps(event).encode()


_PRINTABLE = st.characters(exclude_categories=["Cs"], exclude_characters=[*map(chr, range(0x20)), "\x7f"])
_IDS = st.text(_PRINTABLE, min_size=1, max_size=MAX_ID_CHARS)
_TIMES = st.datetimes(
    min_value=FIRST_TIME.replace(tzinfo=None), max_value=NOW.replace(tzinfo=None), timezones=st.just(UTC)
)
_EXTENSION_NAMES = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=20).map("x".__add__)
_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
EXTENSIONS: Final = st.dictionaries(
    _EXTENSION_NAMES, _TEXTS | st.booleans() | st.integers(-(2**31), 2**31 - 1), max_size=4
)


@st.composite
def events(draw: st.DrawFn, extensions: st.SearchStrategy[JsonObject] = EXTENSIONS) -> AnyEvent:
    """Any type, with ids, times and extension attributes as they come."""
    event = golden(draw(st.sampled_from(TYPES)))
    subject = draw(_IDS)
    at = draw(_TIMES)
    event |= {"id": draw(_IDS), "subject": subject, "time": at.isoformat()}
    if event["type"] == "fact.withdrawn.v1":
        event["data"]["original"]["subject"] = subject
    return EVENT.validate_json(raw(event | draw(extensions)))
