"""What every event type counts for, in words: the table a person reads of a policy.

The numbers are the policy's. That the table says what the fold does is held by a test over facts of every type.
"""

from typing import Final, NamedTuple

from streams.core.effects import FIXED
from streams.core.policy import COUNTED_SIGNALS, PRODUCT_COMPLAINT, SEVERITIES


class Counting(NamedTuple):
    """One signal that facts of a type count in: how much of it, and when."""

    event_type: str
    signal: str
    amount: str


_CARRIED: Final = (
    Counting("interaction.logged.v1", "sentiment", "the sentiment, -1 to 1, where one is given"),
    Counting("interaction.survey_answered.v1", "survey", "the answer, scaled to -1 to 1"),
    Counting("interaction.usage_reported.v1", "usage", "1; -1 where the quantity is 0"),
    Counting("interaction.usage_reported.v1", "usage_level", "ln(1 + quantity a day), as a deviation"),
    Counting("interaction.usage_reported.v1", "usage_reports", "1"),
    Counting("interaction.usage_reported.v1", "usage_level_normal", "ln(1 + quantity a day)"),
    Counting("interaction.usage_reported.v1", "usage_reports_normal", "1"),
    Counting("purchase.order_placed.v1", "products", "how many lines it has, 1 where it names none"),
    Counting("purchase.order_placed.v1", "order_value", "ln(1 + amount in the base currency), as a deviation"),
    Counting("purchase.order_placed.v1", "orders_valued", "1 where the currency has a rate"),
    Counting("purchase.order_placed.v1", "order_value_normal", "ln(1 + amount in the base currency)"),
    Counting("purchase.order_placed.v1", "orders_valued_normal", "1 where the currency has a rate"),
    Counting("purchase.subscription_changed.v1", "subscription_up", "1 when started, renewed or expanded"),
    Counting("purchase.subscription_changed.v1", "subscription_down", "1 when reduced"),
    Counting("purchase.subscription_changed.v1", "subscription_ended", "1 when cancelled"),
)
_OF_COMPLAINTS: Final = tuple(
    Counting(event_type, f"{signal}_{severity}", f"{amount}; severity {severity}")
    for event_type, signal, amount in (
        ("complaint.opened.v1", "complaint", "1 times the complaint factor, until withdrawn"),
        ("complaint.resolved.v1", "recovered", "1 times the complaint factor, as of the opening, until reopened"),
    )
    for severity in SEVERITIES
)
_OF_PRODUCTS: Final = Counting(
    "complaint.opened.v1",
    PRODUCT_COMPLAINT,
    "1 times the complaint factor and the product factor; category product or technical, until resolved or withdrawn",
)
_SCALED: Final = {"returned": " times the return factor"}
_FIXED: Final = tuple(
    Counting(event_type, COUNTED_SIGNALS[signal], f"{amount:g}{_SCALED.get(COUNTED_SIGNALS[signal], '')}")
    for event_type, amounts in FIXED.items()
    for signal, amount in amounts
)

COUNTINGS: Final = tuple(
    sorted(
        (*_FIXED, *_CARRIED, *_OF_COMPLAINTS, _OF_PRODUCTS),
        key=lambda one: (COUNTED_SIGNALS.index(one.signal), one.event_type),
    )
)
"""In the order of the signals."""

TAKING_BACK: Final = ("complaint.reopened.v1", "complaint.withdrawn.v1", "fact.withdrawn.v1")
"""Types that add nothing: they take back what facts before them, or still to come, added."""
