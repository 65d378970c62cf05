"""Jinja2, set up once: everything is escaped, an unknown name is an error, static files carry their fingerprint."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import blake2b
from importlib.resources import files
from typing import Any, Final, Protocol

from jinja2 import Environment, PackageLoader, StrictUndefined

from consumers.console import formatting, phrases
from consumers.console.models import Episode
from consumers.console.quietness import Quiet, quietness
from consumers.console.scorecard import Waterfall, waterfall
from consumers.console.telling import Told, tell
from consumers.runtime.wording import Reader
from consumers.runtime.wording.names import signal
from consumers.runtime.wording.parts import part_label
from schemas.health import Band, HealthSnapshot, Part

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
            "why": self.why,
            "signal": lambda name: signal(self.reader, name),
            "part_label": self._part_label,
            "money": self._money,
        }

    def _tell(self, episode: Episode) -> Told:
        return tell(episode, self.reader)

    def _waterfall(self, snapshot: HealthSnapshot) -> Waterfall:
        return waterfall(snapshot, self.reader)

    def _quietness(self, snapshot: HealthSnapshot) -> list[Quiet]:
        return quietness(snapshot, self.now, self.reader)

    def _part_label(self, part: Part) -> str:
        return part_label(self.reader, part)

    def _money(self, amount: Decimal | None, currency: str) -> str:
        return "" if amount is None or not currency else self.reader.money(amount, currency)


class Templates:
    """Renders by name."""

    def __init__(self) -> None:
        self._environment = Environment(
            loader=PackageLoader("consumers.console"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        fingerprints = _fingerprints()
        self._environment.globals |= {
            "static": lambda name: f"/static/{name}?v={fingerprints[name]}",
            "words": phrases,
            "phrase": phrases.phrase,
            "dom_id": formatting.dom_id,
            "level": level,
        }
        self._environment.filters |= {
            "points": formatting.points,
            "signed": lambda value: formatting.points(float(value)),
            "score": formatting.score,
            "percent": formatting.percent,
            "thousands": "{:,}".format,
        }

    def render(self, name: str, **context: Any) -> str:
        """The template with its context."""
        return self._environment.get_template(name).render(context)


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
