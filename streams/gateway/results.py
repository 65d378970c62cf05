"""What the client is told: a result for every event, a status for the whole."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_json

from schemas.errors import Reason
from streams.gateway.errors import Rejected, Why
from streams.gateway.judging import Judgement


class Status(StrEnum):
    """What became of one event."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNACKNOWLEDGED = "unacknowledged"


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class EventResult(_Answer):
    """What became of one event. `accepted`: Kafka has it on all replicas in sync. `refused`: it will never be accepted
    as it is. `unacknowledged` (in streams alone): not claimed to be written; send it again.
    """

    index: Annotated[int, Field(ge=0, description="place in the request, from 0; in a stream, blank lines not counted")]
    id: Annotated[str | None, Field(description="the event's id, where it could be read")]
    status: Status
    reason: Annotated[Reason | None, Field(description="why it was refused")] = None
    detail: Annotated[str | None, Field(description="the field at fault and what was expected, never a value")] = None


class Receipt(_Answer):
    """The answer to single events and batches; `results` has every event, in order."""

    accepted: Annotated[int, Field(ge=0)]
    refused: Annotated[int, Field(ge=0)]
    results: tuple[EventResult, ...]


class Problem(_Answer):
    """A whole request turned away (RFC 9457): no event of it is claimed to be accepted."""

    type: str = "about:blank"
    title: str
    status: int
    reason: Why
    detail: str


_TITLES = {
    401: "Unauthorized",
    408: "Request Timeout",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    422: "Unprocessable Content",
    429: "Too Many Requests",
    503: "Service Unavailable",
}


def status_of(judgement: Judgement, *, single: bool) -> int:
    """202 all accepted, 207 some; none: 403 when the key spoke for others only, 413 for one too large, else 422."""
    if not judgement.refused:
        return 202
    if judgement.records:
        return 207
    reasons = {refused.reason for refused in judgement.refused}
    if reasons == {Reason.WRONG_SOURCE}:
        return 403
    return 413 if single and reasons == {Reason.TOO_LARGE} else 422


def to_receipt(judgement: Judgement) -> bytes:
    """The JSON of a `Receipt` for a judgement whose records Kafka has acknowledged."""
    return to_json(
        {
            "accepted": len(judgement.records),
            "refused": len(judgement.refused),
            "results": _in_order(judgement, Status.ACCEPTED, None),
        }
    )


def to_lines(judgement: Judgement) -> bytes:
    """The same as NDJSON, one `EventResult` a line."""
    return _lines(_in_order(judgement, Status.ACCEPTED, None))


def to_unacknowledged_lines(judgement: Judgement, detail: str) -> bytes:
    """NDJSON for a judgement whose records may not be claimed to be written."""
    return _lines(_in_order(judgement, Status.UNACKNOWLEDGED, detail))


def to_problem(rejected: Rejected) -> bytes:
    """The JSON of a `Problem`."""
    status = rejected.status
    problem = Problem(title=_TITLES[status], status=status, reason=rejected.why, detail=rejected.detail)
    return problem.model_dump_json().encode()


def _in_order(judgement: Judgement, written: Status, detail: str | None) -> list[dict[str, object]]:
    """Plain dicts, because a batch has hundreds and a model for each would cost more than judging it."""
    more = {} if detail is None else {"detail": detail}
    results: list[dict[str, object]] = [
        {"index": record.index, "id": record.event_id, "status": written, **more} for record in judgement.records
    ]
    if judgement.refused:
        results += [
            {
                "index": bad.index,
                "id": bad.event_id,
                "status": Status.REFUSED,
                "reason": bad.reason,
                "detail": bad.detail,
            }
            for bad in judgement.refused
        ]
        results.sort(key=_index)
    return results


def _index(result: dict[str, object]) -> int:
    index = result["index"]
    return index if isinstance(index, int) else 0


def _lines(results: Iterable[dict[str, object]]) -> bytes:
    return b"".join(to_json(result) + b"\n" for result in results)
