"""What a check finds. Values only."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How a component is."""

    OK = "ok"
    FAULT = "fault"
    """It is needed and does not do its job."""
    ABSENT = "absent"
    """It is not there and need not be."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One component; `detail` is what was seen, `advice` what to do."""

    component: str
    state: State
    detail: str
    advice: str = ""


def ok(component: str, detail: str) -> Finding:
    """It does its job."""
    return Finding(component, State.OK, detail)


def fault(component: str, detail: str, advice: str) -> Finding:
    """It does not."""
    return Finding(component, State.FAULT, detail, advice)


def absent(component: str, detail: str, advice: str = "") -> Finding:
    """It is not there, which may be right."""
    return Finding(component, State.ABSENT, detail, advice)
