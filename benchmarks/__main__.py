"""`python -m benchmarks NAME [--quick] [--json]`: measure, print the conditions and the figures.

With --json the last line is one JSON object. Nothing here is a test: no figure makes it fail.
"""

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence

from benchmarks.alert import command as alert
from benchmarks.engine import command as engine
from benchmarks.growth import command as growth
from benchmarks.latency import command as latency
from benchmarks.memory import command as memory
from benchmarks.pace import TooShort
from benchmarks.rebuild import command as rebuild
from benchmarks.recovery import command as recovery
from benchmarks.silence import command as silence
from pulse.errors import PulseError

_MEANINGS = {
    "engine": "events a second, ours beside its peers on one Kafka",
    "latency": "event to health and alert by a timetable, beside the raw two hops",
    "alert": "event to the mail of its alert handed over, by a timetable",
    "recovery": "how long accounts wait when a worker is killed, taken over from, or leaves",
    "memory": "bytes an account, as arrays and all in, and the peak of a recovery",
    "growth": "events per CPU second with more accounts and with more workers",
    "rebuild": "every score computed anew from the facts in ClickHouse, events a second",
    "silence": "who stays away, told beforehand on the CDNOW log, beside RFM and a fixed 30 days",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark named; the exit code, 0 when it measured."""
    given = _parser().parse_args(arguments)
    try:
        figures = _run(given)
    except PulseError as error:
        sys.stderr.write(f"{error}\n")
        return int(error.exit_code)
    except TooShort as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if given.json:
        print(json.dumps(figures))
    return 0


def _run(given: argparse.Namespace) -> Mapping[str, object]:
    runs: dict[str, Callable[[], Mapping[str, object]]] = {
        "engine": lambda: engine.run(engine.Options(given.quick, tuple(given.only), given.seed, given.events)),
        "latency": lambda: latency.run(latency.Options(given.quick, tuple(given.rates), given.half_of)),
        "alert": lambda: alert.run(alert.Options(given.quick)),
        "recovery": lambda: recovery.run(recovery.Options(given.quick, given.accounts)),
        "memory": lambda: memory.run(memory.Options(given.quick, given.accounts)),
        "growth": lambda: growth.run(growth.Options(given.quick, given.events)),
        "rebuild": lambda: rebuild.run(rebuild.Options(given.quick, given.events)),
        "silence": lambda: silence.run(silence.Options(given.quick)),
    }
    return runs[given.name]()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure; see docs/benchmarks.md.")
    choices = parser.add_subparsers(dest="name", required=True)
    named = {name: choices.add_parser(name, help=meaning) for name, meaning in _MEANINGS.items()}
    one = named["engine"]
    one.add_argument("--only", nargs="+", choices=engine.names(), default=[], metavar="NAME", help="these contenders")
    one.add_argument("--seed", type=int, default=1, help="of the load")
    two = named["latency"]
    two.add_argument("--rates", nargs="*", type=int, default=[1_000, 10_000], metavar="N", help="events a second")
    two.add_argument("--half-of", type=int, metavar="N", help="and half of N; without it the full run measures N")
    for each in (one, named["growth"], named["rebuild"]):
        each.add_argument("--events", type=int, help="how many events to write")
    for each in (named["recovery"], named["memory"]):
        each.add_argument("--accounts", type=int, help="how many accounts the state holds")
    for each in named.values():
        each.add_argument("--quick", action="store_true", help="less of it: minutes instead of a quarter of an hour")
        each.add_argument("--json", action="store_true", help="the last line is one JSON object")
    return parser


if __name__ == "__main__":
    sys.exit(main())
