"""A mail server and a web server for every test that asks."""

from collections.abc import Iterator

import pytest

from tests.delivery.mailserver import MailServer, mail_server
from tests.delivery.webserver import WebServer, web_server


@pytest.fixture
def mails() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def web() -> Iterator[WebServer]:
    with web_server() as server:
        yield server
