"""What a key is, decided without a file."""

from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from schemas.ids import Source
from streams.gateway.errors import KeysFileError, Why
from streams.gateway.keys import ApiKey, Grant, authenticate, mint, with_key, with_revoked
from streams.gateway.keys_file import create_key, read_keys, revoke_key
from tests.gateway.events import NOW

SECRET = bytes(range(32))


def minted(key_id: str = "shop", *sources: str) -> tuple[ApiKey, str]:
    return mint(Grant(id=key_id, label="a label", sources=sources or ("shop",)), SECRET, NOW)


def test_a_token_proves_its_key() -> None:
    key, token = minted()
    assert token.startswith("pulse_shop_")
    assert authenticate({"shop": key}, token, NOW) == key


def test_the_secret_is_not_in_what_is_stored() -> None:
    key, token = minted()
    assert token.removeprefix("pulse_shop_")[:43] not in key.model_dump_json()


@pytest.mark.parametrize("place", range(len("pulse_shop_"), len("pulse_shop_") + 49))
def test_no_character_of_a_token_can_be_another(place: int) -> None:
    key, token = minted()
    other = "x" if token[place] != "x" else "y"
    assert authenticate({"shop": key}, token[:place] + other + token[place + 1 :], NOW) is Why.BAD_KEY


def test_a_well_formed_token_with_the_wrong_secret_is_refused() -> None:
    """Takes the comparison itself away from the checksum, which is no secret."""
    key, _ = minted()
    _, other = mint(Grant(id="shop", label="a label", sources=("shop",)), bytes(32), NOW)
    assert authenticate({"shop": key}, other, NOW) is Why.BAD_KEY


def test_an_unknown_expired_or_revoked_key_says_so_only_to_who_has_it() -> None:
    key, token = minted()
    expired = key.model_copy(update={"expires_at": NOW})
    revoked = key.model_copy(update={"revoked_at": NOW})
    assert authenticate({}, token, NOW) is Why.BAD_KEY
    assert authenticate({"shop": expired}, token, NOW) is Why.KEY_EXPIRED
    assert authenticate({"shop": expired}, token, NOW - timedelta(seconds=1)) == expired
    assert authenticate({"shop": revoked}, token, NOW) is Why.KEY_REVOKED
    _, wrong = mint(Grant(id="shop", label="a label", sources=("shop",)), bytes(32), NOW)
    assert authenticate({"shop": revoked}, wrong, NOW) is Why.BAD_KEY


@pytest.mark.parametrize(
    "pattern, source, allowed",
    [
        ("shop", "shop", True),
        ("shop", "shop2", False),
        ("shop", "Shop", False),
        ("shop/*", "shop/oslo", True),
        ("shop/*", "shop", False),
        ("*", "anything", True),
    ],
)
def test_a_key_speaks_for_its_sources(pattern: str, source: str, allowed: bool) -> None:
    key, _ = minted("k", pattern)
    assert key.speaks_for(Source(source)) is allowed


@pytest.mark.parametrize("pattern", ["", "a*b", "**", "two words"])
def test_a_pattern_that_means_nothing_is_refused(pattern: str) -> None:
    with pytest.raises(ValidationError):
        minted("k", pattern)


def test_an_id_is_given_once_for_ever() -> None:
    key, _ = minted()
    revoked = with_revoked([key], "shop", NOW)
    with pytest.raises(ValueError, match="already"):
        with_key(revoked, key)
    with pytest.raises(ValueError, match="no key"):
        with_revoked([key], "crm", NOW)
    assert with_revoked(revoked, "shop", NOW + timedelta(days=1)) == revoked


def test_the_file_keeps_what_was_made_and_nobody_else_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "keys.yaml"
    token = create_key(path, Grant(id="shop", label="the shop", sources=("shop",)), now=NOW)
    create_key(path, Grant(id="crm", label="the CRM", sources=("crm", "crm/*")), now=NOW)
    revoke_key(path, "crm", now=NOW)
    shop, crm = read_keys(path)
    assert authenticate({"shop": shop}, token, NOW) == shop
    assert crm.revoked_at == NOW
    assert path.stat().st_mode & 0o077 == 0
    assert token[-49:-6] not in path.read_text("utf-8")


@pytest.mark.parametrize(
    "text, fault",
    [
        ("keys: [", "cannot be read"),
        ("version: 2", "version"),
        ("keys: [{id: shop}]", "keys.0.label"),
        ("colour: red", "colour"),
    ],
)
def test_a_bad_file_says_where(tmp_path: Path, text: str, fault: str) -> None:
    path = tmp_path / "keys.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(KeysFileError, match=fault):
        read_keys(path)


def test_a_missing_file_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(KeysFileError, match="pulse keys create"):
        read_keys(tmp_path / "keys.yaml")


def test_a_key_named_twice_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "keys.yaml"
    create_key(path, Grant(id="shop", label="the shop", sources=("shop",)), now=NOW)
    text = path.read_text("utf-8")
    path.write_text(text + text[text.index("- id") :], "utf-8")
    with pytest.raises(KeysFileError, match="twice"):
        read_keys(path)
