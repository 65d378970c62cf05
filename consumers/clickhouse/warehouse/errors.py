"""Errors of the engine as ClickHouse tells them over HTTP.

ServerError      has a code, a name and the status that goes with it
└── Refused      we refused it, the engine never saw it
"""

import re
from typing import Final

ENGINE_VERSION: Final = "26.9.2.1"

_CODE: Final = re.compile(r"Code: (\d+)\. DB::")
_NAMES: Final = {
    36: "BAD_ARGUMENTS",
    48: "NOT_IMPLEMENTED",
    62: "SYNTAX_ERROR",
    115: "UNKNOWN_SETTING",
    164: "READONLY",
    192: "UNKNOWN_USER",
    241: "MEMORY_LIMIT_EXCEEDED",
    261: "UNKNOWN_BLOCK_INFO_FIELD",
    307: "TOO_MANY_BYTES",
    432: "UNKNOWN_COMPRESSION_METHOD",
    497: "ACCESS_DENIED",
    516: "AUTHENTICATION_FAILED",
    1002: "UNKNOWN_EXCEPTION",
}
_STATUS: Final = {
    **dict.fromkeys((516, 192, 193, 194), 401),
    **dict.fromkeys((497, 164), 403),
    **dict.fromkeys((62, 27, 26, 36, 41, 42, 43, 456, 457, 432, 117, 33, 6, 38), 400),
    **dict.fromkeys((115, 46, 47, 60, 81, 16, 73), 404),
    159: 408,
    307: 413,
    48: 501,
}


class ServerError(Exception):
    """What went wrong, as ClickHouse would put it: `Code: N. DB::Exception: … (NAME)`."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    @property
    def status(self) -> int:
        """The HTTP status. Whatever is not the asker's fault is a 500, which clients may try again."""
        return _STATUS.get(self.code, 500)


class Refused(ServerError):
    """We refused it before the engine saw it."""

    def __init__(self, code: int, reason: str) -> None:
        name = _NAMES.get(code, "UNKNOWN_EXCEPTION")
        super().__init__(code, f"Code: {code}. DB::Exception: {reason}. ({name}) (version {ENGINE_VERSION})")


def from_engine(error: Exception) -> ServerError:
    """The engine's error with its code. The engine tells it in the text of a RuntimeError."""
    text = str(error)
    found = _CODE.search(text)
    if found is None:
        return ServerError(1002, f"Code: 1002. DB::Exception: {text} (UNKNOWN_EXCEPTION) (version {ENGINE_VERSION})")
    return ServerError(int(found[1]), text[found.start() :])
