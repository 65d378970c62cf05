"""Names that others chose, made fit for one line: a name must not look like a second line or hide a part of itself."""

import unicodedata
from typing import Final

_BREAKS: Final = frozenset({"Cc", "Zl", "Zp"})
_UNSEEN: Final = frozenset({"Cf", "Cs", "Co"})


def one_line(text: str, longest: int = 200) -> str:
    """The text on one line without characters that cannot be seen (line ends, controls, direction overrides).

    >>> one_line("Acme" + chr(13) + chr(10) + "Bcc: all@example.test" + chr(0x202E))
    'Acme Bcc: all@example.test'
    """
    return " ".join("".join(_seen(sign) for sign in text).split())[:longest]


def _seen(sign: str) -> str:
    category = unicodedata.category(sign)
    if category in _UNSEEN:
        return ""
    return " " if category in _BREAKS else sign
