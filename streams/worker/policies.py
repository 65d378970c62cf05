"""What the worker takes in of account.policies: the engine's rules are as the topic says."""

from collections.abc import Iterable
from typing import Any

import structlog
from pydantic import ValidationError

from schemas.policies import PolicyRelease, ReleaseKind
from streams.core.releases import Releases, Unfit
from streams.worker import metrics
from streams.worker.engine import Engine

_log = structlog.get_logger()


def take_in(releases: Releases, engine: Engine, records: Iterable[Any]) -> None:
    """Take records of account.policies in, in their order; one without a value takes a release out."""
    for record in records:
        _learn(releases, engine, record)
    engine.rules, engine.shadow = releases.rules, releases.trial
    names = [version.policy.name for version in engine.rules.versions]
    _log.info("policies_read", versions=names, shadow=engine.shadow and engine.shadow.policy.name)


def _learn(releases: Releases, engine: Engine, record: Any) -> None:
    if record.value is None:
        releases.forget((record.key or b"").decode())
        return
    try:
        release = PolicyRelease.model_validate_json(record.value)
        releases.learn(release)
    except (ValidationError, Unfit) as error:
        metrics.REFUSED_POLICIES.inc()
        _log.error("policy_refused", offset=record.offset, error=str(error), hint="the policy before it counts on")
        return
    from_at = release.in_force_from.timestamp()
    passed = [owned.number for owned in engine.owned.values() if owned.watermark.value > from_at]
    if passed and release.kind is ReleaseKind.PROMOTED:
        metrics.LATE_POLICIES.inc()
        named = {"policy": release.policy, "in_force_from": release.in_force_from.isoformat()}
        _log.warning("policy_came_late", **named, partitions=passed)
