"""GET /team: who reports to a person, each with the sums of everything below; what nobody reacted to; what happened."""

from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from consumers.console.visiting import Visit, signed_in
from consumers.runtime.rollup import team_of
from consumers.runtime.wording.marks import N_

LISTED: Final = 20
"""How many alerts, and how many accounts, the lists name; the counts say how many there are."""


def _show(request: Request, visit: Visit) -> Response:
    asked = request.query_params.get("of", visit.viewer.person.manager_id)
    head = visit.hierarchy.below(visit.viewer, asked)
    if head is None or len(visit.viewer.sees) == 1:
        raise HTTPException(404, N_("There is no such team, or it is not one of yours."))
    reading = visit.console.reading
    team = team_of(visit.hierarchy, head, reading.figures(head), reading.rates())
    return visit.page(
        "team.html",
        "team",
        team=team,
        head=head.person,
        way=visit.hierarchy.way(visit.viewer, head.person.manager_id),
        unanswered=reading.unanswered(head, LISTED),
        moves=reading.moves(head, LISTED),
        kinds=reading.kinds(head),
        faults=visit.hierarchy.faults_for(head),
    )


show = signed_in(_show)
