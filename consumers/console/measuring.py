"""How long each route takes to answer. Streams are left out: they last as long as a page is open."""

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from consumers.console import metrics


class Measured:
    """Plain ASGI, so streams flow through."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request and note how long its answer took to begin."""
        if scope["type"] != "http" or scope["path"].startswith("/live/"):
            await self._app(scope, receive, send)
            return
        began = time.monotonic()

        async def send_and_note(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = getattr(scope.get("route"), "path", "none")
                metrics.REQUESTS.labels(route, str(message["status"])).observe(time.monotonic() - began)
            await send(message)

        await self._app(scope, receive, send_and_note)
