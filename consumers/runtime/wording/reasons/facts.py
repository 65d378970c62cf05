"""What sentences need of a step's facts, written for the reader. A fact that is absent is empty or None. Pure."""

from datetime import datetime

from consumers.runtime.wording.plain import one_line
from consumers.runtime.wording.reader import Reader
from schemas.alerts import AlertStep

_MOST_NAMED = 5


def account(step: AlertStep) -> str:
    """The account's name on one line, or its id where it has none."""
    return one_line(step.account_name or step.account_id)


def has(step: AlertStep, *names: str) -> bool:
    """Whether all these facts are there."""
    return all(name in step.facts for name in names)


def names(step: AlertStep, *keys: str) -> list[str]:
    """The ids in the first of these facts that is there."""
    text = next((step.facts[key] for key in keys if key in step.facts), "")
    return [name.strip() for name in text.split(",") if name.strip()]


def listed(reader: Reader, found: list[str]) -> str:
    """The first of them as one writes a list."""
    return reader.listed(found[:_MOST_NAMED])


def time(step: AlertStep, key: str) -> datetime | None:
    """A moment among the facts."""
    text = step.facts.get(key)
    return datetime.fromisoformat(text) if text else None


def size(reader: Reader, step: AlertStep, key: str, digits: int = 0) -> str:
    """A number among the facts, without its sign: the sentence says the direction."""
    return reader.number(abs(float(step.facts[key])), digits)


def whole(step: AlertStep, key: str, least: int = 1) -> int:
    """A count among the facts, `least` where there is none."""
    return max(least, round(float(step.facts.get(key, least))))
