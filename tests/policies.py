"""Policies for worker processes of tests."""

import atexit
from functools import cache
from importlib.resources import files
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp


@cache
def talkative_policy() -> Path:
    """The policy as shipped, but what moved a score by little is told after a moment: tests wait for the last of it."""
    return _shipped_with(TALKATIVE)


@cache
def hurried_policy() -> Path:
    """The same, and each rung of the reporting line has a few seconds."""
    return _shipped_with(TALKATIVE, ("account_manager: 4, lead: 8,", "account_manager: 0.002, lead: 0.004,"))


TALKATIVE = ("heartbeat_s: 8", "heartbeat_s: 0.5")


def _shipped_with(*replaced: tuple[str, str]) -> Path:
    text = (files("streams.core") / "policies" / "default.yaml").read_text(encoding="utf-8")
    for old, new in replaced:
        assert old in text
        text = text.replace(old, new)
    path = Path(mkdtemp(prefix="pulse-policy-")) / "policy.yaml"
    path.write_text(text, encoding="utf-8")
    atexit.register(rmtree, path.parent)
    return path
