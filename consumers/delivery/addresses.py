"""Which mail addresses we send to: one plain address, nothing that could add a recipient or a header. Pure."""

import re
from typing import Final

_ADDRESS: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_LONGEST_ADDRESS: Final = 254


def is_mail_address(text: str) -> bool:
    """Whether it is one plain mail address and nothing else.

    >>> [is_mail_address(it) for it in ("a@example.test", "a@example.test, b@example.test", "a@b" + chr(10), "")]
    [True, False, False, False]
    """
    return len(text) <= _LONGEST_ADDRESS and _ADDRESS.fullmatch(text) is not None
