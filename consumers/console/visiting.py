"""A request of a signed-in person: who it is, what that person may see now, and how a page answers.

Every page that shows anything about accounts goes through `signed_in`; a test walks the route table for it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import wraps
from typing import Any
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from consumers.console import metrics
from consumers.console.gateway import Gateway
from consumers.console.languages import of_browser, read_in
from consumers.console.live.hub import Hub
from consumers.console.reading import Reading
from consumers.console.sessions import CSRF_FIELD, Session, Sessions
from consumers.console.settings import ConsoleSettings
from consumers.console.templating import Look, Templates
from consumers.runtime.hierarchy import Hierarchy, Viewer
from consumers.runtime.wording import reader_of
from consumers.runtime.wording.marks import N_
from schemas.events.managers import Role


@dataclass(frozen=True, slots=True)
class Console:
    """What the pages work with, made once."""

    settings: ConsoleSettings
    reading: Reading
    templates: Templates
    sessions: Sessions
    gateway: Gateway
    hub: Hub


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of a signed-in person."""

    console: Console
    viewer: Viewer
    session: Session
    hierarchy: Hierarchy
    now: datetime
    path: str = "/"
    """Where on the console this is, to come back to."""

    @property
    def look(self) -> Look:
        """How this person reads at this moment."""
        person = self.viewer.person
        return Look(reader_of(read_in(person.locale, self.session.language), person.time_zone), self.now)

    @property
    def leads(self) -> bool:
        """Whether this is a lead or somebody above."""
        return list(Role).index(self.viewer.person.role) >= list(Role).index(Role.LEAD)

    def context(self) -> dict[str, Any]:
        """What every template may use."""
        return {
            "visit": self,
            "name_of": self.hierarchy.name_of,
            "demo": self.console.settings.demo_sign_in,
            "has_mail": self.console.settings.mail_dir is not None,
        }

    def render(self, template: str, **context: Any) -> str:
        """A template, or a piece of a page, for this person."""
        return self.console.templates.render(template, self.look, **self.context(), **context)

    def page(self, template: str, here: str, **context: Any) -> HTMLResponse:
        """A whole page; `here` marks its place in the navigation."""
        open_alerts = self.console.reading.episode_counts(self.viewer)["open"]
        given = {"open_alerts": open_alerts, "oob": False, "here": here, "back_here": self.path, **context}
        return HTMLResponse(self.render(template, **given))


Page = Callable[[Request, Visit], Response]
Endpoint = Callable[[Request], Awaitable[Response]]


def console_of(request: Request) -> Console:
    """What was made when the console started."""
    console: Console = request.app.state.console
    return console


def look_of(request: Request) -> Look:
    """How whoever asks reads: as the signed-in person does, else in the browser's language."""
    known: Look | None = getattr(request.state, "look", None)
    return known or Look(reader_of(of_browser(request.headers.get("accept-language", "")), "UTC"), datetime.now(UTC))


def visit_of(console: Console, session: Session | None) -> Visit | None:
    """The visit a session stands for; None for nobody and for who is no manager any more. Asks the warehouse."""
    if session is None:
        return None
    hierarchy = console.reading.hierarchy()
    viewer = hierarchy.viewer(session.manager_id)
    return None if viewer is None else Visit(console, viewer, session, hierarchy, datetime.now(UTC))


def signed_in(page: Page) -> Endpoint:
    """The endpoint of a page that only signed-in people get. The page runs in a thread: it may block."""

    @wraps(page)
    async def endpoint(request: Request) -> Response:
        console = console_of(request)
        visit = await run_in_threadpool(visit_of, console, console.sessions.read(request))
        if visit is None:
            return _to_sign_in(request)
        request.state.look = visit.look
        visit = replace(visit, path=own_path(request.url.path, request.url.query))
        if request.method == "POST":
            await _check_token(request, visit.session)
        return await run_in_threadpool(page, request, visit)

    return endpoint


async def _check_token(request: Request, session: Session) -> None:
    """Refuse a form that does not carry the session's own token."""
    form = await request.form(max_files=0, max_fields=20)
    if not session.accepts(str(form.get(CSRF_FIELD, ""))):
        metrics.DENIED.labels("csrf").inc()
        raise HTTPException(403, N_("This form is too old or came from elsewhere. Reload the page and try again."))
    request.state.form = {name: str(value) for name, value in form.items()}


def _to_sign_in(request: Request) -> Response:
    metrics.DENIED.labels("not_signed_in").inc()
    target = f"/sign-in?next={quote(own_path(request.url.path, request.url.query), safe='')}"
    if "hx-request" in request.headers:
        return PlainTextResponse("", headers={"hx-redirect": target})
    if request.method != "GET" or request.url.path.startswith("/live/"):
        return PlainTextResponse("sign in first", status_code=401)
    return RedirectResponse(target, status_code=303)


def own_path(path: str, query: str = "") -> str:
    """A place of ours to go on to; anything that could lead elsewhere becomes the first page.

    >>> own_path("/inbox", "state=open"), own_path("//elsewhere.test"), own_path("https://elsewhere.test")
    ('/inbox?state=open', '/', '/')
    """
    if not path.startswith("/") or path.startswith(("//", "/\\")) or not path.isprintable():
        return "/"
    return f"{path}?{query}" if query else path
