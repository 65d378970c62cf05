"""GET /act: what a signed link in a message opens. POST /act: its recipient presses a button there.

Nobody signs in: whoever holds the link is taken for its recipient, for as long as it lasts, for these buttons alone,
and only while the account is still that person's business. Opening changes nothing, as scanners of mails open links.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from consumers.console import metrics
from consumers.console.gateway import NotSent
from consumers.console.models import Episode, Sent
from consumers.console.pressing import ACTIONS, Press
from consumers.console.templating import Look
from consumers.console.visiting import Console, console_of
from consumers.runtime.hierarchy import Viewer
from consumers.runtime.message_links import BadLink, ExpiredLink, MessageLinks
from consumers.runtime.wording import reader_of
from consumers.runtime.wording.marks import N_

_PAGE: Final = "message-link-page-v1"
_PAGE_LIFE: Final = timedelta(hours=1)
_NOT_YET: Final = N_("This message is not known yet. It can take some seconds after it was sent: then reload the page.")
_NOT_THEIRS: Final = N_("This alert is no longer the business of the person to whom the message was sent.")
_NO_LINK: Final = N_("This is no link of ours, or a part of it is missing. Open it from the message again, or sign in.")
_TOO_OLD: Final = N_("This link is too old. Sign in to see the alert and to act on it.")
_STALE: Final = N_("This page is too old or came from elsewhere. Open the link from the message again.")


@dataclass(frozen=True, slots=True)
class Opened:
    """A link that holds: what it is about and who its recipient is."""

    name: str
    sent: Sent
    viewer: Viewer
    episode: Episode


async def show(request: Request) -> Response:
    """The alert with its buttons."""
    return await run_in_threadpool(_show, console_of(request), request)


async def press(request: Request) -> Response:
    """Send what was pressed, then show the page again."""
    form = await request.form(max_files=0, max_fields=5)
    given = {name: str(value) for name, value in form.items()}
    return await run_in_threadpool(_press, console_of(request), given)


def _show(console: Console, request: Request) -> Response:
    token = request.query_params.get("t", "")
    now = datetime.now(UTC)
    opened = _open(console, token, now)
    person = opened.viewer.person
    content = console.templates.render(
        "act.html",
        Look(reader_of(person.locale, person.time_zone), now),
        episode=opened.episode,
        name_of=console.reading.hierarchy().name_of,
        token=token,
        page=_links(console, _PAGE).sign(opened.name, now),
        done=request.query_params.get("done", ""),
    )
    return HTMLResponse(content)


def _press(console: Console, form: dict[str, str]) -> Response:
    now = datetime.now(UTC)
    token, action = form.get("t", ""), ACTIONS.get(form.get("action", ""))
    opened = _open(console, token, now)
    if action is None:
        raise HTTPException(404, N_("There is no such button."))
    opened_at = _page_opened_at(console, form.get("page", ""), opened.name, now)
    event = action(Press(console.gateway.source, opened.sent, opened.episode, opened_at, now))
    try:
        console.gateway.send(event)
    except NotSent as error:
        raise HTTPException(503, error.advice) from error
    return RedirectResponse(f"/act?{urlencode({'t': token, 'done': form['action']})}", status_code=303)


def _links(console: Console, *purpose: str) -> MessageLinks:
    keys = console.settings.link_keys
    if keys is None:
        raise HTTPException(404)
    return MessageLinks(keys, *purpose)


def _open(console: Console, token: str, now: datetime) -> Opened:
    name = _named(_links(console).read, token, now)
    sent = console.reading.notification(name)
    if sent is None:
        raise HTTPException(503, _NOT_YET, {"retry-after": "5"})
    viewer = console.reading.viewer(sent.recipient)
    episode = console.reading.episode(viewer, sent.alert_id) if viewer else None
    if viewer is None or episode is None:
        metrics.DENIED.labels("link_not_theirs").inc()
        raise HTTPException(404, _NOT_THEIRS)
    return Opened(name, sent, viewer, episode)


def _named(read: Callable[[str, datetime], str], token: str, now: datetime) -> str:
    try:
        return read(token, now)
    except BadLink as error:
        metrics.DENIED.labels("link_forged").inc()
        raise HTTPException(404, _NO_LINK) from error
    except ExpiredLink as error:
        metrics.DENIED.labels("link_expired").inc()
        raise HTTPException(410, _TOO_OLD) from error


def _page_opened_at(console: Console, token: str, name: str, now: datetime) -> datetime:
    """When the page was opened that the form came from: a form is good for an hour, and for its own link."""
    try:
        named, opened_at = _links(console, _PAGE).parts(token)
    except BadLink:
        named, opened_at = "", now
    if named != name or not timedelta(0) <= now - opened_at <= _PAGE_LIFE:
        metrics.DENIED.labels("csrf").inc()
        raise HTTPException(403, _STALE)
    return opened_at
