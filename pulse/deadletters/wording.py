"""What a reason means to a person, and what mends it. Also bytes of strangers as text that is safe on a terminal."""

from typing import Final

from schemas.errors import Reason

MEANINGS: Final = {
    Reason.NO_VALUE: ("the record has no value", "send the fact itself: --value-file"),
    Reason.TOO_LARGE: ("the event is larger than an event may be", "send it with less in it: --value-file"),
    Reason.NOT_UTF8: ("its bytes are not UTF-8", "send it encoded as UTF-8: --value-file"),
    Reason.NOT_JSON: ("its value is not JSON", "send it as JSON: --value-file"),
    Reason.NOT_CLOUDEVENT: ("it is JSON, but no CloudEvent", "add what the detail names: --value-file"),
    Reason.UNKNOWN_TYPE: (
        "its type is not in the catalogue",
        "replay it once a version is released that knows the type, or mend the type: --value-file",
    ),
    Reason.WRONG_TOPIC: (
        "its type belongs on another topic",
        "let the producer send it where the detail says; a replay goes to the topic it was on",
    ),
    Reason.NO_SUBJECT: ("it names no account", "name the account as subject, which is also the key: --value-file"),
    Reason.NAIVE_TIME: ("a time in it has no offset from UTC", "add the offset: --value-file"),
    Reason.FUTURE_TIME: ("it lay in the future when it was read", "replay it: the time has come, or will"),
    Reason.BAD_MONEY: ("an amount or a currency in it does not hold", "mend what the detail names: --value-file"),
    Reason.INVALID: ("its data are not what its type says", "mend what the detail names: --value-file"),
    Reason.WRONG_KEY: ("its key is not its account", "give it the account as key: --key"),
    Reason.WRONG_PARTITION: (
        "it lies in another partition than its key belongs in",
        "replay it: it goes where its key belongs; let the producer use murmur2",
    ),
    Reason.WRONG_SOURCE: ("its sender may not speak for its source", "let it be sent by whoever may"),
}
"""By reason: what was wrong, and what mends it."""


def shown(raw: bytes | None) -> str:
    """The bytes as text where they are text, else in hex.

    >>> shown(b"A-1"), shown(bytes([0, 255])), shown(None)
    ('A-1', 'hex 00ff', '(none)')
    """
    if raw is None:
        return "(none)"
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return f"hex {raw.hex()}"
    return plain(text) if is_text(text) else f"hex {raw.hex()}"


def is_text(text: str) -> bool:
    """Whether everything in it can be shown: printable, or white space."""
    return all(char.isprintable() or char in "\n\r\t" for char in text)


def plain(text: str) -> str:
    r"""The text with whatever would steer a terminal written out.

    >>> plain("a\x1b[2Jb\rc")
    'a\\x1b[2Jb\\x0dc'
    """
    return "".join(char if char.isprintable() or char in "\n\t" else f"\\x{ord(char):02x}" for char in text)


def line(text: str) -> str:
    """The text as one line."""
    return " ".join(plain(text).split())
