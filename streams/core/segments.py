"""What a policy says otherwise for the accounts of one segment: a part of the document, laid over the rest of it.

Half-lives and dimensions stay the same for all: the state holds one decayed sum a signal, whoever reads it.
"""

from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Any, Final

from pydantic_core import InitErrorDetails, PydanticCustomError

from schemas.events.profiles import Segment

SEGMENTS: Final = tuple(Segment)
"""The code of a segment in the state is its place here + 1; 0 is an account without a profile. Append only."""

OVERRIDABLE: Final = ("dimensions", "signals", "complaints", "bands", "alerts")
"""The sections that a segment may say something of."""
NO_SUCH_SIGNAL: Final = "no_such_signal"
SHARED: Final = "shared"
"""The types of our own faults; SHARED is that a segment changes what must be the same for all."""

Document = dict[str, Any]

_OF_STATE: Final = "the same for every segment, because the state holds one decayed sum of it; give it outside segments"
_OF_ALL: Final = "the same for every segment; give it outside segments"
_SHARED_OF_SIGNAL: Final = ("half_life_d", "dimension")
_SHARED_OF_ALERTS: Final = ("history_horizon_s",)


def code_of(segment: str) -> int:
    """The code of a segment in the state.

    >>> code_of("strategic")
    1
    """
    return SEGMENTS.index(Segment(segment)) + 1


def laid_over(document: Mapping[str, Any], override: Mapping[str, Any]) -> Document:
    """The document with what `override` says in place of its own; mappings are taken together.

    >>> laid_over({"a": {"x": 1, "y": 2}, "b": 3}, {"a": {"y": 5}})
    {'a': {'x': 1, 'y': 5}, 'b': 3}
    """
    laid = dict(document)
    for name, value in override.items():
        under = laid.get(name)
        laid[name] = laid_over(under, value) if isinstance(under, dict) and isinstance(value, dict) else value
    return laid


def without(document: Mapping[str, Any], paths: Iterable[tuple[int | str, ...]]) -> Document:
    """The document without what lies at some paths.

    >>> without({"a": {"x": 1, "y": 2}, "b": 3}, [("a", "x"), ("b",)])
    {'a': {'y': 2}}
    """
    under = [path for path in paths if path]
    return {
        name: without(value, [path[1:] for path in under if path[0] == name]) if isinstance(value, dict) else value
        for name, value in document.items()
        if (name,) not in under
    }


def faults_of(
    override: Mapping[str, Any], path: tuple[str, ...], signals: Container[str]
) -> Iterator[InitErrorDetails]:
    """What a segment must not say; `path` is where it says it, `signals` are those there are."""
    for section, value in override.items():
        if section not in OVERRIDABLE:
            yield InitErrorDetails(type="extra_forbidden", loc=(*path, section), input=value)
        elif not isinstance(value, dict):
            yield InitErrorDetails(type="dict_type", loc=(*path, section), input=value)
        elif section == "signals":
            for name, signal in value.items():
                if name not in signals:
                    fault = PydanticCustomError(NO_SUCH_SIGNAL, "no such signal")
                    yield InitErrorDetails(type=fault, loc=(*path, section, str(name)), input=name)
                yield from _shared(signal, _SHARED_OF_SIGNAL, _OF_STATE, (*path, section, str(name)))
        elif section == "alerts":
            yield from _shared(value, _SHARED_OF_ALERTS, _OF_ALL, (*path, section))


def _shared(given: object, names: tuple[str, ...], said: str, path: tuple[str, ...]) -> Iterator[InitErrorDetails]:
    for name in names:
        if isinstance(given, dict) and name in given:
            yield InitErrorDetails(type=PydanticCustomError(SHARED, said), loc=(*path, name), input=given[name])
