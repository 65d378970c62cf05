"""GET /account and /account/events: one account with its score, the reasons, its alerts and its events."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from consumers.console.chart import chart
from consumers.console.models import Fact
from consumers.console.reading import FACTS_PAGE
from consumers.console.timeline import Entry, Telling, from_fact
from consumers.console.visiting import Visit, signed_in
from consumers.runtime.wording.marks import N_
from schemas.health import HealthSnapshot

_NOT_YOURS: Final = N_("There is no such account, or it is not one of yours.")
_BROKEN: Final = N_("The link is broken.")


def _show(request: Request, visit: Visit) -> Response:
    account_id = request.query_params.get("id", "")
    after = visit.console.hub.page_position
    page = visit.console.reading.account_page(visit.viewer, account_id)
    if page is None:
        raise HTTPException(404, _NOT_YOURS)
    again = f"/account?{urlencode({'id': account_id})}"
    stream = {"id": account_id, "after": after, "shown": _shown(page.snapshot)}
    return visit.page(
        "account.html",
        "account",
        page=page,
        entries=_entries(visit, page.facts),
        drawn=chart(page.history),
        older=_older(account_id, page.facts) if page.more_facts else "",
        back=again,
        sent=request.query_params.get("sent", ""),
        today=visit.now.astimezone(visit.look.reader.zone).date().isoformat(),
        live="/live/account?" + urlencode(stream),
        again=again,
    )


def _show_older(request: Request, visit: Visit) -> Response:
    account_id = request.query_params.get("id", "")
    facts = visit.console.reading.older_facts(visit.viewer, account_id, _before(request))
    if facts is None:
        raise HTTPException(404, _NOT_YOURS)
    shown = facts[:FACTS_PAGE]
    context = {
        "entries": _entries(visit, shown),
        "older": _older(account_id, shown) if len(facts) > FACTS_PAGE else "",
        "account_id": account_id,
    }
    if "hx-request" not in request.headers:
        return visit.page("older.html", "account", whole=True, **context)
    return HTMLResponse(visit.render("older.html", whole=False, **context))


def _before(request: Request) -> tuple[datetime, str]:
    """From before which event the next ones are wanted."""
    try:
        at = datetime.fromisoformat(request.query_params.get("before", ""))
    except ValueError:
        raise HTTPException(400, _BROKEN) from None
    if at.tzinfo is None:
        raise HTTPException(400, _BROKEN)
    return at, request.query_params.get("before_id", "")


def _older(account_id: str, facts: tuple[Fact, ...]) -> str:
    last = facts[-1]
    query = {"id": account_id, "before": last.at.isoformat(), "before_id": last.event_id}
    return f"/account/events?{urlencode(query)}"


def _entries(visit: Visit, facts: Iterable[Fact]) -> list[Entry]:
    how = Telling(visit.look.reader, visit.hierarchy.name_of)
    return [from_fact(fact, how) for fact in facts]


def _shown(snapshot: HealthSnapshot | None) -> str:
    """Which snapshot the page holds, so that its stream never goes back to an older one."""
    return "" if snapshot is None else snapshot.produced_at.isoformat()


show, show_older = signed_in(_show), signed_in(_show_older)
