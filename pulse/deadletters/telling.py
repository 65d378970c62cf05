"""What `pulse dead-letters` says: tables for people, lines with tabs for pipes, JSON for programs.

Bytes come from strangers: nothing of them reaches a terminal raw.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC
from typing import Any, Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pulse.deadletters.letters import Letter
from pulse.deadletters.replaying import Report
from pulse.deadletters.wording import MEANINGS, line, shown

_KEY_CHARS: Final = 40
_REFUSED_SHOWN: Final = 20
_VALUE_CHARS: Final = 10_000


def write_list(letters: Sequence[Letter], fitting: int, *, as_json: bool) -> None:
    """The letters, and how many more there are."""
    if as_json:
        _write_json({"fitting": fitting, "dead_letters": [_brief(letter) for letter in letters]})
        return
    if sys.stdout.isatty():
        _write_table(letters)
    else:
        sys.stdout.writelines("\t".join(_cells(letter)) + "\n" for letter in letters)
    if fitting > len(letters):
        sys.stderr.write(f"the newest {len(letters)} of {fitting}; --limit shows more\n")
    elif not letters:
        sys.stderr.write("no dead letter fits\n")


def write_letter(letter: Letter, *, as_json: bool) -> None:
    """One letter whole."""
    if as_json:
        _write_json(_whole(letter))
        return
    about = letter.about
    meaning, cure = MEANINGS[about.reason]
    size = "no value" if letter.value is None else f"{len(letter.value)} bytes"
    rows = [
        ("id", letter.id),
        ("refused", f"{about.refused_at.isoformat(timespec='milliseconds')} by {line(about.refused_by)}"),
        ("reason", f"{about.reason.value}: {meaning}"),
        ("detail", line(about.detail)),
        ("mend", cure),
        ("key", line(shown(letter.key))),
        *(("header", f"{line(name)}: {line(shown(raw))}") for name, raw in letter.headers),
        ("value", size),
    ]
    sys.stdout.writelines(f"{name:<8} {text}\n" for name, text in rows)
    if letter.value is not None:
        text = shown(letter.value)
        rest = len(text) - _VALUE_CHARS
        sys.stdout.write(f"{text}\n" if rest <= 0 else f"{text[:_VALUE_CHARS]}\n… {rest} more; --value prints all\n")


def write_report(report: Report, *, dry_run: bool, as_json: bool) -> None:
    """How many went where, and what was refused."""
    if as_json:
        _write_json(_report(report, dry_run=dry_run))
        return
    places = Counter((sent.topic, sent.partition) for sent in report.sent)
    sys.stdout.write(f"{'would be sent' if dry_run else 'sent'}: {len(report.sent)}\n")
    sys.stdout.writelines(f"  {topic}/{partition}: {count}\n" for (topic, partition), count in sorted(places.items()))
    if report.refused:
        sys.stdout.write(f"refused again: {len(report.refused)}\n")
        _write_refused(report)


def _write_refused(report: Report) -> None:
    for refusal in report.refused[:_REFUSED_SHOWN]:
        sys.stdout.write(f"  {refusal.letter_id} {refusal.reason}: {line(refusal.detail)} → {refusal.cure}\n")
    if (more := len(report.refused) - _REFUSED_SHOWN) > 0:
        sys.stdout.write(f"  and {more} more; --json names all\n")


def _report(report: Report, *, dry_run: bool) -> dict[str, Any]:
    sent = [
        {"id": one.letter_id, "topic": one.topic, "partition": one.partition, "offset": one.offset}
        for one in report.sent
    ]
    refused = [{"id": one.letter_id, "reason": one.reason, "detail": one.detail} for one in report.refused]
    return {"dry_run": dry_run, "sent": sent, "refused": refused}


def _write_table(letters: Iterable[Letter]) -> None:
    table = Table()
    for name in ("refused at (UTC)", "id", "reason", "key"):
        table.add_column(name, no_wrap=name != "key", overflow="fold")
    table.add_column("detail", overflow="fold")
    for letter in letters:
        table.add_row(*map(escape, _cells(letter)))
    Console().print(table)


def _cells(letter: Letter) -> tuple[str, ...]:
    about = letter.about
    key = line(shown(letter.key))
    cut = key if len(key) <= _KEY_CHARS else f"{key[: _KEY_CHARS - 1]}…"
    return (
        f"{about.refused_at.astimezone(UTC):%Y-%m-%d %H:%M:%S}",
        letter.id,
        about.reason.value,
        cut,
        line(about.detail),
    )


def _brief(letter: Letter) -> dict[str, Any]:
    about = letter.about
    return {
        "id": letter.id,
        "topic": about.topic,
        "partition": about.partition,
        "offset": about.offset,
        "reason": about.reason.value,
        "detail": about.detail,
        "refused_by": about.refused_by,
        "refused_at": about.refused_at.isoformat(),
        "key": _text_or_hex(letter.key),
        "value_bytes": None if letter.value is None else len(letter.value),
    }


def _whole(letter: Letter) -> dict[str, Any]:
    meaning, cure = MEANINGS[letter.about.reason]
    headers = [{"name": name, **_text_or_hex(raw)} for name, raw in letter.headers]
    return {
        **_brief(letter),
        "meaning": meaning,
        "mend": cure,
        "headers": headers,
        "value": _text_or_hex(letter.value),
    }


def _text_or_hex(raw: bytes | None) -> dict[str, str | None]:
    """`text` where the bytes are UTF-8, else `hex`; `text` null where there are none."""
    if raw is None:
        return {"text": None}
    try:
        return {"text": raw.decode()}
    except UnicodeDecodeError:
        return {"hex": raw.hex()}


def _write_json(found: object) -> None:
    sys.stdout.write(json.dumps(found) + "\n")
