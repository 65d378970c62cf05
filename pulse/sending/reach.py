"""Which gateway a command sends to: the command line, then the settings, which know a local stack that runs here."""

from typing import Final

from pulse.errors import Missing
from pulse.sending.gateway import Target
from pulse.sending.settings import SenderSettings
from pulse.settings import load

_NOBODY: Final = (
    "no gateway is named and no local stack runs here: start one with `pulse up`, or set sender.url and sender.key_file"
)


def target(url: str | None = None) -> Target:
    """The gateway to send to; `url` comes from the command line.

    Raises:
        SettingsFault: the settings do not hold.
        Missing: no gateway is named and no local stack runs.
    """
    sender = load(["sender"]).part(SenderSettings)
    named = url or sender.url
    if named is None:
        raise Missing(_NOBODY)
    key = None if sender.key is None else sender.key.get_secret_value()
    return Target(named, key, sender.timeout_s, sender.patience_s)
