"""The text at `/`: how to send the first event."""

from typing import Final

from schemas.limits import MAX_BATCH_BYTES, MAX_BATCH_EVENTS, MAX_EVENT_BYTES

_TEXT: Final = """\
Account Pulse: the gateway. Events go in here; Kafka has them when the answer says "accepted".

Send the first event (a key is made with `pulse keys create`; it speaks for its own sources only):

    curl -i {base}v1/events \\
      -H "Authorization: Bearer $PULSE_KEY" \\
      -H "Content-Type: application/cloudevents+json" \\
      -d '{{"specversion": "1.0", "id": "order-1", "source": "shop", "type": "purchase.order_placed.v1",
           "subject": "A-1", "time": "2026-01-31T12:00:00Z",
           "data": {{"order_id": "order-1", "amount": "120.00", "currency": "EUR"}}}}'

Many at once:   Content-Type: application/cloudevents-batch+json
                a JSON array, at most {batch_events} events or {batch_kib} KiB
Without end:    Content-Type: application/x-ndjson
                one event a line; read the results while you send
One event may have {event_kib} KiB. The same source and id may be sent again: it counts once.

{base}openapi.json   the whole contract, with every event type
{base}readyz         whether events can be taken now
{base}metrics        for Prometheus
"""


def welcome(base: str) -> str:
    """The text, with addresses as the client sees them; `base` ends in a slash."""
    return _TEXT.format(
        base=base,
        batch_events=MAX_BATCH_EVENTS,
        batch_kib=MAX_BATCH_BYTES // 1024,
        event_kib=MAX_EVENT_BYTES // 1024,
    )
