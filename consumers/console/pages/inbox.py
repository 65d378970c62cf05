"""GET /inbox: alert episodes by state. POST /inbox/acknowledge: somebody takes one on."""

from typing import Final
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from consumers.console.gateway import NotSent
from consumers.console.pages.worklist import page_number
from consumers.console.reading import Episodes
from consumers.console.visiting import Visit, own_path, signed_in
from consumers.runtime.wording.marks import N_

PAGE_EPISODES: Final = 50
TABS: Final[dict[str, tuple[tuple[str, ...], bool]]] = {
    "open": (("open", "snoozed"), False),
    "acknowledged": (("acknowledged",), False),
    "resolved": (("resolved", "retracted"), False),
    "historic": ((), True),
}
"""The states each tab shows, and whether they are the historic ones."""


def _show(request: Request, visit: Visit) -> Response:
    tab = request.query_params.get("state", "open")
    if tab not in TABS:
        raise HTTPException(404, N_("There is no such list."))
    number = page_number(request)
    after = visit.console.hub.page_position
    states, historic = TABS[tab]
    offset = (number - 1) * PAGE_EPISODES
    wanted = Episodes(states=states, historic=historic, limit=PAGE_EPISODES + 1, offset=offset)
    found = visit.console.reading.episodes(visit.viewer, wanted)
    again = f"/inbox?{urlencode({'state': tab, 'page': number})}"
    return visit.page(
        "inbox.html",
        "inbox",
        tab=tab,
        page_no=number,
        episodes=found[:PAGE_EPISODES],
        more=len(found) > PAGE_EPISODES,
        counts=visit.console.reading.episode_counts(visit.viewer),
        team=len(visit.viewer.sees) - 1,
        back=again,
        sent="sent" in request.query_params,
        live="/live/inbox?" + urlencode({"after": after, "state": tab}),
        again=again,
    )


def _acknowledge(request: Request, visit: Visit) -> Response:
    form = request.state.form
    episode = visit.console.reading.episode(visit.viewer, form.get("alert", ""))
    if episode is None:
        raise HTTPException(404, N_("There is no such alert, or it is not one of yours."))
    gateway = visit.console.gateway
    event = gateway.acknowledgement(episode.account_id, episode.alert_id, visit.viewer.person.manager_id, visit.now)
    try:
        gateway.send(event)
    except NotSent as error:
        raise HTTPException(503, error.advice) from error
    if "hx-request" in request.headers:
        return HTMLResponse(visit.render("_sent.html"))
    back = own_path(form.get("next", "/inbox"))
    return RedirectResponse(f"{back}{'&' if '?' in back else '?'}sent=1", status_code=303)


show, acknowledge = signed_in(_show), signed_in(_acknowledge)
