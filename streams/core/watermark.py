"""The watermark: up to which event time a partition's decisions may assume that all has been told.

It is the minimum, over the topics that are live, of the newest event time seen. A topic that is read to its end and
quiet for a while is idle and holds time back only to when the broker last said that nothing more is there: a broker
that is away for ten seconds may hold ten seconds of answers. When all are idle the clock takes over: soon when the
watermark is near the present, late when it is far behind, because then a loader has more likely paused than finished.
"""

from dataclasses import dataclass, field
from typing import Final

NEVER: Final = float("-inf")


@dataclass(frozen=True, slots=True)
class IdleRule:
    """Times in seconds. `quiet_s` makes a caught-up topic idle; `far_quiet_s` lets the clock bridge a gap of more than
    `near_s`; `delay_s` is how far behind the clock the watermark then runs.
    """

    quiet_s: float = 1.0
    far_quiet_s: float = 20.0
    near_s: float = 3600.0
    delay_s: float = 0.5


@dataclass(slots=True)
class Watermark:
    """State of one partition: per topic (index in `EVENT_TOPICS`) the newest event time, when it was last read, and
    when the broker last said where it ends (epoch seconds).
    """

    newest: list[float]
    read_at: list[float]
    heard_at: list[float]
    caught_up: list[bool]
    rule: IdleRule = field(default_factory=IdleRule)
    value: float = NEVER

    @classmethod
    def fresh(cls, topics: int, now: float, rule: IdleRule | None = None, value: float = NEVER) -> "Watermark":
        """A partition just taken over at `now`; nothing is known to be caught up yet."""
        return cls([NEVER] * topics, [now] * topics, [NEVER] * topics, [False] * topics, rule or IdleRule(), value)

    def observe(self, topic: int, newest: float, now: float, caught_up: bool) -> None:
        """A batch of `topic` was read whose newest event is `newest`; `caught_up` when nothing more waits."""
        self.newest[topic] = max(self.newest[topic], newest)
        self.read_at[topic] = now
        self.caught_up[topic] = caught_up

    def mark_end(self, topic: int, heard_at: float, caught_up: bool) -> None:
        """What the broker said at `heard_at` of a topic from which nothing came."""
        self.caught_up[topic] = caught_up
        self.heard_at[topic] = max(self.heard_at[topic], heard_at)

    def advance(self, now: float) -> float:
        """The watermark as of the clock `now`; it never goes back and never passes the clock."""
        quiet = [now - read if done else 0.0 for read, done in zip(self.read_at, self.caught_up, strict=True)]
        live = [newest for newest, idle in zip(self.newest, quiet, strict=True) if idle < self.rule.quiet_s]
        heard = [at for at, idle in zip(self.heard_at, quiet, strict=True) if idle >= self.rule.quiet_s]
        candidate = min([min(live) if live else self._by_clock(min(quiet), now), *heard])
        self.value = max(self.value, min(candidate, now))
        return self.value

    def _by_clock(self, quiet_s: float, now: float) -> float:
        behind = now - max(self.value, *self.newest)
        if behind > self.rule.near_s and quiet_s < self.rule.far_quiet_s:
            return max(self.newest)
        return now - self.rule.delay_s
