"""The dead letters held against the poison that was sent: exactly those, bytes and headers as they were. Pure."""

from collections.abc import Iterable

from schemas.deadletters import from_headers
from tests.torture.differences import Verdict
from tests.torture.logread import Read
from tests.torture.poison import fault
from tests.torture.records import MARK


def is_poison(record: Read) -> bool:
    """Whether a record of an event topic was made to be refused."""
    return any(name == MARK for name, _ in record.headers)


def compare_letters(poison: Iterable[Read], letters: Iterable[Read], verdict: Verdict) -> None:
    """Every dead letter is of poison and intact, and none of the poison is without."""
    expected = {record.place: record for record in poison}
    seen: set[tuple[str, int, int]] = set()
    for letter in letters:
        told, headers = from_headers(letter.headers)
        place = (told.topic, told.partition, told.offset)
        original = expected.get(place)
        if original is None:
            verdict.add(named(place), f"was refused ({told.reason.value}) and is a fact")
            continue
        seen.add(place)
        if (letter.key, letter.value, tuple(headers)) != (original.key, original.value, original.headers):
            verdict.add(named(place), "its dead letter does not hold its key, value and headers as they were")
        if told.reason.value != fault(original.headers):
            verdict.add(named(place), f"was refused as {told.reason.value} and is {fault(original.headers)}")
    for place in sorted(expected.keys() - seen):
        verdict.add(named(place), f"{fault(expected[place].headers)}, and no dead letter tells of it")


def named(place: tuple[str, int, int]) -> str:
    """A place in the log as a person reads it."""
    topic, partition, offset = place
    return f"{topic}[{partition}]@{offset}"
