"""The console's world, met by a real Chromium."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.console.fixtures import address, console_settings, gateway, mail_dir, told

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

__all__ = ["address", "console_settings", "gateway", "mail_dir", "told"]


@pytest.fixture
def context(browser: "Browser", address: str) -> Iterator["BrowserContext"]:
    """A browser of AM-1."""
    made = browser.new_context(base_url=address)
    made.request.post("/sign-in", form={"manager": "AM-1"})
    yield made
    made.close()


@pytest.fixture
def page(context: "BrowserContext") -> Iterator["Page"]:
    """A tab of that browser; whatever it complains about fails the test."""
    made = context.new_page()
    complaints: list[str] = []
    made.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    made.on("pageerror", lambda error: complaints.append(str(error)))
    yield made
    assert [one for one in complaints if "frame is sandboxed" not in one] == []
