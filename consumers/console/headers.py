"""Security headers on every answer, and the refusal of posts that another site sent. Plain ASGI, so streams flow."""

from collections.abc import Mapping
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
MAIL_POLICY: Final = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; base-uri 'none'"
)
"""For the text of a caught mail, shown in a frame: nothing runs, nothing is fetched."""

_ALWAYS: Final = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "content-security-policy": PAGE_POLICY,
    "cache-control": "no-store",
}
_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class SecurityHeaders:
    """Adds what an answer does not set itself; `secure` adds the order to stay on https."""

    def __init__(self, app: ASGIApp, secure: bool) -> None:
        self._app = app
        self._headers: Mapping[str, str] = _ALWAYS | (
            {"strict-transport-security": "max-age=31536000"} if secure else {}
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request with headers added; posts from elsewhere end here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        app = self._app if _is_own(scope) else PlainTextResponse("posted from another site", status_code=403)
        await app(scope, receive, send_with_headers)


def _is_own(scope: Scope) -> bool:
    """Whether a request that acts came from a page of ours, as far as the browser tells."""
    if scope["method"] in _READING:
        return True
    headers = Headers(scope=scope)
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is None or origin.partition("://")[2] == headers.get("host")
