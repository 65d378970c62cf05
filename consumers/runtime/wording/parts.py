"""The parts of a change of score as lines a person reads."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from consumers.runtime.wording.marks import N_, NN_
from consumers.runtime.wording.names import event, signal
from consumers.runtime.wording.reader import Reader
from schemas.health import OverrideReason, Part, PartKind

_MORE: Final = NN_("%(count)d more reason", "%(count)d more reasons")
_OTHER_KINDS: Final = {
    PartKind.BASE: N_("Starting point of newly scored areas"),
    PartKind.DECAY: N_("Older events fading"),
    PartKind.REWEIGHTING: N_("Weights shifted to other areas"),
    PartKind.SATURATION: N_("Held at the end of the scale"),
    PartKind.POLICY: N_("New scoring policy"),
    PartKind.OVERRIDE: N_("Set by hand"),
}
_BY_HAND: Final = {
    OverrideReason.SET: N_("Set by hand"),
    OverrideReason.LIFTED: N_("What was set by hand was lifted"),
    OverrideReason.EXPIRED: N_("What was set by hand expired"),
    OverrideReason.WITHDRAWN: N_("What was set by hand was taken back"),
    OverrideReason.HELD: N_("Held where it was set by hand"),
}


@dataclass(frozen=True, slots=True)
class PartLine:
    """`label` says what, `points` how much (written), `when` when it happened or is empty; `rises` for the colour."""

    label: str
    when: str
    points: str
    rises: bool


def part_label(reader: Reader, part: Part) -> str:
    """What a part is called.

    >>> from consumers.runtime.wording.reader import reader_of
    >>> part_label(reader_of("en", "UTC"), Part(kind=PartKind.DECAY, points=-1.0))
    'Older events fading'
    """
    if part.reason is not None:
        return reader.text(_BY_HAND[part.reason])
    if part.kind is not PartKind.EVENT:
        return reader.text(_OTHER_KINDS[part.kind])
    if part.event_type:
        return event(reader, part.event_type)
    return signal(reader, part.signal) if part.signal else reader.text(N_("Event"))


def part_lines(reader: Reader, parts: Iterable[Part], most: int = 5) -> list[PartLine]:
    """The `most` weightiest parts and one line for the rest, so that the lines still sum to the change.

    Parts of one event are added up, and so are parts without an event that are of one kind.
    """
    merged = sorted(_merged(parts), key=lambda part: -abs(part.points))
    lines = [_line(reader, part_label(reader, part), part.event_time, part.points) for part in merged[:most]]
    if rest := merged[most:]:
        text = reader.plural(_MORE, len(rest))
        lines.append(_line(reader, text % {"count": len(rest)}, None, sum(part.points for part in rest)))
    return lines


def _line(reader: Reader, label: str, at: datetime | None, points: float) -> PartLine:
    return PartLine(label, reader.moment(at) if at else "", reader.signed(points), points >= 0)


def _merged(parts: Iterable[Part]) -> list[Part]:
    sums: defaultdict[tuple[str, ...], float] = defaultdict(float)
    first: dict[tuple[str, ...], Part] = {}
    for part in parts:
        key = (part.kind.value, part.source or "", part.event_id or "")
        first.setdefault(key, part)
        sums[key] += part.points
    return [part.model_copy(update={"points": sums[key]}) for key, part in first.items()]
