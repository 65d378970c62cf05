"""The worker's fold, the rebuild and SQL alone say the same of every history."""

import itertools
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consumers.runtime.clickhouse import ClickHouse, Client, connect
from pulse.auditing.run import Patience, audit
from schemas.catalogue import AnyEvent
from schemas.ids import AccountId
from streams.core.policies import default_tables
from tests.auditing.warehouse import store, tell
from tests.core.bench import Bench
from tests.core.histories import histories, of_account
from tests.core.timelines import SPAN_S, with_repeats

_ROUNDS = itertools.count(1)
ONCE = Patience(itertools.count(0, 1000).__next__, float)


@pytest.fixture(scope="module")
def connected(tables: ClickHouse) -> Iterator[Client]:
    made = connect(tables)
    yield made
    made.close()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data(), histories(), st.floats(0, 400 * 86_400))
def test_the_live_score_the_rebuild_and_sql_agree_in_every_summand(
    connected: Client, data: st.DataObject, drawn: list[AnyEvent], later_s: float
) -> None:
    number = next(_ROUNDS)
    told = [of_account(AccountId(f"round {number} {event.subject}"), event) for event in drawn]
    accounts = sorted({event.subject for event in told})
    repeated = data.draw(st.composite(with_repeats)(told))
    bench = Bench()
    bench.feed(*repeated)
    snapshots = bench.flush(round(SPAN_S + later_s)).snapshots
    store(connected, repeated)
    tell(connected, snapshots)
    found = audit(connected, [default_tables()], ONCE, accounts)
    assert found.differing == []
    assert (found.compared, found.facts) == (len(accounts), len(told))
    assert np.isfinite([snapshot.score for snapshot in snapshots if snapshot.score is not None]).all()
