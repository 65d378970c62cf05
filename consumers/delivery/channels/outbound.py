"""POST over HTTP, kept from reaching what is not meant to be reached.

The name is resolved once, every address it has must be a public one, and the connection goes to the address that was
looked at. Nothing is redirected, no proxy is taken from the environment, and answer and time are capped. Hosts that the
settings name may lie on a private network. A server that did not answer is left alone for as long as it was waited for:
all that goes to it would wait as long again, and hold up what goes to others.
"""

import socket
import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final

import httpcore

from consumers.delivery.channels.port import NotNow, Refused
from consumers.delivery.targets import OutboundSettings, is_named

_MAX_ANSWER: Final = 64 * 1024
_NAT64: Final = IPv6Network("64:ff9b::/96")
_WELL: Final = range(200, 300)
Resolve = Callable[[str, int], Iterable[str]]


class Unreached(NotNow):
    """No answer came; `detail` names no address."""


class Forbidden(Refused):
    """The name leads to an address that nothing is sent to."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side said; header names in lower case, the body cut off at 64 KiB."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def well(self) -> bool:
        """Whether it was taken on."""
        return self.status in _WELL

    @property
    def line(self) -> str:
        """Status and the beginning of the body, for a receipt."""
        return f"{self.status} {' '.join(self.body[:200].decode('utf-8', 'replace').split())}".strip()

    def retry_after_s(self, now: datetime) -> float | None:
        """How long it asks to be left alone: seconds or a date; None when it does not, or not clearly.

        >>> now, asked = datetime(2026, 3, 1, tzinfo=UTC), ("7", "Sun, 01 Mar 2026 00:01:00 GMT", "soon")
        >>> [Answer(429, {"retry-after": it}).retry_after_s(now) for it in asked]
        [7.0, 60.0, None]
        """
        told = self.headers.get("retry-after", "").strip()
        if told.isascii() and told.isdecimal():
            return float(told[:9])
        try:
            until = parsedate_to_datetime(told)
        except ValueError:
            return None
        return max(0.0, (until.replace(tzinfo=until.tzinfo or UTC) - now).total_seconds())


class Outbound:
    """Posts; each time over a connection of its own. Channels share one, each with a thread of its own."""

    def __init__(
        self,
        settings: OutboundSettings,
        resolve: Resolve | None = None,
        elapsed_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._backend = _Checked(settings, resolve or addresses_of)
        self._tls = ssl.create_default_context()
        self._elapsed_s = elapsed_s
        self._silent_until: dict[str, float] = {}

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """What the other side answers, whatever its status.

        Raises:
            Forbidden: the host has an address that is not public, and the settings do not name it.
            Unreached: nobody answered, or not in time; or so it was a moment ago, and it was not tried again.
        """
        origin, began = str(httpcore.URL(url).origin), self._elapsed_s()
        if began < self._silent_until.get(origin, began):
            raise Unreached("it did not answer a moment ago, and is left alone for as long")
        try:
            return self._posted(url, headers, body)
        except Unreached:
            now = self._elapsed_s()
            self._silent_until[origin] = now + (now - began)
            raise

    def _posted(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        limits = {"connect": self._settings.connect_s, "read": self._settings.total_s}
        try:
            with (
                httpcore.ConnectionPool(
                    ssl_context=self._tls, network_backend=self._backend, max_keepalive_connections=0
                ) as pool,
                pool.stream(
                    "POST",
                    url,
                    headers=list(headers.items()),
                    content=body,
                    extensions={"timeout": limits | {"write": self._settings.total_s, "pool": 1.0}},
                ) as response,
            ):
                return _answer(response)
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise Unreached(f"{type(error).__name__}: {error}"[:200]) from error


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether it is an address on the internet, also of what it carries inside.

    >>> [is_public(ip_address(it)) for it in ("8.8.8.8", "100.64.0.1", "::ffff:127.0.0.1", "64:ff9b::a00:1")]
    [True, False, False, False]
    """
    if isinstance(address, IPv6Address):
        inside = address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1])
        if inside:
            return is_public(inside)
        if address in _NAT64:
            return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
    return address.is_global and not address.is_multicast


def addresses_of(host: str, port: int) -> list[str]:
    """All addresses of a host, as the system resolves it."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class _Checked(httpcore.NetworkBackend):
    """Opens connections to addresses that were looked at."""

    def __init__(self, settings: OutboundSettings, resolve: Resolve) -> None:
        self._settings = settings
        self._resolve = resolve
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to the first of the host's addresses."""
        ends_at = time.monotonic() + self._settings.total_s
        try:
            addresses = list(self._resolve(host, port))
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"the name is not known ({type(error).__name__})") from error
        if not is_named(host, port, self._settings):
            _check(addresses)
        return _Bounded(self._inner.connect_tcp(addresses[0], port, timeout, local_address, socket_options), ends_at)


class _Bounded(httpcore.NetworkStream):
    """A connection whose whole life is bounded, not only each wait on it."""

    def __init__(self, inner: httpcore.NetworkStream, ends_at: float) -> None:
        self._inner = inner
        self._ends_at = ends_at

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read within what is left of the time."""
        return self._inner.read(max_bytes, self._left_s(httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write within what is left of the time."""
        self._inner.write(buffer, self._left_s(httpcore.WriteTimeout))

    def close(self) -> None:
        """Close the connection."""
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """TLS within what is left of the time, for the host's name."""
        left_s = self._left_s(httpcore.ConnectTimeout)
        return _Bounded(self._inner.start_tls(ssl_context, server_hostname, left_s), self._ends_at)

    def get_extra_info(self, info: str) -> object:
        """What the connection says of itself."""
        return self._inner.get_extra_info(info)

    def _left_s(self, over: type[httpcore.TimeoutException]) -> float:
        left_s = self._ends_at - time.monotonic()
        if left_s <= 0:
            raise over("no time is left")
        return left_s


def _check(addresses: Iterable[str]) -> None:
    for address in addresses:
        if not is_public(ip_address(address)):
            raise Forbidden("its host has an address that is not public, and is not among outbound.private_hosts")


def _answer(response: httpcore.Response) -> Answer:
    body = b""
    for chunk in response.iter_stream():
        body += chunk
        if len(body) >= _MAX_ANSWER:
            break
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
    return Answer(response.status, headers, body[:_MAX_ANSWER])
