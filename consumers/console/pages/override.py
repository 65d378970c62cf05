"""POST /account/override and /account/override/lift: somebody sets a score by hand, or lifts what was set."""

from datetime import date, datetime, time, timedelta
from typing import Final
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from consumers.console.gateway import ByHand, NotSent
from consumers.console.visiting import Visit, signed_in
from consumers.runtime.wording.marks import N_
from schemas.events.actions import OverrideLifted, OverrideSet
from schemas.limits import MAX_TEXT_CHARS

_NOT_YOURS: Final = N_("There is no such account, or it is not one of yours.")
_NO_SCORE: Final = N_("Give a score from 0 to 100. Nothing was changed.")
_NO_DAY: Final = N_("Give the day until which it holds, from today on. Nothing was changed.")
_NO_REASON: Final = N_("Say why, in at most 2000 characters: whoever sees the score sees it. Nothing was changed.")
_TOP: Final = 100.0


def _set(request: Request, visit: Visit) -> Response:
    form, account = request.state.form, _account(request, visit)
    value, expires_at = _value(form.get("value", "")), _end_of(form.get("until", ""), visit)
    by_hand = ByHand(account, visit.viewer.person.manager_id, _reason(form), visit.now, form.get("once", ""))
    return _sent(visit, account, visit.console.gateway.override(by_hand, value, expires_at))


def _lift(request: Request, visit: Visit) -> Response:
    form, account = request.state.form, _account(request, visit)
    by_hand = ByHand(account, visit.viewer.person.manager_id, _reason(form), visit.now, form.get("once", ""))
    return _sent(visit, account, visit.console.gateway.lift(by_hand))


def _account(request: Request, visit: Visit) -> str:
    found = visit.console.reading.account(visit.viewer, request.state.form.get("account", ""))
    if found is None:
        raise HTTPException(404, _NOT_YOURS)
    return found.account_id


def _value(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise HTTPException(422, _NO_SCORE) from None
    if not 0.0 <= value <= _TOP:
        raise HTTPException(422, _NO_SCORE)
    return value


def _end_of(text: str, visit: Visit) -> datetime:
    """When a day ends where the viewer is."""
    try:
        day = date.fromisoformat(text)
        end = datetime.combine(day + timedelta(days=1), time(), visit.look.reader.zone)
    except (ValueError, OverflowError):
        raise HTTPException(422, _NO_DAY) from None
    if end <= visit.now:
        raise HTTPException(422, _NO_DAY)
    return end


def _reason(form: dict[str, str]) -> str:
    reason = form.get("reason", "").strip()
    if not reason or len(reason) > MAX_TEXT_CHARS:
        raise HTTPException(422, _NO_REASON)
    return reason


def _sent(visit: Visit, account: str, event: OverrideSet | OverrideLifted) -> Response:
    try:
        visit.console.gateway.send(event)
    except NotSent as error:
        raise HTTPException(503, error.advice) from error
    return RedirectResponse(f"/account?{urlencode({'id': account, 'sent': 'score'})}", status_code=303)


set_score, lift = signed_in(_set), signed_in(_lift)
