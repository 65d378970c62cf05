"""Markdown out of rows and docstrings."""

from collections.abc import Iterable, Iterator

from pydantic import BaseModel

Row = tuple[str, ...]


def table(head: Row, rows: Iterable[Row]) -> Iterator[str]:
    """The lines of a table, and an empty one behind it."""
    yield _line(head)
    yield "|" + "---|" * len(head)
    yield from map(_line, rows)
    yield ""


def prose(model: type[BaseModel]) -> str:
    """The docstring of a model in one line."""
    return " ".join((model.__doc__ or "").split())


def _line(cells: Row) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
