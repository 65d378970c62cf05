"""A key is needed, speaks for its own sources only, and can be taken back while the gateway runs."""

from datetime import timedelta
from pathlib import Path

import pytest

from schemas.broker import Broker
from streams.gateway.keys import Grant
from streams.gateway.keys_file import create_key, revoke_key
from tests.gateway.events import NOW, order
from tests.gateway.running import BATCH, Gateway, running
from tests.waiting import until


def status_with(gateway: Gateway, token: str | None) -> int:
    headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
    return gateway.client.post(
        gateway.url + "/v1/events", json=order(), headers={**headers, "Content-Type": "application/cloudevents+json"}
    ).status_code


def test_without_a_key_nothing_is_taken(gateway: Gateway) -> None:
    answer = gateway.client.post(gateway.url + "/v1/events", json=order())
    assert (answer.status_code, answer.json()["reason"]) == (401, "no_key")
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("token", [".", "secret", "pulse_shop_x", "pulse_shop_" + "0" * 49, "Zürich"])
def test_a_wrong_key_is_401(gateway: Gateway, token: str) -> None:
    answer = gateway.client.post(
        gateway.url + "/v1/events", json=order(), headers={b"Authorization": f"Bearer {token}".encode()}
    )
    assert answer.status_code == 401


def test_a_key_with_another_keys_secret_is_401(gateway: Gateway) -> None:
    assert status_with(gateway, gateway.token) == 202
    assert status_with(gateway, gateway.token.replace("pulse_shop_", "pulse_crm_")) == 401


def test_a_key_cannot_speak_for_another_source(gateway: Gateway) -> None:
    answer = gateway.post(order(source="crm"))
    assert (answer.status_code, answer.json()["results"][0]["reason"]) == (403, "wrong_source")
    assert gateway.post([order(), order(source="shop2")], BATCH).status_code == 207


def test_a_key_cannot_withdraw_what_another_source_told(gateway: Gateway) -> None:
    data = {"original": order(source="crm"), "reason": "a rival would like that"}
    answer = gateway.post(order(type="fact.withdrawn.v1", data=data))
    assert (answer.status_code, answer.json()["results"][0]["reason"]) == (403, "wrong_source")


def test_keys_are_made_and_revoked_while_it_runs(embedded_broker: Broker, tmp_path: Path) -> None:
    with running(embedded_broker, tmp_path) as gateway:
        token = gateway.key_for("tools", "*")
        until(lambda: status_with(gateway, token) == 202, 5)
        revoke_key(gateway.settings.keys_file, "tools", now=NOW)
        until(lambda: status_with(gateway, token) == 401, 5)
        assert status_with(gateway, gateway.token) == 202


def test_an_expired_key_is_401(embedded_broker: Broker, tmp_path: Path) -> None:
    grant = Grant(id="old", label="old", sources=("shop",), expires_at=NOW + timedelta(days=1))
    token = create_key(tmp_path / "keys.yaml", grant, now=NOW)
    with running(embedded_broker, tmp_path) as gateway:
        assert status_with(gateway, token) == 401


def test_a_keys_file_that_turns_bad_leaves_the_last_good_keys_in_force(embedded_broker: Broker, tmp_path: Path) -> None:
    with running(embedded_broker, tmp_path) as gateway:
        gateway.settings.keys_file.write_text("version: 1\nkeys: [", "utf-8")

        def noticed() -> bool:
            assert status_with(gateway, gateway.token) == 202
            return "pulse_gateway_keys_file_errors_total 1.0" in gateway.get("/metrics").text

        until(noticed, 5)
        assert status_with(gateway, gateway.token) == 202
