"""Old event versions are lifted to the newest one at the edge, one pure function per step.

A step takes the JSON object of version n and returns that of version n + 1; `upcast` applies steps until none is left,
also to the fact inside a withdrawal. Version 1 of everything is current, so the table is empty; a new version adds one
line here and one golden file to the tests.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

JsonObject = dict[str, Any]
Step = Callable[[JsonObject], JsonObject]

WITHDRAWALS: Final = frozenset({"fact.withdrawn.v1"})
STEPS: Final[Mapping[str, Step]] = {}


def upcast(event: JsonObject, steps: Mapping[str, Step] = STEPS) -> JsonObject:
    """The event at its newest version; steps are keyed by the type they read.

    >>> lift = {"a.b.v1": lambda event: event | {"type": "a.b.v2", "data": {"unit": "s"}}}
    >>> upcast({"type": "a.b.v1"}, lift)
    {'type': 'a.b.v2', 'data': {'unit': 's'}}
    """
    while (step := steps.get(str(event.get("type")))) is not None:
        event = step(event)
    return _lift_original(event, steps)


def _lift_original(event: JsonObject, steps: Mapping[str, Step]) -> JsonObject:
    data = event.get("data")
    if str(event.get("type")) not in WITHDRAWALS or not isinstance(data, dict):
        return event
    if not isinstance(data.get("original"), dict):
        return event
    return {**event, "data": {**data, "original": upcast(data["original"], steps)}}
