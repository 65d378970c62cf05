"""docs/policy.md: what every event type counts for under the policy shipped."""

from collections.abc import Iterable, Iterator
from typing import Final

from pulse.policies.reading import DEFAULT, policy_named
from pulse.policies.table import COLUMNS, lines, numbers, uncounted
from pulse.reference.markdown import Row, table
from streams.core.counting import TAKING_BACK

_HEAD: Final = """# The policy

How facts become a score under the policy shipped, `{name}`. A fact adds to a sum per signal, which fades with the
signal's half-life; points are per unit of that sum, before the dimension's weight. A dimension is 50 + the points of
its signals, held in 0 to 100; the score is the weighted mean of the dimensions that have signal. The reasons for the
numbers below the table stand beside them in `streams/core/policies/default.yaml`.

A policy of your own: copy that file, `pulse policy check FILE`, then set `worker.policy_file`. `pulse policy show FILE`
prints this page of it, `pulse policy diff default FILE` what differs.

Written from the code by `python -m pulse.reference docs`.
"""

_LEVELS: Final = """A level, of usage or of order values, is how far recent facts lie from the account's own normal: the
mean logarithm of the recent ones less that of the normal, held within `cap` both ways, times n / (n + shrink) with n
recent facts. It is 0 with nothing recent and with nothing before (one order is no history). Its points count for that
deviation, as the contribution `usage_level` or `order_value`; 0.69 is twice as much. An amount is turned into the base
currency by `currencies.rates`, which only compare sizes. A currency without a rate is *unrated*: the order counts as an
order, and not in the value of orders.
"""


_KEPT: Final = """The return factor is 1 / (1 + kappa · ln(1 + kept)), the product factor the same with delta. Kept are
the recent orders less those returned, times the lines of a recent order on average; an order without lines is one
product. One of ten products that comes back, or is complained about, says less than the only one.
"""


def policy_page() -> str:
    """The page."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    policy = policy_named(DEFAULT)
    yield _HEAD.format(name=policy.name)
    yield "## What counts\n"
    yield from table(COLUMNS, (_named(one.cells()) for one in lines(policy)))
    yield "The complaint factor is (1 + beta · other recent complaints) / (1 + gamma · ln(1 + orders ever)).\n"
    yield _KEPT
    yield _LEVELS
    yield f"Types that take back what others added: {_listed(TAKING_BACK)}.\n"
    yield f"Types that move no score: {_listed(uncounted())}.\n"
    yield "## Weights, lines and times\n"
    yield from table(("value", "is"), ((f"`{path}`", f"{value}") for path, value in numbers(policy)))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _named(cells: Row) -> Row:
    """Type and signal are names of ours."""
    return (f"`{cells[0]}`", f"`{cells[1]}`", *cells[2:])
