"""What a fuzzing finds: a promise that does not hold, with the record that shows it."""

from typing import Final

from tests.fuzz.records import Read

_SHOWN: Final = 2_000


class Fault(Exception):
    """`said` is what went wrong, `record` what with; None where only the whole run shows it."""

    def __init__(self, said: str, record: Read | None = None) -> None:
        super().__init__(said)
        self.said = said
        self.record = record

    def lines(self, seed: int) -> list[str]:
        """For a person: what it was, the record, and how to meet it again."""
        if self.record is None:
            return [f"seed {seed}: {self.said}"]
        record = self.record
        return [
            f"seed {seed}, record {record.number} ({record.way}): {self.said}",
            f"  key     {record.key!r}",
            f"  headers {record.headers!r}",
            f"  value   {_cut(repr(record.value))}",
            f"  again: python -m tests.fuzz --seed {seed} --records {record.number}",
        ]


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}... ({len(text)} characters)"
