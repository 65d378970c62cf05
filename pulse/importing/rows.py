"""Reading a file line by line into rows of texts: CSV or fixed width, plain or gzip, in bounded memory.

What a column means is not known here.
"""

import csv
import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from pulse.importing.document import Csv, FixedWidth
from pulse.importing.errors import InputFault, RowFault

MAX_LINE_CHARS: Final = 64 * 1024
_GZIP_MAGIC: Final = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number among the rows from 1, the line it begins on, and its texts or what is wrong with it."""

    number: int
    line: int
    texts: dict[str, str] = field(default_factory=dict)
    fault: RowFault | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """An open file: its rows, its columns, and how many bytes of it (as stored) have been read so far."""

    columns: tuple[str, ...]
    rows: Iterator[Row]
    bytes_read: Callable[[], int]
    size_bytes: int


@contextmanager
def open_rows(path: Path, shape: FixedWidth | Csv) -> Iterator[Source]:
    """The file at `path` read as `shape` says.

    Raises:
        InputFault: the file cannot be read, or has no header where one is due.
    """
    try:
        with path.open("rb") as raw:
            text = _decoded(raw, shape.encoding)
            lines = _Lines(text)
            lines.skip(shape.skip_lines)
            columns, rows = _fixed(lines, shape) if isinstance(shape, FixedWidth) else _csv(lines, shape)
            yield Source(columns, rows, raw.tell, path.stat().st_size)
    except (OSError, EOFError, zlib.error) as error:
        raise InputFault(f"{path.name} cannot be read: {error}") from error


def _decoded(raw: IO[bytes], encoding: str) -> io.TextIOWrapper:
    zipped = raw.read(2) == _GZIP_MAGIC
    raw.seek(0)
    stream = gzip.GzipFile(fileobj=raw) if zipped else raw
    return io.TextIOWrapper(stream, encoding=encoding, errors="surrogateescape", newline="")


class _Lines:
    """The lines of a text with their numbers; a line beyond the limit is cut and told as such."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self.number = 0
        self.cut = False

    def __iter__(self) -> "Iterator[str]":
        return self

    def __next__(self) -> str:
        line = self._text.readline(MAX_LINE_CHARS)
        if not line:
            raise StopIteration
        self.number += 1
        if len(line) == MAX_LINE_CHARS and not line.endswith("\n"):
            self.cut = True
            while (rest := self._text.readline(MAX_LINE_CHARS)) and not rest.endswith("\n"):
                continue
            line += "\n"
        return line

    def skip(self, count: int) -> None:
        for _ in range(count):
            next(self, None)


def _fixed(lines: _Lines, shape: FixedWidth) -> tuple[tuple[str, ...], Iterator[Row]]:
    return tuple(shape.columns), _fixed_rows(lines, shape)


def _fixed_rows(lines: _Lines, shape: FixedWidth) -> Iterator[Row]:
    number = 0
    for line in lines:
        text = line.rstrip("\r\n")
        if not text.strip():
            continue
        number += 1
        fault = _text_fault(text, lines)
        texts = {name: text[first - 1 : last].strip() for name, (first, last) in shape.columns.items()}
        yield Row(number, lines.number, texts, fault)


def _csv(lines: _Lines, shape: Csv) -> tuple[tuple[str, ...], Iterator[Row]]:
    reader = csv.reader(lines, delimiter=shape.delimiter, quotechar=shape.quote, strict=True)
    columns = shape.columns
    if columns is None:
        try:
            columns = tuple(name.strip().removeprefix("\ufeff") for name in next(reader))
        except (StopIteration, csv.Error) as error:
            raise InputFault("the file has no header line") from error
    return columns, _csv_rows(lines, reader, columns)


def _csv_rows(lines: _Lines, reader: "Iterator[list[str]]", columns: tuple[str, ...]) -> Iterator[Row]:
    number = 0
    while True:
        line = lines.number + 1
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            number += 1
            yield Row(number, line, fault=RowFault("row", f"is no proper CSV: {error}"))
            continue
        if not any(fields):
            continue
        number += 1
        yield Row(number, line, *_csv_texts(fields, columns, lines))


def _csv_texts(fields: list[str], columns: tuple[str, ...], lines: _Lines) -> tuple[dict[str, str], RowFault | None]:
    fault = _text_fault("".join(fields), lines)
    if fault is None and len(fields) != len(columns):
        fault = RowFault("row", f"has {len(fields)} columns, expected {len(columns)}")
    if fault is not None:
        return {}, fault
    return dict(zip(columns, map(str.strip, fields), strict=True)), None


def _text_fault(text: str, lines: _Lines) -> RowFault | None:
    if lines.cut:
        lines.cut = False
        return RowFault("row", f"is longer than {MAX_LINE_CHARS} characters")
    if text.isascii():
        return None
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return RowFault("row", "holds bytes that are not in the file's encoding")
    return None
