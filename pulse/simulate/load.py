"""The whole history as one stream in the order of time: purchases and companions merged, as the watermark wants it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter

from pulse.simulate.facts import Fact
from pulse.simulate.groups import holding_facts
from pulse.simulate.history import Customer, History
from pulse.simulate.people import Manager, manager_facts, managers
from pulse.simulate.story import companions


@dataclass(frozen=True, slots=True)
class Recipe:
    """What to make: from which seed, for how many accounts (None: all), and whether the purchases come along."""

    seed: int = 1
    accounts: int | None = None
    with_purchases: bool = True


def load(history: History, recipe: Recipe) -> list[Fact]:
    """Every fact up to the end of the log, earliest first. Managers and holdings come before everything."""
    people = managers()
    facts: list[Fact] = []
    for customer in history.customers(recipe.accounts):
        facts += _of_customer(customer, people, history.end, recipe)
    facts.sort(key=attrgetter("at", "id"))
    begin = (facts[0].at if facts else history.end) - timedelta(days=1)
    return [*manager_facts(people, begin, recipe.seed), *holding_facts(people, begin, recipe.seed), *facts]


def _of_customer(customer: Customer, people: list[Manager], end: datetime, recipe: Recipe) -> Iterator[Fact]:
    if recipe.with_purchases:
        for order in customer.orders:
            yield order.fact
    for made in companions(customer, people, recipe.seed, end):
        if made.at <= end:
            yield made
