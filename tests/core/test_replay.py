"""Replay is live: however often the log is cut by flushes, killed and read again, the state is that of one reading."""

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from schemas.catalogue import AnyEvent
from tests.core.bench import Bench, folded, sums_at
from tests.core.building import DAY
from tests.core.explaining import assert_explained, assert_told_once
from tests.core.timelines import SPAN_S, overridden, timelines

END_S = SPAN_S + 900 * DAY


class Life(RuleBasedStateMachine):
    """One account's worker: facts come, flushes follow, processes die."""

    def __init__(self) -> None:
        super().__init__()
        self.bench = Bench()
        self.told: list[AnyEvent] = []
        self.rounds = 0
        self.now_s = SPAN_S

    @rule(facts=timelines() | overridden(), watermark=st.none() | st.floats(0, SPAN_S))
    def facts_come(self, facts: list[AnyEvent], watermark: float | None) -> None:
        self.rounds += 1
        renamed = [event.model_copy(update={"id": f"{self.rounds}-{event.id}"}) for event in facts]
        self.told += renamed
        self.bench.feed(*renamed, watermark=watermark)

    @rule(after_s=st.sampled_from([0.1, 9.0, 3600.0, 20 * DAY]), behind_s=st.sampled_from([0.0, 1.0, 200 * DAY]))
    def a_flush_follows(self, after_s: float, behind_s: float) -> None:
        self.now_s = min(self.now_s + after_s, END_S)
        self.bench.flush(self.now_s, self.now_s - behind_s)

    @rule(lag=st.integers(0, 50))
    def the_worker_dies(self, lag: int) -> None:
        self.bench.crash(lag)

    @invariant()
    def every_snapshot_is_the_sum_of_its_parts(self) -> None:
        assert_explained(self.bench.told.snapshots)

    @invariant()
    def every_episode_is_told_once(self) -> None:
        assert_told_once(self.bench.told.steps)

    def teardown(self) -> None:
        if self.told:
            once = sums_at(folded(*self.told), END_S)
            np.testing.assert_allclose(sums_at(self.bench.partition, END_S), once, rtol=1e-9, atol=1e-9)
            assert int(self.bench.partition.rows["applied"][0]) == len(self.told)


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=25, stateful_step_count=12, deadline=None)
