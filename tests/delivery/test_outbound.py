"""What the way out over HTTP reaches, and what it never does."""

import time

import pytest

from consumers.delivery.channels.outbound import Answer, Forbidden, Outbound, Unreached
from consumers.delivery.targets import OutboundSettings
from tests.delivery.webserver import Reply, WebServer

PRIVATE = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",  # noqa: S104 - an address to be refused
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "fe80::1",
    "fd00::1",
    "::ffff:127.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "ff02::1",
]


def outbound(web: WebServer, *addresses: str, **limits: float) -> Outbound:
    """May reach the server by its own address; every other name has these addresses."""
    settings = OutboundSettings.model_validate({"private_hosts": (web.host,), **limits})
    return Outbound(settings, lambda host, _: [host] if host == "127.0.0.1" else addresses)


@pytest.mark.parametrize("address", PRIVATE)
def test_a_name_that_leads_to_an_address_that_is_not_public_is_not_connected_to(web: WebServer, address: str) -> None:
    with pytest.raises(Forbidden, match="private_hosts"):
        outbound(web, address).post(f"http://inside.test:{web.port}/", {}, b"{}")
    assert web.requests == []


def test_one_address_that_is_not_public_among_others_is_enough(web: WebServer) -> None:
    with pytest.raises(Forbidden):
        outbound(web, "8.8.8.8", "127.0.0.1").post(f"http://mixed.test:{web.port}/", {}, b"{}")


def test_the_address_that_was_looked_at_is_the_one_that_is_connected_to(web: WebServer) -> None:
    """A name that changes between looking and connecting: it is asked for once."""
    asked = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    named = OutboundSettings(private_hosts=(f"hooks.test:{web.port}",))
    answer = Outbound(named, resolve).post(f"http://hooks.test:{web.port}/x", {"a": "b"}, b"{}")
    assert answer.status == 200
    assert asked == ["hooks.test"]
    assert web.requests[0].headers["host"] == f"hooks.test:{web.port}"


def test_a_name_on_another_port_is_not_the_one_that_was_allowed(web: WebServer) -> None:
    settings = OutboundSettings(private_hosts=("127.0.0.1:9",))
    with pytest.raises(Forbidden):
        Outbound(settings).post(web.url, {}, b"{}")


def test_a_redirect_is_an_answer_and_is_not_followed(web: WebServer) -> None:
    web.reply = lambda _: Reply(302, {"location": f"{web.url}/elsewhere"})
    assert outbound(web).post(web.url, {}, b"{}").status == 302
    assert [request.path for request in web.requests] == ["/"]


def test_no_proxy_is_taken_from_the_environment(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert outbound(web).post(web.url, {}, b"{}").well


def test_a_long_answer_is_cut_off(web: WebServer) -> None:
    web.reply = lambda _: Reply(body=b"x" * 1_000_000)
    assert len(outbound(web).post(web.url, {}, b"{}").body) == 64 * 1024


@pytest.mark.parametrize("reply", [Reply(hang=True), Reply(body=b"x" * 1000, drip_s=0.05)], ids=["hangs", "drips"])
def test_an_answer_that_does_not_end_ends_when_its_time_is_over(web: WebServer, reply: Reply) -> None:
    web.reply = lambda _: reply
    began = time.monotonic()
    with pytest.raises(Unreached):
        outbound(web, total_s=0.4).post(web.url, {}, b"{}")
    assert time.monotonic() - began < 3


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://name.that.is.unknown.test/"])
def test_nobody_there_says_so_without_the_address(url: str) -> None:
    settings = OutboundSettings(private_hosts=("127.0.0.1", "name.that.is.unknown.test"))
    with pytest.raises(Unreached) as caught:
        Outbound(settings).post(url + "?sig=secret", {}, b"{}")
    assert "secret" not in caught.value.detail


def test_a_receipt_takes_the_beginning_of_an_answer_on_one_line() -> None:
    assert Answer(500, body=b"out of\r\n order " + b"x" * 900).line[:18] == "500 out of order x"


def test_a_server_that_did_not_answer_is_left_alone_for_as_long_as_it_was_waited_for() -> None:
    clock = [1000.0]
    tried = []

    def resolve(host: str, port: int) -> list[str]:
        tried.append(host)
        clock[0] += 20.0
        raise OSError

    posting = Outbound(OutboundSettings(), resolve, lambda: clock[0])
    with pytest.raises(Unreached, match="not known"):
        posting.post("https://quiet.test/a", {}, b"{}")
    clock[0] += 19.9
    with pytest.raises(Unreached, match="left alone"):
        posting.post("https://quiet.test/b", {}, b"{}")
    with pytest.raises(Unreached, match="not known"):
        posting.post("https://other.test/", {}, b"{}")
    assert tried == ["quiet.test", "other.test"], "who did answer, or was not asked yet, is held up by nobody"
    with pytest.raises(Unreached, match="not known"):
        posting.post("https://quiet.test/b", {}, b"{}")
    assert tried == ["quiet.test", "other.test", "quiet.test"]
