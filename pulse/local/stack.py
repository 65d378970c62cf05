"""The local stack: in which order its processes come and go, and what the death of each one means.

Where they are and how they are started is the plan's, how they are kept alive is the supervisor's.
"""

import os
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final, NoReturn

from pulse.exit_codes import ExitCode
from pulse.lag import unread
from pulse.local.child import Command
from pulse.local.plan import Plan
from pulse.local.report import Report
from pulse.local.running import RunningStack, describe, undescribe
from pulse.local.supervisor import Hopeless, Supervisor, ending
from schemas.topics import READERS, SINK_GROUP

READING: Final = ("worker", "sink", "deliver")
DOORS: Final = ("gateway", "console")
CATCH_UP: Final = timedelta(seconds=60)


class Stack:
    """Runs a plan. `now` is the wall clock."""

    def __init__(self, plan: Plan, supervisor: Supervisor, report: Report, now: Callable[[], datetime]) -> None:
        self._plan = plan
        self._supervisor = supervisor
        self._report = report
        self._now = now
        self._started_at = now()
        self._bootstrap = ""

    def run(self, on_up: Callable[[RunningStack], None]) -> NoReturn:
        """Bring everything up and keep it up; `on_up` is called the first time.

        Raises:
            StackFailed: something did not come up.
            StopAsked: somebody asked to stop.
        """
        self._supervisor.hopeless = self._hopeless
        begin, told = self._first_start, False
        while True:
            try:
                running = begin()
                if not told:
                    on_up(running)
                    told = True
                self._supervisor.on_restart = lambda: describe(self._description())
                self._supervisor.watch()
            except Hopeless as death:
                self._report.say(f"{death}: building the state anew from the warehouse")
                begin = self._rebuild

    def stop(self) -> None:
        """Stop everything: the doors first, then the readers, what they need last."""
        undescribe(self._plan.data)
        for names in (DOORS, (*READING, "replay", "prepare"), None):
            self._supervisor.stop(names, self._plan.stop_within_s)

    def _first_start(self) -> RunningStack:
        self._start_broker([self._plan.process("warehouse", ""), self._plan.process("mail", "")])
        return self._start_the_rest()

    def _start_broker(self, beside: Sequence[Command] = ()) -> None:
        started = self._supervisor.start([self._plan.broker_command(), *beside])
        self._bootstrap = str((started["broker"].ready_fields or {})["bootstrap"])

    def _start_the_rest(self) -> RunningStack:
        """All that reads and writes the broker. What the warehouse remembers and an in-memory broker does not comes
        back before the doors open, so that nothing new overtakes it.
        """
        prepared = self._supervisor.run_to_end(self._plan.module("prepare", self._bootstrap))
        stored = 0 if self._plan.kafka else int((prepared.ready_fields or {})["stored"])
        if stored:
            self._bring_back(stored)
            self._supervisor.start([self._plan.process(name, self._bootstrap) for name in DOORS])
        else:
            self._supervisor.start([self._plan.process(name, self._bootstrap) for name in (*READING, *DOORS)])
        running = self._description()
        describe(running)
        return running

    def _bring_back(self, stored: int) -> None:
        """Start the readers and replay; the worker is told that everything until now is history."""
        began_at = self._now()
        self._report.say(f"the broker kept nothing, the warehouse has {stored:,} events: replaying", events=stored)
        history = {"PULSE_WORKER__HISTORY_UNTIL": began_at.isoformat()}
        self._supervisor.start([self._plan.process(name, self._bootstrap, **history) for name in READING])
        self._supervisor.run_to_end(self._plan.module("replay", self._bootstrap))
        took = (self._now() - began_at).total_seconds()
        self._report.say(f"replayed {stored:,} events in {took:.1f} s; what they tell alerts nobody again")

    def _description(self) -> RunningStack:
        return self._plan.description(self._bootstrap, self._supervisor.pids(), os.getpid(), self._started_at)

    def _hopeless(self, name: str, code: int) -> str | None:
        if self._plan.kafka:
            return None
        if name == "broker":
            return f"the in-memory broker ended ({ending(code)}), and with it what the warehouse did not have yet"
        if name == "worker" and code == ExitCode.STATE_LOST:
            return "the in-memory broker has dropped the beginning of the worker's state, as it does by and by"
        return None

    def _rebuild(self) -> RunningStack:
        self._supervisor.on_restart = lambda: None
        undescribe(self._plan.data)
        self._report.say("closing the gateway")
        self._supervisor.stop(("gateway", "replay", "prepare"), self._plan.stop_within_s)
        self._supervisor.stop(("worker",), self._plan.stop_within_s)
        if self._supervisor.is_alive("broker"):
            self._await_sink()
        for names in ((*READING, *DOORS), ("broker",)):
            self._supervisor.stop(names, self._plan.stop_within_s)
        self._start_broker()
        running = self._start_the_rest()
        self._report.say("the gateway is open again")
        return running

    def _await_sink(self) -> None:
        """Wait until the warehouse has all that was accepted."""
        self._report.say("waiting until the warehouse has everything that was accepted")
        topics = [topic for topic, groups in READERS.items() if SINK_GROUP in groups]
        broker = self._plan.broker(self._bootstrap)
        ends_at = self._now() + CATCH_UP
        while left := unread(broker, SINK_GROUP, topics):
            if self._now() >= ends_at:
                self._report.say(f"the sink did not catch up within {CATCH_UP.seconds} s: {left:,} records are lost")
                return
            self._supervisor.pause(0.3)
