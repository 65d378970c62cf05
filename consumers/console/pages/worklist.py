"""GET /: the accounts of the viewer and of everybody below, most urgent first."""

from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from consumers.console.reading import Filter
from consumers.console.visiting import Visit, signed_in

PAGE_ROWS: Final = 50
_MAX_PAGE: Final = 10_000
_BANDS: Final = frozenset({"healthy", "watch", "at_risk", "critical", "none"})


def _show(request: Request, visit: Visit) -> Response:
    number = page_number(request)
    wanted = _wanted(request, visit, number)
    # before the warehouse is asked: what it does not hold yet is then sent once the page is open
    after = visit.console.hub.page_position
    work = visit.console.reading.worklist(visit.viewer, wanted)
    below = visit.viewer.sees - {visit.viewer.person.manager_id}
    asked = {"band": wanted.band, "owner": wanted.owner, "q": wanted.text, "page": number}

    def link(**changes: object) -> str:
        query = {name: value for name, value in {**asked, **changes}.items() if value and (name, value) != ("page", 1)}
        return f"/?{urlencode(query)}" if query else "/"

    return visit.page(
        "worklist.html",
        "worklist",
        work=work,
        wanted=wanted,
        page=number,
        first=wanted.offset + 1,
        link=link,
        team=len(below),
        faults=visit.hierarchy.faults_for(visit.viewer),
        owners=[one for one in visit.hierarchy.people() if one.manager_id in visit.viewer.sees] if below else [],
        live="/live/worklist?" + urlencode({"after": after, "again": link()}),
        again=link(),
    )


def page_number(request: Request) -> int:
    """The page asked for, 1 for anything that is no number."""
    text = request.query_params.get("page", "1")
    return min(max(int(text), 1), _MAX_PAGE) if text.isascii() and text.isdigit() and len(text) < 7 else 1  # noqa: PLR2004


def _wanted(request: Request, visit: Visit, number: int) -> Filter:
    query = request.query_params
    band, owner = query.get("band", ""), query.get("owner", "")
    return Filter(
        band=band if band in _BANDS else "",
        owner=owner if owner in visit.viewer.sees else "",
        text=query.get("q", "").strip()[:200],
        offset=(number - 1) * PAGE_ROWS,
        limit=PAGE_ROWS,
    )


show = signed_in(_show)
