"""GET /live/…: the streams of open pages. Each checks who is looking before it opens."""

from datetime import datetime

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from consumers.console import metrics
from consumers.console.live.hub import Interest
from consumers.console.live.patches import AccountPatches, InboxPatches, Patches, WorklistPatches
from consumers.console.live.position import BadPosition, Position, from_text
from consumers.console.live.stream import Stream
from consumers.console.pages.inbox import TABS
from consumers.console.visiting import console_of, own_path, visit_of
from consumers.runtime.wording.marks import N_


async def account(request: Request) -> Response:
    """The page of one account."""
    account_id = request.query_params.get("id", "")
    return await _open(request, Interest(account_id), AccountPatches(account_id, _shown(request)))


async def worklist(request: Request) -> Response:
    """The list of accounts."""
    return await _open(request, Interest(), WorklistPatches(own_path(request.query_params.get("again", "/"))))


async def inbox(request: Request) -> Response:
    """The inbox."""
    states, historic = TABS.get(request.query_params.get("state", "open"), TABS["open"])
    return await _open(request, Interest(), InboxPatches(states, historic))


async def _open(request: Request, interest: Interest, patches: Patches) -> Response:
    console = console_of(request)
    session = console.sessions.read(request)
    visit = await run_in_threadpool(visit_of, console, session)
    if visit is None or session is None:
        metrics.DENIED.labels("not_signed_in").inc()
        return PlainTextResponse("sign in first", status_code=401)
    request.state.look = visit.look
    if not await run_in_threadpool(patches.allowed, visit):
        metrics.DENIED.labels("not_yours").inc()
        raise HTTPException(404, N_("There is no such account, or it is not one of yours."))
    if console.hub.open_pages >= console.settings.max_open_pages:
        return PlainTextResponse("too many open pages", status_code=503, headers={"retry-after": "10"})
    return Stream(console, session, patches).response(interest, _seen(request))


def _seen(request: Request) -> Position:
    """What the page has seen: by the browser's own memory if it comes back, else by the page as it was rendered."""
    text = request.headers.get("last-event-id") or request.query_params.get("after", "")
    try:
        return from_text(text)
    except BadPosition:
        raise HTTPException(400, N_("This is not a position.")) from None


def _shown(request: Request) -> datetime | None:
    try:
        shown = datetime.fromisoformat(request.query_params.get("shown", ""))
    except ValueError:
        return None
    return shown if shown.tzinfo is not None else None
