"""POST /language: the signed-in person reads the pages in another language for the rest of the session."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from consumers.console.visiting import Visit, own_path, signed_in
from consumers.runtime.wording import LANGUAGES
from consumers.runtime.wording.marks import N_


def _choose(request: Request, visit: Visit) -> Response:
    form = request.state.form
    language = form.get("language", "")
    if language not in LANGUAGES:
        raise HTTPException(404, N_("There is no such language."))
    response = RedirectResponse(own_path(form.get("next", "/")), status_code=303)
    visit.console.sessions.choose_language(response, visit.session, language)
    return response


choose = signed_in(_choose)
