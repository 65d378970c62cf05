"""Which gateway a command sends to: the command line, then the settings, then the local stack that runs here."""

from pathlib import Path
from typing import Final

from pulse.errors import Missing
from pulse.local.running import RunningStack, find
from pulse.local.settings import StackSettings
from pulse.sending.gateway import Target
from pulse.sending.settings import SenderSettings
from pulse.settings import load

_NOBODY: Final = "no local stack runs on {data}: start one with `pulse up`, or name the gateway with --gateway"


def target(url: str | None = None) -> Target:
    """The gateway to send to; `url` comes from the command line.

    Raises:
        SettingsFault: the settings do not hold.
        Missing: no gateway is named and no local stack runs.
    """
    settings = load(["sender", "stack"])
    sender, data = settings.part(SenderSettings), settings.part(StackSettings).data
    named = url or sender.url
    running = find(data)
    if named is None and running is None:
        raise Missing(_NOBODY.format(data=data))
    local = running if running is not None and named in (None, running.gateway_url) else None
    return Target(
        url=named or (local.gateway_url if local is not None else ""),
        key=_key(sender, local),
        timeout_s=sender.timeout_s,
        patience_s=sender.patience_s,
    )


def _key(sender: SenderSettings, local: RunningStack | None) -> str | None:
    if sender.key is not None:
        return sender.key.get_secret_value()
    return None if local is None else read_key(local.key_file)


def read_key(path: Path) -> str:
    """The API key in a file.

    Raises:
        Missing: it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise Missing(f"the key file {path} cannot be read: {error.strerror}") from error
