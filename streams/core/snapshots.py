"""Rows and decisions as the messages that others read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isfinite, isnan
from typing import Final

import orjson

from schemas.alerts import alert_id
from schemas.ids import AccountId
from streams.core.episodes import ROLE, SUGGESTION, Step
from streams.core.explain import at_utc, contributions
from streams.core.foreseeing import foreseen
from streams.core.judging import Judgement
from streams.core.overruling import contribution, told
from streams.core.policy import BANDS, DIMENSIONS, Ints
from streams.core.quiet import told_days
from streams.core.state import Extra

_DIMENSIONS: Final = tuple(dimension.value for dimension in DIMENSIONS)
_BANDS: Final = (*(band.value for band in BANDS), None)
"""By code; the last, -1, is none."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a message is about: the account, and what is variable of it."""

    account: AccountId
    extra: Extra


@dataclass(frozen=True, slots=True)
class Decision:
    """A step decided at the clock `now`. `historic`: recorded, never sent. `caused_at`: the broker's timestamp of the
    newest record behind it, -inf where time alone was; `reasons` are parts as JSON.
    """

    step: Step
    historic: bool
    now: float
    caused_at: float
    reasons: Sequence[str] = ()


_NOTHING: Final = Extra()


def snapshot_messages(case: Judgement, places: Ints) -> Iterator[tuple[int, bytes]]:
    """The next health snapshots of the rows at `places`, each with its row.

    The fields of `schemas.health.HealthSnapshot`, written without the model: they are our own numbers, tests validate
    them and every reader does again.
    """
    state, now, partition = case.state[places], case.now.at(places), case.partition
    ahead = foreseen(case, places)
    produced_at, policy = at_utc(case.clock.now), case.tables.name
    columns = zip(
        places.tolist(),
        case.rows[places].tolist(),
        (state["version"] + 1).tolist(),
        case.as_of[places].tolist(),
        state["caused_at"].tolist(),
        case.shown[places].tolist(),
        now.score.tolist(),
        state["band"].tolist(),
        now.coverage.tolist(),
        now.share.tolist(),
        now.dimension.tolist(),
        contributions(now, case.tables),
        state["told_score"].tolist(),
        case.parts(places),
        state["applied"].tolist(),
        told_days(state),
        ahead.band.tolist(),
        ahead.at.tolist(),
        strict=True,
    )
    for (
        place,
        row,
        version,
        as_of,
        caused_at,
        score,
        computed,
        band,
        coverage,
        share,
        dimension,
        contributed,
        previous,
        change,
        applied,
        days,
        next_band,
        next_at,
    ) in columns:
        extra = partition.extras.get(row, _NOTHING)
        fields = {
            "account_id": partition.accounts[row],
            "version": version,
            "as_of": at_utc(as_of),
            "produced_at": produced_at,
            "caused_by_record_at": _record_at(caused_at),
            "policy": policy,
            "score": None if isnan(score) else score,
            "band": _BANDS[band],
            "coverage": min(1.0, coverage),
            "dimensions": _dimensions(share, dimension),
            "previous_score": None if isnan(previous) else previous,
            "events_applied": applied,
            "open_complaints": extra.open_complaints,
            "owner": extra.profile.owner if extra.profile else None,
            **days,
            "computed_score": None if isnan(computed) else computed,
            "next_band": _BANDS[next_band],
            "next_band_at": None if isnan(next_at) else at_utc(next_at),
        }
        hand = case.overruled.hands.get(place)
        if hand is not None:
            fields["override"] = told(hand)
            contributed.extend(contribution(hand))
        listed = f',"contributions":[{",".join(contributed)}],"change":[{",".join(change)}]}}'
        yield row, orjson.dumps(fields, option=orjson.OPT_UTC_Z)[:-1] + listed.encode()


def _dimensions(shares: Sequence[float], scores: Sequence[float]) -> list[dict[str, object]]:
    return [
        {"dimension": name, "score": score if share else None, "weight": min(1.0, share)}
        for name, share, score in zip(_DIMENSIONS, shares, scores, strict=True)
    ]


def _record_at(seconds: float) -> datetime | None:
    return at_utc(seconds) if isfinite(seconds) else None


def alert_message(subject: Subject, decision: Decision) -> bytes:
    """The step as others read it. Value, owner and name are those of the latest profile.

    The fields of `schemas.alerts.AlertStep`, written without the model, as those of a snapshot are.
    """
    account, profile, step = subject.account, subject.extra.profile, decision.step
    identity = alert_id(account, step.kind, step.episode.number)
    fields = {
        "alert_id": identity,
        "step_id": f"{identity}:{step.episode.step_no}",
        "account_id": account,
        "account_name": profile.name if profile else None,
        "segment": profile.segment if profile else None,
        "kind": step.kind.value,
        "episode": step.episode.number,
        "step_no": step.episode.step_no,
        "step": step.step.value,
        "reason": step.reason.value,
        "at": at_utc(step.at),
        "decided_at": at_utc(decision.now),
        "historic": decision.historic,
        "caused_by_record_at": _record_at(decision.caused_at),
        "facts": dict(step.facts),
        "value_at_risk": profile.annual_value if profile else None,
        "currency": profile.currency if profile else None,
        "role": ROLE[step.kind].value,
        "suggestion": SUGGESTION[step.kind].value,
        "owner": profile.owner if profile else None,
        "escalation_chain": step.chain,
        "actor": step.actor or None,
        "comment": step.comment,
    }
    listed = f',"parts":[{",".join(decision.reasons)}]}}'
    return orjson.dumps(fields, option=orjson.OPT_UTC_Z)[:-1] + listed.encode()
