"""Jinja2, set up once: everything is escaped, an unknown name is an error, static files carry their fingerprint."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from hashlib import blake2b
from importlib.resources import files
from typing import Any, Final, Protocol

from jinja2 import pass_context
from jinja2.runtime import Context

from consumers.console import formatting, phrases
from consumers.console.models import Episode
from consumers.console.outlook import outlook, set_by_hand
from consumers.console.quietness import Quiet, quietness
from consumers.console.scorecard import Waterfall, waterfall
from consumers.console.telling import Told, tell
from consumers.runtime.wording import LANGUAGES, Reader
from consumers.runtime.wording.names import DIMENSIONS, KINDS, signal
from consumers.runtime.wording.parts import part_label
from consumers.runtime.wording.templates import templates_of
from schemas.health import Band, Dimension, HealthSnapshot, Part

_LINES: Final = ((25, Band.CRITICAL), (45, Band.AT_RISK), (70, Band.WATCH))
_WORTH_TELLING: Final = 0.5


class Summand(Protocol):
    """A contribution, read from a record or from the warehouse."""

    @property
    def name(self) -> str:
        """Of the signal, `base` or `saturation`."""

    @property
    def points(self) -> float:
        """Of the score."""


@dataclass(frozen=True, slots=True)
class Why:
    """What weighs most on a score."""

    label: str
    points: float


@dataclass(frozen=True, slots=True)
class Look:
    """How one viewer reads at one moment."""

    reader: Reader
    now: datetime

    @property
    def language(self) -> str:
        """Of our languages, the one in which this viewer reads."""
        return self.reader.locale.language

    def ago(self, at: datetime) -> str:
        """How long ago."""
        return formatting.ago(at, self.now, self.reader)

    def moment(self, at: datetime) -> str:
        """The time in the viewer's zone."""
        return self.reader.moment(at)

    def why(self, reasons: Sequence[Summand]) -> Why | None:
        """The summand that takes most from the score, else the one that gives most; None when none is worth telling."""
        told = [one for one in reasons if one.name != "base" and abs(one.points) >= _WORTH_TELLING]
        if not told:
            return None
        weightiest = min(told, key=lambda one: one.points if one.points < 0 else -one.points + 1e6)
        return Why(signal(self.reader, weightiest.name), weightiest.points)

    def functions(self) -> dict[str, Callable[..., Any]]:
        """What templates call that depends on the viewer."""
        return {
            "tell": self._tell,
            "waterfall": self._waterfall,
            "quietness": self._quietness,
            "outlook": lambda snapshot: outlook(snapshot, self.reader),
            "set_by_hand": lambda snapshot, name_of: set_by_hand(snapshot, self.reader, name_of),
            "why": self.why,
            "kind_name": lambda kind: self.reader.text(KINDS[kind]),
            "signal": lambda name: signal(self.reader, name),
            "dimension": self._dimension,
            "part_label": self._part_label,
            "money": self._money,
            "phrase": partial(phrases.phrase, self.reader),
        }

    def _tell(self, episode: Episode) -> Told:
        return tell(episode, self.reader)

    def _waterfall(self, snapshot: HealthSnapshot) -> Waterfall:
        return waterfall(snapshot, self.reader)

    def _quietness(self, snapshot: HealthSnapshot) -> list[Quiet]:
        return quietness(snapshot, self.now, self.reader)

    def _dimension(self, name: Dimension) -> str:
        return self.reader.text(DIMENSIONS[name])

    def _part_label(self, part: Part) -> str:
        return part_label(self.reader, part)

    def _money(self, amount: Decimal | None, currency: str) -> str:
        return "" if amount is None or not currency else self.reader.money(amount, currency)


class Templates:
    """Renders by name."""

    def __init__(self) -> None:
        self._environment = templates_of("consumers.console")
        fingerprints = _fingerprints()
        self._environment.globals |= {
            "static": lambda name: f"/static/{name}?v={fingerprints[name]}",
            "words": phrases,
            "languages": LANGUAGES,
            "dom_id": formatting.dom_id,
            "level": level,
        }
        self._environment.filters |= {
            "points": _written(lambda value, reader: reader.signed(float(value))),
            "score": _written(formatting.score),
            "percent": _written(lambda value, reader: reader.percent(value)),
            "thousands": _written(lambda value, reader: reader.number(value, 0)),
        }

    def render(self, name: str, look: Look, **context: Any) -> str:
        """The template with its context, for whom `look` says."""
        given = {"look": look, "reader": look.reader, **look.functions(), **context}
        return self._environment.get_template(name).render(given)


def _written(write: Callable[[Any, Reader], str]) -> Callable[[Context, Any], str]:
    """A filter that writes a value for the reader of the page."""

    @pass_context
    def written(context: Context, value: Any) -> str:
        return write(value, context["reader"])

    return written


def level(score: float) -> str:
    """The colour of a part of the score: the band it would be in, without hysteresis.

    >>> level(24.9), level(70)
    ('critical', 'healthy')
    """
    return next((band.value for line, band in _LINES if score < line), Band.HEALTHY.value)


def _fingerprints() -> dict[str, str]:
    root = files("consumers.console") / "static"
    names = [one.name for one in root.iterdir() if one.is_file()]
    names += [f"vendor/{one.name}" for one in (root / "vendor").iterdir() if one.is_file()]
    return {name: blake2b((root / name).read_bytes(), digest_size=6).hexdigest() for name in names}
