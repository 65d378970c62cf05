"""`pulse dead-letters`: list and show what was refused, and send it again once it is mended."""

import heapq
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import typer

from consumers.runtime.subscription import Record
from pulse.commands.clocks import CLOCKS
from pulse.deadletters import telling
from pulse.deadletters.compacted import Newest
from pulse.deadletters.errors import BadRequest, NoSuchLetter
from pulse.deadletters.judging import Judge, Mend, Parcel, Refusal
from pulse.deadletters.letters import Letter, Wanted, parse_ids, parse_since, parse_topic
from pulse.deadletters.reading import Unreadable, letters, partition_counts, records
from pulse.deadletters.replaying import rehearse, replay
from pulse.exit_codes import ExitCode
from pulse.settings import load
from schemas.broker import Broker
from schemas.errors import Reason
from schemas.topics import DEAD_LETTERS

app = typer.Typer(
    help="What was refused, and sending it again once it is mended.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

_HOW_MANY: Final = 50

Ids = Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Ids of letters: topic/partition/offset.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="The letter's id: topic/partition/offset of the original.")]
OfReason = Annotated[Reason | None, typer.Option("--reason", help="Only those refused for this reason.")]
OfTopic = Annotated[str | None, typer.Option("--topic", help="Only those that came on this topic.")]
Since = Annotated[
    str | None, typer.Option(help="Only those refused since: 2026-03-02T10:00Z, or how long ago: 15m, 2h, 7d.")
]
Limit = Annotated[int, typer.Option(min=1, max=100_000, help="How many of the newest.")]
Everything = Annotated[bool, typer.Option("--all", help="All of them; --topic and --since may narrow it.")]
ValueFile = Annotated[
    Path | None, typer.Option(exists=True, dir_okay=False, help="A file with the mended value, for one letter.")
]
Key = Annotated[str | None, typer.Option(help="The key instead of the original's, for one letter.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be sent and what refused; send nothing.")]
Force = Annotated[bool, typer.Option("--force", help="Send even what would be refused again.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print everything as one JSON object.")]
OnlyValue = Annotated[bool, typer.Option("--value", help="Print the value's bytes as they are and nothing else.")]


@app.command("list")
def list_them(
    *,
    reason: OfReason = None,
    topic: OfTopic = None,
    since: Since = None,
    limit: Limit = _HOW_MANY,
    as_json: AsJson = False,
) -> None:
    """The newest dead letters, newest last: a table on a terminal, lines with tabs elsewhere."""
    wanted = Wanted(reason=reason, topic=parse_topic(topic), since=parse_since(since, CLOCKS.wall()))
    reader = _Reader(load(["broker"]).part(Broker))
    newest = heapq.nlargest(limit, reader.find(wanted), key=lambda letter: letter.age)
    telling.write_list(newest[::-1], reader.fitting, as_json=as_json)
    reader.warn()


@app.command()
def show(letter: Id, *, value: OnlyValue = False, as_json: AsJson = False) -> None:
    """One dead letter whole: why it was refused, its key, headers and value as they came.

    Example: pulse dead-letters show account.purchases/2/17 --value > mended.json
    """
    reader = _Reader(load(["broker"]).part(Broker))
    found = list(reader.find(Wanted(ids=parse_ids([letter]))))
    if not found:
        raise NoSuchLetter([letter])
    if value:
        sys.stdout.flush()
        sys.stdout.buffer.write(found[-1].value or b"")
        sys.stdout.buffer.flush()
        return
    telling.write_letter(found[-1], as_json=as_json)


@app.command("replay")
def send_again(
    ids: Ids = None,
    *,
    reason: OfReason = None,
    everything: Everything = False,
    topic: OfTopic = None,
    since: Since = None,
    value_file: ValueFile = None,
    key: Key = None,
    dry_run: DryRun = False,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Put records back on the topics they came from, to the partition their key belongs in.

    Key, value and headers are the original's. What the worker would refuse again is refused here; the exit code is then
    1. Doing it twice counts once.
    """
    _one_kind(ids, reason, everything=everything)
    wanted = Wanted(parse_ids(ids or ()), reason, parse_topic(topic), parse_since(since, CLOCKS.wall()))
    mend = _mend(wanted, value_file, key)
    broker = load(["broker"]).part(Broker)
    reader = _Reader(broker)
    judge = Judge(reader.partitions, CLOCKS.wall(), mend, force)
    outcomes = map(Newest(reader.records).pass_on, _judged(reader, wanted, judge))
    report = rehearse(outcomes) if dry_run else replay(broker, outcomes)
    telling.write_report(report, dry_run=dry_run, as_json=as_json)
    reader.warn()
    raise typer.Exit(ExitCode.FAILED if report.refused else ExitCode.DONE)


class _Reader:
    """The letters of one broker, and how many were found."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._unreadable = Unreadable()
        self.partitions = partition_counts(broker)
        self.fitting = 0

    def find(self, wanted: Wanted) -> Iterator[Letter]:
        for letter in letters(self._broker, self.partitions[DEAD_LETTERS.name], self._unreadable):
            if wanted.fits(letter):
                self.fitting += 1
                yield letter

    def records(self, topic: str) -> Iterator[Record]:
        return records(self._broker, topic, self.partitions[topic])

    def warn(self) -> None:
        if self._unreadable.count:
            sys.stderr.write(f"{self._unreadable.count} records of {DEAD_LETTERS.name} are no dead letters of ours\n")


def _one_kind(ids: list[str] | None, reason: Reason | None, *, everything: bool) -> None:
    if sum((bool(ids), reason is not None, everything)) != 1:
        raise BadRequest("say which: ids, or --reason, or --all")


def _mend(wanted: Wanted, value_file: Path | None, key: str | None) -> Mend:
    if (value_file is not None or key is not None) and len(wanted.ids) != 1:
        raise BadRequest("--value-file and --key mend one letter: give one id")
    value = None if value_file is None else value_file.read_bytes()
    return Mend(None if key is None else key.encode(), value)


def _judged(reader: _Reader, wanted: Wanted, judge: Judge) -> Iterator[Parcel | Refusal]:
    """One by one as they are read; named ones only once all are found."""
    if not wanted.ids:
        return (judge.judge(letter) for letter in reader.find(wanted))
    found = list(reader.find(wanted))
    if missing := wanted.ids - {letter.id for letter in found}:
        raise NoSuchLetter(missing)
    return (judge.judge(letter) for letter in found)
