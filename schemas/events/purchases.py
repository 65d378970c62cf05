"""account.purchases: orders, invoices and subscriptions."""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from schemas.envelope import Data, Envelope, Text
from schemas.ids import InvoiceIdField, OrderIdField
from schemas.limits import MAX_LINES
from schemas.money import MONEY_ERROR, Currency, PositiveAmount
from schemas.times import UtcDatetime

Sku = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class OrderLine(Data):
    """One product of an order; `amount` is the line's total in the order's currency."""

    sku: Sku
    quantity: Annotated[float, Field(gt=0, le=1e9, allow_inf_nan=False)]
    amount: PositiveAmount


class OrderPlacedData(Data):
    """`promised_at`: by when shipment was promised to the client, `delivery_promised_at` by when delivery was."""

    order_id: OrderIdField
    amount: PositiveAmount
    currency: Currency
    lines: Annotated[tuple[OrderLine, ...], Field(max_length=MAX_LINES)] = ()
    promised_at: UtcDatetime | None = None
    delivery_promised_at: UtcDatetime | None = None


class OrderPlaced(Envelope):
    """The client ordered."""

    type: Literal["purchase.order_placed.v1"] = "purchase.order_placed.v1"
    data: OrderPlacedData


class OrderData(Data):
    """Which order, and a word why where there is one."""

    order_id: OrderIdField
    note: Text | None = None


class OrderShipped(Envelope):
    """An order left the house."""

    type: Literal["purchase.order_shipped.v1"] = "purchase.order_shipped.v1"
    data: OrderData


class OrderDelivered(Envelope):
    """An order reached the client."""

    type: Literal["purchase.order_delivered.v1"] = "purchase.order_delivered.v1"
    data: OrderData


class OrderCancelled(Envelope):
    """An order was cancelled."""

    type: Literal["purchase.order_cancelled.v1"] = "purchase.order_cancelled.v1"
    data: OrderData


class OrderReturnedData(OrderData):
    """What came back, by sku; empty means the whole order."""

    skus: Annotated[tuple[Sku, ...], Field(max_length=MAX_LINES)] = ()


class OrderReturned(Envelope):
    """The client sent an order back, wholly or in part."""

    type: Literal["purchase.order_returned.v1"] = "purchase.order_returned.v1"
    data: OrderReturnedData


class InvoiceIssuedData(Data):
    """`due_at`: by when payment is owed."""

    invoice_id: InvoiceIdField
    amount: PositiveAmount
    currency: Currency
    due_at: UtcDatetime
    order_id: OrderIdField | None = None


class InvoiceIssued(Envelope):
    """An invoice was sent."""

    type: Literal["purchase.invoice_issued.v1"] = "purchase.invoice_issued.v1"
    data: InvoiceIssuedData


class InvoicePaidData(Data):
    """A payment; without an `amount` the invoice is paid in full."""

    invoice_id: InvoiceIdField
    amount: PositiveAmount | None = None
    currency: Currency | None = None

    @model_validator(mode="after")
    def _money_is_whole(self) -> Self:
        if (self.amount is None) != (self.currency is None):
            raise PydanticCustomError(MONEY_ERROR, "amount and currency come together or not at all")
        return self


class InvoicePaid(Envelope):
    """A payment for an invoice arrived."""

    type: Literal["purchase.invoice_paid.v1"] = "purchase.invoice_paid.v1"
    data: InvoicePaidData


class InvoiceDisputedData(Data):
    """Which invoice the client contests."""

    invoice_id: InvoiceIdField
    note: Text | None = None


class InvoiceDisputed(Envelope):
    """The client contests an invoice."""

    type: Literal["purchase.invoice_disputed.v1"] = "purchase.invoice_disputed.v1"
    data: InvoiceDisputedData


class SubscriptionChange(StrEnum):
    """What became of the subscription."""

    STARTED = "started"
    RENEWED = "renewed"
    EXPANDED = "expanded"
    REDUCED = "reduced"
    CANCELLED = "cancelled"


class SubscriptionData(Data):
    """`annual_value` after the change; `renews_at` the next renewal."""

    change: SubscriptionChange
    annual_value: PositiveAmount
    currency: Currency
    renews_at: UtcDatetime | None = None


class SubscriptionChanged(Envelope):
    """A subscription changed."""

    type: Literal["purchase.subscription_changed.v1"] = "purchase.subscription_changed.v1"
    data: SubscriptionData


PurchaseEvent = (
    OrderPlaced
    | OrderShipped
    | OrderDelivered
    | OrderCancelled
    | OrderReturned
    | InvoiceIssued
    | InvoicePaid
    | InvoiceDisputed
    | SubscriptionChanged
)
