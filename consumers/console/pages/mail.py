"""GET /mail: the mails that the local stack caught. Only there, and only where `mail_dir` is set."""

from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from consumers.console.headers import MAIL_POLICY
from consumers.console.mailbox import Mail, newest, one
from consumers.console.visiting import Visit, signed_in
from consumers.runtime.wording.marks import N_


def _show(request: Request, visit: Visit) -> Response:
    return visit.page("mail.html", "mail", mails=newest(_folder(visit), visit.hierarchy.mail_addresses(visit.viewer)))


def _show_one(request: Request, visit: Visit) -> Response:
    return visit.page("mail_one.html", "mail", mail=_mail(request, visit))


def _show_body(request: Request, visit: Visit) -> Response:
    """The mail's own page, for a frame in which nothing runs and nothing is fetched."""
    html = _mail(request, visit).html
    if html is None:
        raise HTTPException(404, N_("This mail has no such part."))
    return HTMLResponse(html, headers={"content-security-policy": MAIL_POLICY})


def _folder(visit: Visit) -> Path:
    folder = visit.console.settings.mail_dir
    if folder is None:
        raise HTTPException(404, N_("No mail is caught here."))
    return folder


def _mail(request: Request, visit: Visit) -> Mail:
    mail = one(_folder(visit), request.path_params["name"], visit.hierarchy.mail_addresses(visit.viewer))
    if mail is None:
        raise HTTPException(404, N_("There is no such mail."))
    return mail


show, show_one, show_body = signed_in(_show), signed_in(_show_one), signed_in(_show_body)
