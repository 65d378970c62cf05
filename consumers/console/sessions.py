"""Who is signed in: a signed cookie with the manager's id, the token forms must repeat, and the language chosen.

What a person may see is never in the cookie: it is asked of the reporting line at every request.
"""

import hmac
import secrets
from dataclasses import dataclass, replace
from typing import Final

from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.requests import Request
from starlette.responses import Response

from consumers.console.settings import ConsoleSettings

CSRF_FIELD: Final = "csrf"
_SALT: Final = "console-session-v1"


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in manager, the token of that person's forms, and the language chosen on the page (empty for none)."""

    manager_id: str
    csrf: str
    language: str = ""

    def accepts(self, token: str) -> bool:
        """Whether a form carries the token of this session."""
        return hmac.compare_digest(self.csrf.encode(), token.encode())


class Sessions:
    """Reads and writes the session cookie."""

    def __init__(self, settings: ConsoleSettings) -> None:
        self._signer = URLSafeTimedSerializer(settings.secret.get_secret_value(), salt=_SALT)
        self._life_s = int(settings.session_life.total_seconds())
        self._secure = settings.secure
        self.cookie: Final = "__Host-pulse" if settings.secure else "pulse_session"

    def read(self, request: Request) -> Session | None:
        """The session of a request; None when there is none, or it is forged or too old."""
        try:
            content = self._signer.loads(request.cookies.get(self.cookie, ""), max_age=self._life_s)
            return Session(str(content["manager"]), str(content["csrf"]), str(content.get("language", "")))
        except (BadSignature, KeyError, TypeError):
            return None

    def begin(self, response: Response, manager_id: str) -> None:
        """Sign the person in, with a fresh form token."""
        self._write(response, Session(manager_id, secrets.token_urlsafe(24)))

    def choose_language(self, response: Response, session: Session, language: str) -> None:
        """The same session, read in another language from now on."""
        self._write(response, replace(session, language=language))

    def _write(self, response: Response, session: Session) -> None:
        content = {"manager": session.manager_id, "csrf": session.csrf, "language": session.language}
        value = self._signer.dumps(content)
        response.set_cookie(
            self.cookie, value, max_age=self._life_s, path="/", secure=self._secure, httponly=True, samesite="lax"
        )

    def end(self, response: Response) -> None:
        """Sign the person out of this browser."""
        response.delete_cookie(self.cookie, path="/", secure=self._secure, httponly=True, samesite="lax")
