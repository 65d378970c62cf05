"""Moments that people write on the command line."""

from datetime import UTC, datetime

import typer


def moment_of(text: str, option: str) -> datetime:
    """The moment in UTC.

    Raises:
        typer.BadParameter: it is no time, or has no zone.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise typer.BadParameter("expected a time with a zone, such as 2026-03-01T08:00Z", param_hint=option)
    return moment.astimezone(UTC)
