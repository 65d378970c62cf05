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
    shipped = (files("streams.core") / "policies" / "default.yaml").read_text(encoding="utf-8")
    assert "heartbeat_s: 8" in shipped
    path = Path(mkdtemp(prefix="pulse-policy-")) / "policy.yaml"
    path.write_text(shipped.replace("heartbeat_s: 8", "heartbeat_s: 0.5"), encoding="utf-8")
    atexit.register(rmtree, path.parent)
    return path
