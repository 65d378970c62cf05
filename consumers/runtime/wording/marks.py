"""Marks for texts that are translated where they are used: `make messages` collects what stands in them."""

from typing import Final

CONTEXT: Final = "\x04"
"""Stands between a context and its message in gettext's own keys."""


def N_(message: str) -> str:  # noqa: N802  gettext's own name for it
    """One message."""
    return message


def NN_(one: str, many: str) -> tuple[str, str]:  # noqa: N802  the same with two forms
    """A message in the form for one and the form for many."""
    return one, many


def C_(context: str, message: str) -> str:  # noqa: N802  the same with a context
    """A message whose English serves for several things that other languages tell apart."""
    return f"{context}{CONTEXT}{message}"
