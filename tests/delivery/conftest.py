"""A mail server for every test that asks."""

from collections.abc import Iterator

import pytest

from tests.delivery.mailserver import MailServer, mail_server


@pytest.fixture
def mails() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server
