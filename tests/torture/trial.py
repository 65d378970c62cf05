"""One torture from beginning to end: bring up, do what the plan says under load, let it settle, compare everything."""

import json
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from confluent_kafka import KafkaException

from consumers.clickhouse.sink import TOPICS as SINK_TOPICS
from consumers.runtime.clickhouse import connect
from pulse.errors import StackFailed
from schemas.topics import (
    ALERTS,
    BY_NAME,
    CHANGELOG,
    DEAD_LETTERS,
    EVENT_TOPICS,
    HEALTH,
    SINK_GROUP,
    WORKER_APP,
)
from tests.torture import warehouse
from tests.torture.compare import compare_health, compare_states
from tests.torture.differences import Verdict
from tests.torture.episodes import Moment, compare_alerts
from tests.torture.evidence import Log, write_evidence
from tests.torture.feeder import Feeder, Pace, Sent
from tests.torture.ground import Ground, Options, Ruined
from tests.torture.letters import compare_letters, is_poison
from tests.torture.load import Load, Recipe
from tests.torture.logread import Progress, Read, read_all
from tests.torture.oracle import Logged, Policy, accounts_of, facts_of
from tests.torture.plan import AT_FIRST, Fault
from tests.torture.rows import Stored, in_force

QUIET_S: Final = 4.0
"""Longer than the last snapshots wait to be told, by the policy the workers are given."""

SETTLE_S: Final = 90.0
_TOLD_EVERY_S: Final = 20.0
_WATCHED: Final = (HEALTH, DEAD_LETTERS)
_DUE_MARGIN_S: Final = 5.0

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Trial:
    """What is tried. `rate` is in records a second; `limit` of records ends the load, else the plan's end does."""

    plan: Sequence[Fault]
    recipe: Recipe
    rate: float = 250.0
    limit: int | None = None
    options: Options = field(default_factory=Options)
    workers: tuple[str, ...] = AT_FIRST


@dataclass(slots=True)
class Outcome:
    """What came of it."""

    verdict: Verdict
    sent: Sent
    deaths: list[str]
    duration_s: float = 0.0
    settled_after_s: float = 0.0


class Course:
    """Carries a trial out in a folder; `say` is told what happens."""

    def __init__(self, trial: Trial, folder: Path, say: Say) -> None:
        self._trial = trial
        self._say = say
        self._folder = folder
        self._ground = Ground(folder, trial.options)
        pace = Pace(trial.rate, trial.recipe.max_unread, trial.limit)
        self._feeder = Feeder(self._ground.broker, Load(trial.recipe), pace)
        self._began = time.monotonic()
        self._told_at = 0.0
        self._settled_at = 0.0

    def run(self) -> Outcome:
        """All of it; every process is gone afterwards, whatever happened."""
        outcome = Outcome(Verdict(), self._feeder.sent, self._ground.deaths)
        began = time.monotonic()
        try:
            self._ground.up(self._trial.workers)
            self._tell(f"up after {time.monotonic() - began:.1f} s")
            self._suffer()
            outcome.settled_after_s = self._settle(outcome.verdict)
            self._compare(outcome.verdict)
        except (Ruined, StackFailed, AssertionError, KafkaException) as error:
            outcome.verdict.add("the run", str(error))
        finally:
            self._feeder.halt()
            self._ground.down()
        outcome.duration_s = time.monotonic() - began
        return outcome

    def _suffer(self) -> None:
        self._began = time.monotonic()
        self._feeder.start()
        for fault in self._trial.plan:
            self._tend_until(self._began + fault.at_s)
            self._tell(f"{fault.act} {fault.target}")
            self._ground.carry_out(fault)
        if self._trial.limit is None:
            self._feeder.halt()
        while not self._feeder.is_drained():
            self._tend_until(time.monotonic() + 0.2)
        self._tell(f"load ended: {self._feeder.sent.total:,} records")

    def _tend_until(self, moment: float) -> None:
        """Wait, and start again what ends by itself meanwhile."""
        while (left := moment - time.monotonic()) > 0:
            if (words := self._ground.tend(min(left, 0.5))) is not None:
                self._tell(words)
            if time.monotonic() - self._told_at >= _TOLD_EVERY_S:
                self._tell(f"{self._feeder.sent.total:,} records written")

    def _tell(self, what: str) -> None:
        self._told_at = time.monotonic()
        self._say(f"{self._told_at - self._began:8.2f} s  {what}")

    def _settle(self, verdict: Verdict) -> float:
        """Wait until all is read and nothing moves any more, then let the workers leave."""
        began = time.monotonic()
        broker = self._ground.broker
        sink_topics = [BY_NAME[name] for name in SINK_TOPICS]
        with (
            Progress(broker, WORKER_APP, EVENT_TOPICS) as worker,
            Progress(broker, SINK_GROUP, sink_topics) as sink,
            Progress(broker, "torture", _WATCHED) as outputs,
        ):
            self._until(lambda: worker.unread() == 0, "unread by the workers", worker, verdict)
            self._until_quiet(outputs, verdict)
            self._settled_at = time.time()
            for words in self._ground.rest():
                verdict.add("leaving", words)
            self._until(lambda: sink.unread() == 0, "unread by the sink", sink, verdict)
        took = time.monotonic() - began
        self._tell(f"settled within {took:.1f} s")
        return took

    def _until(self, done: Callable[[], bool], what: str, progress: Progress, verdict: Verdict) -> None:
        ends = time.monotonic() + SETTLE_S
        while not done():
            if time.monotonic() > ends:
                verdict.add("settling", f"{what} after {SETTLE_S:.0f} s: {progress.behind()}")
                return
            self._tend_until(time.monotonic() + 0.25)

    def _until_quiet(self, outputs: Progress, verdict: Verdict) -> None:
        ends, quiet_since, last = time.monotonic() + SETTLE_S, time.monotonic(), outputs.ends()
        while time.monotonic() - quiet_since < QUIET_S:
            if time.monotonic() > ends:
                verdict.add("settling", f"the outputs still grow after {SETTLE_S:.0f} s: {outputs.ends()}")
                return
            self._tend_until(time.monotonic() + 0.25)
            if (now := outputs.ends()) != last:
                quiet_since, last = time.monotonic(), now

    def _compare(self, verdict: Verdict) -> None:
        log, policy = self._log(), Policy.read()
        poison = [record for record in log.inputs if is_poison(record)]
        facts = facts_of(_logged(record) for record in log.inputs if not is_poison(record))
        self._compare_log(log.inputs, verdict)
        accounts = accounts_of(facts.values(), policy)
        compare_states(accounts, in_force(Stored(record.key, record.value) for record in log.changelog), verdict)
        compare_health(accounts, _by_account(log.health), verdict)
        steps = [record.value or b"" for record in log.alerts]
        compare_alerts(accounts, steps, Moment(self._settled_at - _DUE_MARGIN_S, policy), verdict)
        compare_letters(poison, log.letters, verdict)
        client = connect(self._ground.clickhouse)
        warehouse.compare_events(client, facts, verdict)
        warehouse.compare_steps(client, {json.loads(step)["step_id"] for step in steps}, verdict)
        warehouse.compare_refused(client, poison, verdict)
        client.close()
        self._tell(f"compared {len(accounts):,} accounts, {verdict.snapshots:,} snapshots, {verdict.steps:,} steps")
        write_evidence(self._folder / "evidence", verdict, log)

    def _log(self) -> Log:
        read = partial(read_all, self._ground.broker)
        return Log(read(EVENT_TOPICS), read([CHANGELOG]), read([HEALTH]), read([ALERTS]), read([DEAD_LETTERS]))

    def _compare_log(self, inputs: Sequence[Read], verdict: Verdict) -> None:
        """Kafka keeps what it acknowledged: else the comparison would be with a log that lost something itself."""
        missing = self._feeder.sent.values - {hash(record.value) for record in inputs}
        if missing:
            verdict.add("the log", f"{len(missing)} records were acknowledged and are not in it")


def _logged(record: Read) -> Logged:
    return Logged(record.topic, record.arrived_ms / 1000.0, record.value or b"")


def _by_account(records: Sequence[Read]) -> dict[str, list[bytes]]:
    found: defaultdict[str, list[bytes]] = defaultdict(list)
    for record in records:
        found[(record.key or b"").decode()].append(record.value or b"")
    return found
