"""The routes and what surrounds them. No page logic and no start or stop may come in here."""

from importlib.resources import files
from typing import Final

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from consumers.console import metrics
from consumers.console.headers import SecurityHeaders
from consumers.console.measuring import Measured
from consumers.console.pages import (
    account,
    act,
    inbox,
    language,
    live,
    mail,
    operating,
    override,
    sign_in,
    slack,
    team,
    trial,
    worklist,
)
from consumers.console.visiting import Console, console_of, look_of
from consumers.runtime.errors import ConsumerError
from consumers.runtime.wording.marks import N_

log = structlog.get_logger()

_YEAR: Final = "public, max-age=31536000, immutable"
_TITLES: Final = {
    403: N_("Not from here"),
    404: N_("Not found"),
    405: N_("Not like this"),
    410: N_("Too old"),
    503: N_("Not now"),
}
_WRONG: Final = N_("Something is wrong")


class _Static(StaticFiles):
    """Files whose address carries their fingerprint, so browsers may keep them."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        response: Response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]  # handed through as it came
        response.headers["cache-control"] = _YEAR
        return response


def routes() -> list[Route | Mount]:
    """The route table. Whatever shows accounts is behind `signed_in` or a stream's own check: a test walks it."""
    return [
        Route("/", worklist.show),
        Route("/account", account.show),
        Route("/account/events", account.show_older),
        Route("/account/override", override.set_score, methods=["POST"]),
        Route("/account/override/lift", override.lift, methods=["POST"]),
        Route("/inbox", inbox.show),
        Route("/inbox/acknowledge", inbox.acknowledge, methods=["POST"]),
        Route("/team", team.show),
        Route("/trial", trial.show),
        Route("/mail", mail.show),
        Route("/mail/{name}", mail.show_one),
        Route("/mail/{name}/body", mail.show_body),
        Route("/live/account", live.account),
        Route("/live/worklist", live.worklist),
        Route("/live/inbox", live.inbox),
        Route("/act", act.show),
        Route("/act", act.press, methods=["POST"]),
        Route("/slack/pressed", slack.pressed, methods=["POST"]),
        Route("/sign-in", sign_in.show),
        Route("/sign-in", sign_in.enter, methods=["POST"]),
        Route("/language", language.choose, methods=["POST"]),
        Route("/sign-out", sign_in.leave, methods=["POST"]),
        Route("/healthz", operating.healthz),
        Route("/readyz", operating.readyz),
        Route("/metrics", operating.metrics),
        Mount("/static", _Static(directory=str(files("consumers.console") / "static"))),
    ]


def make_app(console: Console) -> Starlette:
    """The application around its services."""
    app = Starlette(
        routes=routes(),
        middleware=[Middleware(Measured), Middleware(SecurityHeaders, secure=console.settings.secure)],
        exception_handlers={HTTPException: _refused, ConsumerError: _away, Exception: _broken},
    )
    app.state.console = console
    return app


async def _refused(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    if error.status_code == 404:  # noqa: PLR2004  the number is the name
        metrics.DENIED.labels("not_found").inc()
    title = _TITLES.get(error.status_code, _WRONG)
    detail = error.detail if error.detail != "Not Found" else N_("There is no such page.")
    return _problem(request, error.status_code, title, detail, error.headers)


async def _away(request: Request, error: Exception) -> Response:
    log.warning("warehouse_away", path=request.url.path, error=str(error)[:300])
    text = N_("The warehouse does not answer. Nothing is lost; reload in a moment.")
    return _problem(request, 503, _TITLES[503], text, {"retry-after": "5"})


async def _broken(request: Request, error: Exception) -> Response:
    log.error("page_failed", path=request.url.path, error=type(error).__name__, exc_info=error)
    return _problem(request, 500, _WRONG, N_("This page failed. It has been logged."), None)


def _problem(request: Request, status: int, title: str, text: str, headers: object) -> Response:
    extra = dict(headers) if isinstance(headers, dict) else {}
    look = look_of(request)
    told = look.reader.text(text)
    if "hx-request" in request.headers or request.url.path.startswith("/live/"):
        return PlainTextResponse(told, status_code=status, headers=extra)
    console = console_of(request)
    shown = {"title": look.reader.text(title), "text": told}
    content = console.templates.render("problem.html", look, visit=None, demo=console.settings.demo_sign_in, **shown)
    return HTMLResponse(content, status_code=status, headers=extra)
