"""POST /slack/pressed: Slack tells that somebody pressed a button. Ours are links, so that nothing is left to be done
but to say that it came; what the person wants, that person does on the page.
"""

import hmac
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from consumers.console import metrics
from consumers.console.visiting import console_of

_TOLERANCE_S: Final = 300
_MAX_BYTES: Final = 256 * 1024


async def pressed(request: Request) -> Response:
    """Answer within Slack's three seconds; what Slack has not signed, or not just now, is refused."""
    secret = console_of(request).settings.slack_signing_secret
    if secret is None:
        raise HTTPException(404)
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_BYTES:
            raise HTTPException(413, "Slack does not send as much.")
    stamp, signature = (request.headers.get(f"x-slack-{name}", "") for name in ("request-timestamp", "signature"))
    if not is_from_slack(secret.get_secret_value(), stamp, body, signature, datetime.now(UTC)):
        metrics.DENIED.labels("slack_signature").inc()
        return PlainTextResponse("not signed by Slack", status_code=401)
    return PlainTextResponse("")


def is_from_slack(secret: str, stamp: str, body: bytes, signature: str, now: datetime) -> bool:
    """Whether Slack has signed this within five minutes of now.

    https://docs.slack.dev/authentication/verifying-requests-from-slack
    """
    if not (stamp.isascii() and stamp.isdecimal()) or abs(now.timestamp() - int(stamp[:12])) > _TOLERANCE_S:
        return False
    expected = "v0=" + hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace"))
