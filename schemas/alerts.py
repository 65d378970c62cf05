"""account.alerts: the steps of alert episodes.

An episode's id is a function of account, kind and episode number; a step's id adds its number. Both are therefore the
same however often the log is replayed, and whoever reads the topic may drop an id already seen.
"""

from decimal import Decimal
from enum import StrEnum
from hashlib import blake2b
from typing import Annotated

from pydantic import Field

from schemas.envelope import Model, Text
from schemas.health import Part
from schemas.ids import AccountId, AccountIdField, AlertId, AlertIdField, ManagerIdField
from schemas.times import UtcDatetime


class AlertKind(StrEnum):
    """The closed list of what a manager is told."""

    BAND_DROPPED = "band_dropped"
    SHARP_DROP = "sharp_drop"
    COMPLAINT_OVERDUE = "complaint_overdue"
    COMPLAINT_REPEATED = "complaint_repeated"
    SHIPMENT_LATE = "shipment_late"
    INVOICE_OVERDUE = "invoice_overdue"
    CALLBACK_OVERDUE = "callback_overdue"
    HAND_OFF_OVERDUE = "hand_off_overdue"
    GONE_SILENT = "gone_silent"
    PURCHASE_OVERDUE = "purchase_overdue"
    REVENUE_DISAGREES = "revenue_disagrees"
    UPSELL_READY = "upsell_ready"
    RECOVERED = "recovered"


class StepKind(StrEnum):
    """What happened to the episode."""

    OPENED = "opened"
    UPDATED = "updated"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    ESCALATED = "escalated"
    REOPENED = "reopened"
    REASSIGNED = "reassigned"
    COMMENTED = "commented"
    RATED = "rated"
    RESOLVED = "resolved"
    RETRACTED = "retracted"


class StepReason(StrEnum):
    """Why the step was taken: the key of the sentence a person reads."""

    BAND_WORSENED = "band_worsened"
    BAND_RECOVERED = "band_recovered"
    BAND_REGAINED = "band_regained"
    SCORE_FELL = "score_fell"
    SCORE_STEADIED = "score_steadied"
    ANSWER_DUE_PASSED = "answer_due_passed"
    MORE_OVERDUE = "more_overdue"
    ALL_ANSWERED = "all_answered"
    DUE_PASSED = "due_passed"
    DELIVERY_DUE_PASSED = "delivery_due_passed"
    ALL_SETTLED = "all_settled"
    COMPLAINED_AGAIN = "complained_again"
    SILENCE_PASSED = "silence_passed"
    HEARD_AGAIN = "heard_again"
    BOUGHT_AGAIN = "bought_again"
    MONEY_FALLS = "money_falls"
    MONEY_RISES = "money_rises"
    AGREES_AGAIN = "agrees_again"
    UPSELL_SIGNS = "upsell_signs"
    SIGNS_GONE = "signs_gone"
    CAUSE_WITHDRAWN = "cause_withdrawn"
    UNACKNOWLEDGED = "unacknowledged"
    CLIMBS_AT_ONCE = "climbs_at_once"
    WENT_AWAY = "went_away"
    OWNER_CHANGED = "owner_changed"
    SNOOZE_OVER = "snooze_over"
    BY_PERSON = "by_person"
    CLOSED_BY_TIME = "closed_by_time"


class LineGap(StrEnum):
    """Why an alert's way up the reporting line is not what it should be."""

    NO_OWNER = "no_owner"
    UNKNOWN_OWNER = "unknown_owner"
    UNKNOWN_MANAGER = "unknown_manager"
    REPORTS_CYCLE = "reports_cycle"
    ENDS_BELOW_TOP = "ends_below_top"
    VACANT_LEVEL = "vacant_level"
    ABSENT = "absent"
    DELEGATE_CYCLE = "delegate_cycle"
    UNKNOWN_DELEGATE = "unknown_delegate"
    ALREADY_TOLD = "already_told"


class CalledRole(StrEnum):
    """Which trade the alert calls for."""

    SALES = "sales"
    SERVICE = "service"
    TECHNICAL = "technical"
    FINANCE = "finance"


class Suggestion(StrEnum):
    """The next step we suggest: the key of a sentence."""

    CALL_CLIENT = "call_client"
    ANSWER_COMPLAINT = "answer_complaint"
    NAME_SHIPPING_DATE = "name_shipping_date"
    ASK_FOR_PAYMENT = "ask_for_payment"
    CALL_BACK = "call_back"
    CLOSE_HAND_OFF = "close_hand_off"
    OWN_THE_COMPLAINT = "own_the_complaint"
    GET_IN_TOUCH = "get_in_touch"
    ASK_FOR_ORDER = "ask_for_order"
    REVIEW_ACCOUNT = "review_account"
    OFFER_MORE = "offer_more"
    THANK_CLIENT = "thank_client"


class AlertStep(Model):
    """One step. `at` is the moment (event time) it was decided for, `decided_at` the clock when it was decided.

    A `historic` step was decided for a moment further back than the horizon: it is recorded, shown and never sent.
    `facts` carries the values the sentence needs, as strings: band_from, band_to, score, complaint_ids, order_ids,
    invoice_ids, hand_off_ids, contact_ids, count, due_at, of unpaid invoices in one currency amount and currency, and
    of the orders undelivered_ids: those of which delivery is late, and not the shipment.
    Of a sharp drop score_before, points and days; of repeated complaints category and days; of silence quiet_since,
    expected_by (ISO times) and usual_days; of money against the score percent and measure (order_value, subscription);
    of signs for more growing (usage, order_value), percent and renews_at.
    """

    alert_id: AlertIdField
    step_id: str
    account_id: AccountIdField
    account_name: str | None = None
    segment: str | None = None
    kind: AlertKind
    episode: Annotated[int, Field(ge=1)]
    step_no: Annotated[int, Field(ge=1)]
    step: StepKind
    reason: StepReason
    at: UtcDatetime
    decided_at: UtcDatetime
    historic: bool
    caused_by_record_at: UtcDatetime | None = None
    facts: dict[str, str] = {}
    parts: tuple[Part, ...] = ()
    value_at_risk: Decimal | None = None
    currency: str | None = None
    role: CalledRole
    suggestion: Suggestion
    owner: ManagerIdField | None = None
    escalation_chain: tuple[ManagerIdField, ...] = ()
    actor: ManagerIdField | None = None
    comment: Text | None = None


def alert_id(account: AccountId, kind: AlertKind, episode: int) -> AlertId:
    """The id of an episode, 32 hexadecimal digits.

    >>> alert_id(AccountId("A-1"), AlertKind.BAND_DROPPED, 1)
    '81f6c3fb1a2a341c538479005dd21e5c'
    """
    text = f"{account}\x00{kind.value}\x00{episode}"
    return AlertId(blake2b(text.encode(), digest_size=16).hexdigest())
