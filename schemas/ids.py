"""Identifiers. Each is a NewType, so that an order id cannot be passed where an account id is meant."""

from typing import Annotated, NewType

from pydantic import StringConstraints

from schemas.limits import MAX_ID_CHARS, MAX_SOURCE_CHARS

_PRINTABLE = r"^[^\x00-\x1f\x7f]+$"

AccountId = NewType("AccountId", str)
ManagerId = NewType("ManagerId", str)
EventId = NewType("EventId", str)
Source = NewType("Source", str)
OrderId = NewType("OrderId", str)
InvoiceId = NewType("InvoiceId", str)
ComplaintId = NewType("ComplaintId", str)
HandOffId = NewType("HandOffId", str)
AlertId = NewType("AlertId", str)

_ID = StringConstraints(min_length=1, max_length=MAX_ID_CHARS, pattern=_PRINTABLE)
_SOURCE = StringConstraints(min_length=1, max_length=MAX_SOURCE_CHARS, pattern=r"^[^\x00-\x20\x7f]+$")

AccountIdField = Annotated[AccountId, _ID]
ManagerIdField = Annotated[ManagerId, _ID]
EventIdField = Annotated[EventId, _ID]
SourceField = Annotated[Source, _SOURCE]
OrderIdField = Annotated[OrderId, _ID]
InvoiceIdField = Annotated[InvoiceId, _ID]
ComplaintIdField = Annotated[ComplaintId, _ID]
HandOffIdField = Annotated[HandOffId, _ID]
AlertIdField = Annotated[AlertId, _ID]
