"""Queries sent as a form: clients put parameters that are too long for an address into a multipart body."""

from collections.abc import AsyncGenerator
from typing import Final

from starlette.datastructures import Headers
from starlette.formparsers import MultiPartException, MultiPartParser

from consumers.clickhouse.warehouse.errors import Refused

_MOST_FIELDS: Final = 1000
_UNREADABLE: Final = 36


def is_form(headers: Headers) -> bool:
    """Whether the body is a form."""
    return headers.get("content-type", "").lower().startswith("multipart/form-data")


async def fields(headers: Headers, body: bytes) -> dict[str, str]:
    """The statement (`query`) and its parameters (`param_…`). Who asks, where, and with which settings stands in the
    address and the headers alone: those have been looked at by then.

    Raises:
        Refused: it is no form, or holds anything else, such as a table of the client's own.
    """

    async def pieces() -> AsyncGenerator[bytes]:
        yield body

    try:
        form = await MultiPartParser(
            headers, pieces(), max_files=0, max_fields=_MOST_FIELDS, max_part_size=len(body)
        ).parse()
    except (MultiPartException, KeyError) as error:
        raise Refused(_UNREADABLE, f"the form cannot be read: {error}") from error
    found = {name: str(value) for name, value in form.multi_items()}
    unknown = sorted(name for name in found if name != "query" and not name.startswith("param_"))
    if unknown:
        raise Refused(_UNREADABLE, f"a form may hold query and param_… alone, and not {unknown[0][:40]!r}")
    return found
