"""The releases of policies that the warehouse has: what account.policies said."""

from datetime import datetime
from typing import Final

from consumers.runtime.clickhouse import Client, rows
from schemas.policies import PolicyRelease
from streams.core.policy import Policy
from streams.core.releases import Releases, Unfit

_STORED: Final = "SELECT payload FROM policies FINAL ORDER BY in_force_from, about"


def stored(client: Client) -> list[PolicyRelease]:
    """Every one that counts, by the moment it counts from."""
    return [PolicyRelease.model_validate_json(row["payload"]) for row in rows(client, _STORED)]


def promoted(client: Client, base: Policy) -> list[Policy]:
    """All policies that ever were in force, the one that workers start with first."""
    return [version.policy for version in _known(client, base).versions]


def in_force_at(client: Client, base: Policy, moment: datetime) -> Policy:
    """The one in force at a moment."""
    versions = _known(client, base).versions
    return [version.policy for version in versions if version.from_at <= moment.timestamp()][-1]


def _known(client: Client, base: Policy) -> Releases:
    known = Releases(base)
    for release in stored(client):
        try:
            known.learn(release)
        except Unfit:
            continue  # as workers do, which say so
    return known
