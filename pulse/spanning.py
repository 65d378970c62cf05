"""Why an account's score moved between two moments: its facts out of ClickHouse, folded by the core's own code."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from consumers.runtime.clickhouse import Client, rows
from pulse.errors import PulseError
from schemas import plain
from schemas.codec import decode
from schemas.health import Contribution, HealthSnapshot, Override, Part
from schemas.plain import Plain
from streams.core.spans import span
from streams.core.tables import Tables

_FACTS: Final = """
    SELECT source, event_id, payload FROM events
    WHERE account_id = {account:String} AND topic != 'account.managers' ORDER BY record_at, offset"""


class NothingKnown(PulseError):
    """ClickHouse has no event of the account, or none that had happened by then."""


class Moment(BaseModel):
    """The score as of a moment: what is shown, what the facts alone make, and what a person set."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: datetime
    score: float | None
    computed_score: float | None
    override: Override | None


class Movement(BaseModel):
    """`parts` sum to the difference of the two scores (None counts 0), `contributions` to the second; without a first
    moment there is nothing to differ from, and `parts` are empty.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    account_id: str
    policy: str
    start: Moment | None
    end: Moment
    events_applied: int
    contributions: tuple[Contribution, ...]
    parts: tuple[Part, ...]
    parts_sum: float


def movement(client: Client, account: str, between: tuple[datetime | None, datetime], tables: Tables) -> Movement:
    """What moved the score of an account between two moments under a policy; without a first one, what it was then.

    Raises:
        NothingKnown: there is no event of the account, or none had happened by the second moment.
        clickhouse_connect.driver.exceptions.DatabaseError: ClickHouse is away or refuses.
    """
    start, end = between
    facts = list(_facts(client, account))
    found = span(facts, start.timestamp() if start else None, end.timestamp(), tables)
    if found is None:
        raise NothingKnown(_why_nothing(account, facts, end))
    last = HealthSnapshot.model_validate_json(found.end)
    first = HealthSnapshot.model_validate_json(found.start) if found.start else None
    parts = () if start is None else last.change
    return Movement(
        account_id=account,
        policy=last.policy,
        start=None if start is None else _moment(start, first),
        end=_moment(end, last),
        events_applied=last.events_applied,
        contributions=last.contributions,
        parts=parts,
        parts_sum=sum(part.points for part in parts),
    )


def _moment(at: datetime, told: HealthSnapshot | None) -> Moment:
    if told is None:
        return Moment(at=at, score=None, computed_score=None, override=None)
    return Moment(at=at, score=told.score, computed_score=told.computed_score, override=told.override)


def _facts(client: Client, account: str) -> Iterator[Plain]:
    """Each fact once, as it was told first."""
    told: set[tuple[str, str]] = set()
    for row in rows(client, _FACTS, {"account": account}):
        identity = (row["source"], row["event_id"])
        if identity not in told:
            told.add(identity)
            yield _read(row["payload"].encode())


def _read(payload: bytes) -> Plain:
    try:
        return plain.read(payload)
    except ValidationError:  # written less plainly, or of an old version
        return plain.to_plain(decode(payload, [], datetime.now(UTC)))


def _why_nothing(account: str, facts: Sequence[Plain], end: datetime) -> str:
    if not facts:
        return f"nothing is known of {account}: ClickHouse has no event of it"
    first = min(fact["time"] for fact in facts)
    return f"nothing of {account} had happened by {end:%Y-%m-%d %H:%M} UTC: its first event is of {first}"
