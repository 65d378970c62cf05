"""The shipped policy with some of its text replaced."""

from functools import cache
from importlib.resources import files
from pathlib import Path


@cache
def shipped() -> str:
    return (files("streams.core") / "policies" / "default.yaml").read_text(encoding="utf-8")


def replaced(*pairs: tuple[str, str]) -> str:
    """Each first text by the second; a text that is not there is a mistake of the test."""
    text = shipped()
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def line_with(text: str, part: str) -> int:
    """The number of the first line that has this part."""
    return next(number for number, line in enumerate(text.splitlines(), 1) if part in line)


def write(folder: Path, text: str, name: str = "mine.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path
