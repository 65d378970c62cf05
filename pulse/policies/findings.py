"""From what pydantic found in a policy to sentences for the person who wrote it."""

import json
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, Final, NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from pulse.documents import Path
from pulse.policies.expected import expected, known_names
from schemas.money import CURRENCY_ERROR
from streams.core.escalation.rules import KINDS, NO_SUCH_KIND
from streams.core.money_document import LINES, RATES
from streams.core.policies import default_tables
from streams.core.policy import (
    COUNTED_SIGNALS,
    HELD_AGAINST,
    LINE_NAMES,
    MISSING_SIGNAL,
    RELATED,
    WEIGHTS,
    Policy,
)
from streams.core.segments import NO_SUCH_SIGNAL, SEGMENTS, SHARED
from streams.core.silence.document import NO_RISK, NOBODY

_OF_SEVERAL: Final = frozenset({LINES, NO_RISK, NOBODY, RATES, RELATED, WEIGHTS})
_NAMES: Final = {NO_SUCH_SIGNAL: ("no such signal", COUNTED_SIGNALS), NO_SUCH_KIND: ("no such kind of alert", KINDS)}
_KEY: Final = "[key]"
_SEGMENT_DEPTH: Final = 2
_SHOWN: Final = 60


class Finding(NamedTuple):
    """A fault: where, and what was expected."""

    path: Path
    said: str


def found_in(document: object, error: ValidationError) -> list[Finding]:
    """Every fault of a document that `error` refused, also those that one value alone does not show.

    pydantic looks at values together only when each of them holds. So what does not hold is put right, by the policy
    shipped, and the rest looked at once more; what then rests on a value put right is not told.
    """
    told = list(_told(error))
    single = {_path(item) for item in error.errors() if item["type"] not in _OF_SEVERAL}
    mended = _mended(default_tables().policy.model_dump(mode="json"), document, (), single)
    mended["segments"] = _known_segments(document)
    try:
        Policy.model_validate(mended)
    except ValidationError as later:
        told += [one for one in _told(later) if not any(_rests_on(one.path, path) for path in single)]
    return list(dict.fromkeys(told))


def _mended(shipped: Any, given: Any, path: Path, faulty: set[Path]) -> Any:
    """What was given, with what is shipped wherever a fault lies."""
    if isinstance(shipped, dict):
        under = given if isinstance(given, dict) else {}
        return {name: _mended(value, under.get(name, value), (*path, name), faulty) for name, value in shipped.items()}
    return shipped if any(fault[: len(path)] == path for fault in faulty) else given


def _known_segments(document: object) -> dict[str, Any]:
    """What is said of segments that there are: the rest is told already."""
    given = document.get("segments") if isinstance(document, dict) else None
    segments = given if isinstance(given, dict) else {}
    return {name: value for name, value in segments.items() if name in SEGMENTS and isinstance(value, dict)}


def _rests_on(path: Path, faulty: Path) -> bool:
    """Whether a fault of several values may come of one that is faulty by itself."""
    if path[0] == "segments":
        return faulty[:2] == path[:2] or faulty[:1] == path[2:3]
    if faulty[:1] != path[:1] or len(faulty) == 1:
        return faulty == path[:1]
    if path[0] == "signals":
        return faulty[1] in (path[1], HELD_AGAINST.get(str(path[1])))
    if path[0] == "silence":
        return faulty[: len(path)] == path
    return path[0] != "bands" or faulty[1] in LINE_NAMES


def _told(error: ValidationError) -> Iterator[Finding]:
    for item in error.errors(include_url=False):
        if item["type"] == RELATED:
            for path, said in item["ctx"]["found"]:
                yield Finding((*_path(item), *path), said)
        else:
            path = _path(item)
            yield Finding(path, _said(item, path))


def _path(item: ErrorDetails) -> Path:
    return tuple(step for step in item["loc"] if step != _KEY)


def _said(item: ErrorDetails, path: Path) -> str:
    kind = item["type"]
    if kind in (WEIGHTS, LINES, RATES, CURRENCY_ERROR, NO_RISK, NOBODY, SHARED):
        return item["msg"]
    if kind in ("missing", MISSING_SIGNAL):
        return f"missing; expected {expected(path)}"
    if kind in _NAMES or _is_segment(path, kind):
        said, known = _NAMES.get(kind, ("no such segment", tuple(SEGMENTS)))
        return f"{said}{_nearest(str(item['input']), known)}"
    if kind == "extra_forbidden" or (kind == "enum" and item["loc"][-1:] == (_KEY,)):
        return f"unknown{_nearest(str(path[-1]), known_names(path[:-1]))}"
    if kind == "invalid_key" or item["loc"][-1:] == (_KEY,):
        return "a key must be a text"
    return f"expected {expected(path)}, got {_shown(item['input'])}"


def _is_segment(path: Path, kind: str) -> bool:
    return kind == "enum" and path[:1] == ("segments",) and len(path) == _SEGMENT_DEPTH


def _nearest(name: str, known: tuple[str, ...]) -> str:
    """The known name that is most like it, else all of them."""
    near = get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]}?" if near else f"; known are {', '.join(known)}"


def _shown(value: object) -> str:
    """A value as the file may have it, cut where it is long."""
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
