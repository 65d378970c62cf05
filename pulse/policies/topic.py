"""account.policies read and written whole, by commands."""

import threading
from collections.abc import Collection, Iterable
from typing import Final

from pydantic import ValidationError

from consumers.runtime.clickhouse import ClickHouse, connect
from consumers.runtime.errors import Retry
from consumers.runtime.producer import Outgoing, Publisher
from pulse import topics
from pulse.deadletters.reading import records
from pulse.errors import Missing
from pulse.policies.stored import stored
from schemas.broker import Broker
from schemas.policies import PolicyRelease
from schemas.topics import POLICIES, Topic
from streams.core.policy import Policy
from streams.core.releases import Releases, Unfit

_CLIENT: Final = "account-pulse-policies"


def releases(broker: Broker, base: Policy, needs: Collection[Topic] = ()) -> Releases:
    """What the topic says now, upon the policy that workers start with; what cannot count is left out.

    Raises:
        Missing: the broker cannot be reached, or has no such topic, or none of `needs`.
    """
    known = Releases(base)
    counts = {state.topic.name: state.partitions for state in topics.states(broker)}
    for topic in (POLICIES, *needs):
        if not counts.get(topic.name):
            raise Missing(f"the broker has no topic {topic.name}: run `pulse topics apply` first")
    for record in records(broker, POLICIES.name, counts[POLICIES.name]):
        if record.value is None:
            known.forget((record.key or b"").decode())
            continue
        try:
            known.learn(PolicyRelease.model_validate_json(record.value))
        except (ValidationError, Unfit):
            continue
    return known


def write(broker: Broker, decided: Iterable[PolicyRelease]) -> None:
    """Write releases; returns when all replicas have them.

    Raises:
        Missing: the broker did not take them.
    """
    outgoing = [Outgoing(POLICIES.name, one.key.encode(), one.model_dump_json().encode()) for one in decided]
    if not outgoing:
        return
    try:
        with Publisher(broker, _CLIENT, threading.Event()) as publisher:
            publisher.publish(outgoing)
    except Retry as error:
        raise Missing(f"{POLICIES.name} was not written: {error}") from None


def bring_policies_back(clickhouse: ClickHouse, broker: Broker) -> None:
    """Write what the warehouse has to a broker that keeps nothing; before a worker starts, which must know it first."""
    client = connect(clickhouse)
    try:
        write(broker, stored(client))
    finally:
        client.close()
