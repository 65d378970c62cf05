"""What things are called: bands, kinds, roles, signals. Lower case, to stand inside a sentence."""

from typing import Final

from consumers.runtime.wording.marks import C_, N_
from consumers.runtime.wording.reader import Reader
from schemas.alerts import AlertKind, CalledRole
from schemas.events.complaints import Category
from schemas.health import Band, Dimension

BANDS: Final = {
    Band.HEALTHY: N_("healthy"),
    Band.WATCH: N_("watch"),
    Band.AT_RISK: N_("at risk"),
    Band.CRITICAL: N_("critical"),
}
KINDS: Final = {
    AlertKind.BAND_DROPPED: N_("Health dropped"),
    AlertKind.SHARP_DROP: N_("Sharp drop"),
    AlertKind.COMPLAINT_OVERDUE: N_("Complaint overdue"),
    AlertKind.COMPLAINT_REPEATED: N_("Repeated complaint"),
    AlertKind.SHIPMENT_LATE: N_("Shipment late"),
    AlertKind.INVOICE_OVERDUE: N_("Invoice overdue"),
    AlertKind.CALLBACK_OVERDUE: N_("Call-back overdue"),
    AlertKind.HAND_OFF_OVERDUE: N_("Hand-off overdue"),
    AlertKind.GONE_SILENT: N_("Gone silent"),
    AlertKind.PURCHASE_OVERDUE: N_("Purchase overdue"),
    AlertKind.REVENUE_DISAGREES: N_("Revenue disagrees"),
    AlertKind.UPSELL_READY: N_("Ready for more"),
    AlertKind.RECOVERED: N_("Recovered"),
}
ROLES: Final = {
    CalledRole.SALES: N_("Sales"),
    CalledRole.SERVICE: N_("Service"),
    CalledRole.TECHNICAL: N_("Technical"),
    CalledRole.FINANCE: N_("Finance"),
}
DIMENSIONS: Final = {
    Dimension.RELATIONSHIP: C_("dimension", "Relationship"),
    Dimension.COMMERCE: C_("dimension", "Commerce"),
    Dimension.SERVICE: C_("dimension", "Service"),
}
CATEGORIES: Final = {
    Category.BILLING: N_("billing"),
    Category.DELIVERY: N_("delivery"),
    Category.PRODUCT: N_("product"),
    Category.SERVICE: N_("service"),
    Category.TECHNICAL: N_("technology"),
}
SIGNALS: Final = {
    "base": N_("Starting point"),
    "saturation": N_("Held at the end of the scale"),
    "contact": N_("Contact"),
    "sentiment": N_("Tone of contacts"),
    "survey": N_("Survey answers"),
    "usage": N_("Product use"),
    "usage_level": N_("Product use against the usual"),
    "handed_off": N_("Passed between teams"),
    "orders": N_("Orders"),
    "order_value": N_("Size of orders against the usual"),
    "delivered": N_("Deliveries"),
    "cancelled": N_("Cancelled orders"),
    "returned": N_("Returned orders"),
    "paid": N_("Paid invoices"),
    "disputed": N_("Disputed invoices"),
    "subscription_up": N_("Subscription started, renewed or expanded"),
    "subscription_down": N_("Subscription reduced"),
    "subscription_ended": N_("Subscription cancelled"),
    "complaint_1": N_("Minor complaints"),
    "complaint_2": N_("Complaints that cost time"),
    "complaint_3": N_("Complaints that cost money"),
    "complaint_4": N_("Complaints that stopped the business"),
    "recovered_1": N_("Minor complaints resolved"),
    "recovered_2": N_("Complaints that cost time resolved"),
    "recovered_3": N_("Complaints that cost money resolved"),
    "recovered_4": N_("Complaints that stopped the business resolved"),
    "product_complaint": N_("Open complaints about products"),
    "escalated": N_("Complaints escalated"),
    "service_contact": N_("Service without complaint"),
    "override": N_("Set by hand"),
}
EVENTS: Final = {
    "interaction.logged.v1": N_("Contact logged"),
    "interaction.survey_answered.v1": N_("Survey answered"),
    "interaction.usage_reported.v1": N_("Use reported"),
    "interaction.handed_off.v1": N_("Handed off to another team"),
    "interaction.hand_off_closed.v1": N_("Hand-off closed"),
    "purchase.order_placed.v1": N_("Order placed"),
    "purchase.order_shipped.v1": N_("Order shipped"),
    "purchase.order_delivered.v1": N_("Order delivered"),
    "purchase.order_cancelled.v1": N_("Order cancelled"),
    "purchase.order_returned.v1": N_("Order returned"),
    "purchase.invoice_issued.v1": N_("Invoice issued"),
    "purchase.invoice_paid.v1": N_("Invoice paid"),
    "purchase.invoice_disputed.v1": N_("Invoice disputed"),
    "purchase.subscription_changed.v1": N_("Subscription changed"),
    "complaint.opened.v1": N_("Complaint opened"),
    "complaint.answered.v1": N_("Complaint answered"),
    "complaint.escalated.v1": N_("Complaint escalated"),
    "complaint.resolved.v1": N_("Complaint resolved"),
    "complaint.reopened.v1": N_("Complaint reopened"),
    "complaint.withdrawn.v1": N_("Complaint withdrawn"),
    "fact.withdrawn.v1": N_("Fact withdrawn"),
    "alert.acknowledged.v1": N_("Alert acknowledged"),
    "alert.snoozed.v1": N_("Alert snoozed"),
    "alert.resolved.v1": N_("Alert resolved"),
    "alert.reassigned.v1": N_("Alert reassigned"),
    "alert.commented.v1": N_("Alert commented"),
    "alert.rated.v1": N_("Alert rated"),
    "health.override_set.v1": N_("Score overridden"),
    "health.override_lifted.v1": N_("Override lifted"),
    "account.profile_set.v1": N_("Master data set"),
    "manager.profile_set.v1": N_("Manager's data set"),
}


def band(reader: Reader, value: str) -> str:
    """A band in a sentence.

    >>> from consumers.runtime.wording.reader import reader_of
    >>> band(reader_of("en", "UTC"), "at_risk")
    'at risk'
    """
    return reader.text(BANDS[Band(value)])


def category(reader: Reader, value: str) -> str:
    """What a complaint is about; an unknown one is shown as it is."""
    return reader.text(CATEGORIES[Category(value)]) if value in set(Category) else value


def signal(reader: Reader, name: str) -> str:
    """A signal or contribution; one that a policy made up itself is shown by its name."""
    known = SIGNALS.get(name)
    return reader.text(known) if known else name.replace("_", " ").capitalize()


def event(reader: Reader, event_type: str) -> str:
    """An event type; an unknown one is shown as it is."""
    known = EVENTS.get(event_type)
    return reader.text(known) if known else event_type
