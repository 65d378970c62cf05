"""The batch path held against the model path, record by record: the same accepted, the same refused and why."""

from collections.abc import Sequence
from datetime import datetime

from pydantic_core import to_json

from schemas.catalogue import EVENT, AnyEvent
from schemas.codec import decode
from schemas.errors import BadEvent
from schemas.plain import to_plain
from schemas.records import check_home, check_place
from streams.core.facts import digest_of
from streams.worker.records import Decoded, Place
from tests.fuzz.faults import Fault
from tests.fuzz.records import Read


def compare(records: Sequence[Read], place: Place, decoded: Decoded, now: datetime) -> None:
    """Hold what a batch was read as against what the model says of each of its records.

    Raises:
        Fault: they differ.
    """
    facts = {offset: nth for nth, offset in enumerate(decoded.facts.offset.tolist())}
    letters = {letter.offset: letter for _, letter in decoded.refused}
    if len(facts) + len(letters) != len(records) or facts.keys() & letters.keys():
        raise Fault(f"{len(records)} records became {len(facts)} facts and {len(letters)} dead letters")
    for record in records:
        judged = by_model(record, place, now)
        if isinstance(judged, BadEvent):
            if record.offset in facts:
                raise Fault(f"the batch path accepts what the model refuses: {judged}", record)
            letter = letters[record.offset]
            if (letter.reason, letter.detail) != (judged.reason, judged.detail):
                raise Fault(f"refused for {letter.reason}: {letter.detail}; the model says {judged}", record)
        elif record.offset in letters:
            raise Fault(f"the batch path refuses what the model accepts: {letters[record.offset].detail}", record)
        else:
            _same(record, judged, decoded, facts[record.offset])


def by_model(record: Read, place: Place, now: datetime) -> AnyEvent | BadEvent:
    """What the models say of a record."""
    try:
        event = decode(record.value, record.headers, now)
        check_place(record, event, place.topic.name)
        check_home(place.home(event.subject), place.partition)
    except BadEvent as bad:
        return bad
    return event


def _same(record: Read, event: AnyEvent, decoded: Decoded, nth: int) -> None:
    facts = decoded.facts
    # An attribute that is null is the same as one that was left out, hence plainly.
    if to_plain(EVENT.validate_json(to_json(facts.events[nth]))) != to_plain(event):
        raise Fault("the batch path reads another event than the model", record)
    if facts.at[nth] != event.time.timestamp() or facts.digest[nth] != digest_of(event.source, event.id):
        raise Fault("the columns say another time or identity than the event", record)
