"""Marks for texts that are translated where they are used: `make messages` collects what stands in them."""


def N_(message: str) -> str:  # noqa: N802  gettext's own name for it
    """One message."""
    return message


def NN_(one: str, many: str) -> tuple[str, str]:  # noqa: N802  the same with two forms
    """A message in the form for one and the form for many."""
    return one, many
