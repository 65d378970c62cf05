"""The web servers of the torture tell a message that is signed for them from one that is not."""

from datetime import UTC, datetime

from consumers.delivery.channels.webhook import signed_headers
from consumers.delivery.targets import signing_keys
from tests.delivery.webserver import Request
from tests.torture_delivery.load import HOOKS
from tests.torture_delivery.receivers import is_signed, key_of


def test_only_a_message_signed_with_the_webhooks_own_key_and_as_it_was_is_genuine() -> None:
    mine, theirs = list(HOOKS.values())[:2]
    signed = signed_headers("n-1", datetime.now(UTC), b"{}", signing_keys(key_of(mine)))
    assert is_signed(mine, Request(f"/{mine}", signed, b"{}"))
    assert not is_signed(theirs, Request(f"/{theirs}", signed, b"{}"))
    assert not is_signed(mine, Request(f"/{mine}", signed, b"[]"))
    assert not is_signed(mine, Request(f"/{mine}", {**signed, "webhook-id": "n-2"}, b"{}"))
    assert not is_signed(mine, Request(f"/{mine}", {}, b"{}"))
