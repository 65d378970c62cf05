"""The console inbox: it reads alerts and receipts from the warehouse, so that deciding is delivering."""

from consumers.delivery.decisions import Notification
from schemas.events.managers import ContactKind


class Inbox:
    """Always takes the notification on; the receipt is what the page shows."""

    kind = ContactKind.CONSOLE
    repeats = False

    def fault_of(self, address: str) -> str:
        """Everybody has an inbox."""
        return ""

    def send(self, notification: Notification) -> str:
        """Nothing to send."""
        return "in the inbox"

    def close(self) -> None:
        """Nothing to close."""
