"""How long an account has been quiet, and by when it is expected, in the viewer's words. Pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Final

from consumers.runtime.wording import Reader
from consumers.runtime.wording.marks import N_, NN_
from schemas.health import HealthSnapshot

_BOUGHT_TODAY: Final = N_("Last purchase today")
_BOUGHT: Final = NN_("Last purchase yesterday", "Last purchase %(count)d days ago")
_HEARD_TODAY: Final = N_("Last heard from today")
_HEARD: Final = NN_("Last heard from yesterday", "Last heard from %(count)d days ago")
_EXPECTED: Final = N_("next expected by %(day)s")
_OVERDUE: Final = N_("was expected by %(day)s")


@dataclass(frozen=True, slots=True)
class Quiet:
    """One line: since when, by when the next is expected ("" where nothing can be said), and whether that is over."""

    since: str
    expected: str
    overdue: bool


def quietness(snapshot: HealthSnapshot, now: datetime, reader: Reader) -> list[Quiet]:
    """Of purchases, then of any word; nothing of what never was. Days are those of the snapshot, UTC."""
    bought = _line(reader, now, (_BOUGHT_TODAY, _BOUGHT), (snapshot.last_purchase_on, snapshot.purchase_expected_by))
    heard = _line(reader, now, (_HEARD_TODAY, _HEARD), (snapshot.last_word_on, snapshot.word_expected_by))
    return [line for line in (bought, heard) if line is not None]


def _line(
    reader: Reader, now: datetime, said: tuple[str, tuple[str, str]], days: tuple[date | None, date | None]
) -> Quiet | None:
    (today, ago), (last, by) = said, days
    if last is None:
        return None
    count = (now.astimezone(UTC).date() - last).days
    since = reader.text(today) if count <= 0 else reader.plural(ago, count) % {"count": count}
    if by is None:
        return Quiet(since, "", overdue=False)
    overdue = now.astimezone(UTC).date() > by
    day = reader.day(datetime.combine(by, time(12), reader.zone))
    return Quiet(since, reader.text(_OVERDUE if overdue else _EXPECTED) % {"day": day}, overdue)
