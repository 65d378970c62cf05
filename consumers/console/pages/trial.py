"""GET /trial: what a policy that is tried out would change of the accounts in a lead's line."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from consumers.console.visiting import Visit, signed_in
from consumers.runtime.wording.marks import N_


def _show(request: Request, visit: Visit) -> Response:
    if not visit.leads:
        raise HTTPException(404, N_("There is no such page."))
    return visit.page("trial.html", "trial", trial=visit.console.reading.trial(visit.viewer))


show = signed_in(_show)
