"""Signing in by picking a fictitious manager. For demos alone: without `demo_sign_in` nobody gets in here."""

from collections.abc import Awaitable, Callable

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from consumers.console import metrics
from consumers.console.visiting import Visit, console_of, look_of, own_path, signed_in
from consumers.runtime.wording.marks import N_
from schemas.events.managers import Role


async def show(request: Request) -> Response:
    """GET /sign-in: everybody one may be."""
    console = console_of(request)
    hierarchy = await run_in_threadpool(console.reading.hierarchy)
    content = console.templates.render(
        "sign_in.html",
        look_of(request),
        visit=None,
        demo=console.settings.demo_sign_in,
        people=hierarchy.people(),
        roles=[role.value for role in reversed(Role)],
        name_of=hierarchy.name_of,
        next=own_path(request.query_params.get("next", "/")),
    )
    return HTMLResponse(content)


async def enter(request: Request) -> Response:
    """POST /sign-in: be the chosen manager."""
    console = console_of(request)
    if not console.settings.demo_sign_in:
        metrics.DENIED.labels("no_demo").inc()
        raise HTTPException(404)
    form = await request.form(max_files=0, max_fields=5)
    hierarchy = await run_in_threadpool(console.reading.hierarchy)
    person = hierarchy.person(str(form.get("manager", "")))
    if person is None:
        raise HTTPException(404, N_("There is no such manager."))
    response = RedirectResponse(own_path(str(form.get("next", "/"))), status_code=303)
    console.sessions.begin(response, person.manager_id)
    return response


def _leave(request: Request, visit: Visit) -> Response:
    """POST /sign-out: nobody is signed in any more."""
    response = RedirectResponse("/sign-in", status_code=303)
    visit.console.sessions.end(response)
    return response


leave: Callable[[Request], Awaitable[Response]] = signed_in(_leave)
