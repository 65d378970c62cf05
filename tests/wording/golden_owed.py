"""Of what is owed by a time, and of complaints: sentences as they were read and found good, by language."""

from typing import Final

from schemas.alerts import AlertKind, StepReason

_OWED: Final = {"due_at": "2026-03-02T08:00:00+00:00", "count": "1"}
_SEVERAL: Final = {"due_at": "2026-03-02T08:00:00+00:00", "count": "2"}
_AGAIN: Final = {"complaint_ids": "C-17, C-21", "category": "billing", "count": "2", "days": "30"}

GOLDEN_OWED: Final[list[tuple[str, AlertKind, StepReason, dict[str, str], str]]] = [
    (
        "en_GB",
        AlertKind.COMPLAINT_REPEATED,
        StepReason.COMPLAINED_AGAIN,
        _AGAIN,
        ("Example Retail 00042 complained 2 times within 30 days about the same thing (billing): C-17 and C-21."),
    ),
    (
        "de",
        AlertKind.COMPLAINT_REPEATED,
        StepReason.COMPLAINED_AGAIN,
        _AGAIN,
        (
            "Example Retail 00042 hat sich innerhalb von 30 Tagen 2-mal über dasselbe Thema beschwert"
            " (Abrechnung): C-17 und C-21."
        ),
    ),
    (
        "es",
        AlertKind.COMPLAINT_REPEATED,
        StepReason.COMPLAINED_AGAIN,
        _AGAIN,
        ("Example Retail 00042 ha reclamado 2 veces en 30 días por el mismo motivo (facturación): C-17 y C-21."),
    ),
    (
        "nb",
        AlertKind.COMPLAINT_REPEATED,
        StepReason.COMPLAINED_AGAIN,
        _AGAIN,
        "Example Retail 00042 har klaget 2 ganger på 30 dager over det samme (fakturering): C-17 og C-21.",
    ),
    (
        "sv",
        AlertKind.COMPLAINT_REPEATED,
        StepReason.COMPLAINED_AGAIN,
        _AGAIN,
        "Example Retail 00042 har klagat 2 gånger på 30 dagar på samma sak (fakturering): C-17 och C-21.",
    ),
    (
        "en_GB",
        AlertKind.COMPLAINT_OVERDUE,
        StepReason.ANSWER_DUE_PASSED,
        {**_OWED, "complaint_ids": "C-17"},
        ("Complaint C-17 of Example Retail 00042 was to be answered by 2 Mar 2026, 09:00 CET and has not been."),
    ),
    (
        "de",
        AlertKind.COMPLAINT_OVERDUE,
        StepReason.ANSWER_DUE_PASSED,
        {**_OWED, "complaint_ids": "C-17"},
        (
            "Die Beschwerde C-17 von Example Retail 00042 sollte bis zum 02.03.2026, 09:00 MEZ beantwortet"
            " sein; die Antwort steht noch aus."
        ),
    ),
    (
        "es",
        AlertKind.COMPLAINT_OVERDUE,
        StepReason.ANSWER_DUE_PASSED,
        {**_OWED, "complaint_ids": "C-17"},
        (
            "La reclamación C-17 de Example Retail 00042 debía responderse antes del 2 mar 2026, 9:00 CET y"
            " sigue sin respuesta."
        ),
    ),
    (
        "nb",
        AlertKind.COMPLAINT_OVERDUE,
        StepReason.ANSWER_DUE_PASSED,
        {**_OWED, "complaint_ids": "C-17"},
        (
            "Klagen C-17 fra Example Retail 00042 skulle vært besvart innen 2. mars 2026, 09:00 CET, men er"
            " fortsatt ubesvart."
        ),
    ),
    (
        "sv",
        AlertKind.COMPLAINT_OVERDUE,
        StepReason.ANSWER_DUE_PASSED,
        {**_OWED, "complaint_ids": "C-17"},
        (
            "Klagomålet C-17 från Example Retail 00042 skulle ha besvarats senast 2 mars 2026 09:00 CET men är"
            " fortfarande obesvarat."
        ),
    ),
    (
        "en_GB",
        AlertKind.INVOICE_OVERDUE,
        StepReason.DUE_PASSED,
        {**_SEVERAL, "invoice_ids": "I-1, I-2", "amount": "12060.50", "currency": "EUR"},
        (
            "2 invoices of Example Retail 00042 over €12,060 are past their time: I-1 and I-2. The oldest was"
            " due 2 Mar 2026, 09:00 CET."
        ),
    ),
    (
        "de",
        AlertKind.INVOICE_OVERDUE,
        StepReason.DUE_PASSED,
        {**_SEVERAL, "invoice_ids": "I-1, I-2", "amount": "12060.50", "currency": "EUR"},
        (
            "2 Rechnungen an Example Retail 00042 über insgesamt 12.060 € sind überfällig: I-1 und I-2. Die"
            " älteste war am 02.03.2026, 09:00 MEZ fällig."
        ),
    ),
    (
        "es",
        AlertKind.INVOICE_OVERDUE,
        StepReason.DUE_PASSED,
        {**_SEVERAL, "invoice_ids": "I-1, I-2", "amount": "12060.50", "currency": "EUR"},
        (
            "2 facturas de Example Retail 00042 por un total de 12.060 € están vencidas: I-1 y I-2. La más"
            " antigua venció el 2 mar 2026, 9:00 CET."
        ),
    ),
    (
        "nb",
        AlertKind.INVOICE_OVERDUE,
        StepReason.DUE_PASSED,
        {**_SEVERAL, "invoice_ids": "I-1, I-2", "amount": "12060.50", "currency": "EUR"},
        (
            "2 fakturaer til Example Retail 00042 på til sammen 12 060 € er forfalt: I-1 og I-2. Den eldste"
            " forfalt 2. mars 2026, 09:00 CET."
        ),
    ),
    (
        "sv",
        AlertKind.INVOICE_OVERDUE,
        StepReason.DUE_PASSED,
        {**_SEVERAL, "invoice_ids": "I-1, I-2", "amount": "12060.50", "currency": "EUR"},
        (
            "2 fakturor till Example Retail 00042 på totalt 12 060 € är förfallna: I-1 och I-2. Den äldsta"
            " förföll 2 mars 2026 09:00 CET."
        ),
    ),
    (
        "en_GB",
        AlertKind.SHIPMENT_LATE,
        StepReason.DELIVERY_DUE_PASSED,
        {**_OWED, "order_ids": "O-1", "undelivered_ids": "O-1"},
        "Order O-1 of Example Retail 00042 was to be delivered by 2 Mar 2026, 09:00 CET and has not been.",
    ),
    (
        "de",
        AlertKind.SHIPMENT_LATE,
        StepReason.DELIVERY_DUE_PASSED,
        {**_OWED, "order_ids": "O-1", "undelivered_ids": "O-1"},
        (
            "Die Bestellung O-1 von Example Retail 00042 sollte bis zum 02.03.2026, 09:00 MEZ zugestellt"
            " sein und ist es noch nicht."
        ),
    ),
    (
        "es",
        AlertKind.SHIPMENT_LATE,
        StepReason.DELIVERY_DUE_PASSED,
        {**_OWED, "order_ids": "O-1", "undelivered_ids": "O-1"},
        ("El pedido O-1 de Example Retail 00042 debía entregarse antes del 2 mar 2026, 9:00 CET y no ha llegado."),
    ),
    (
        "nb",
        AlertKind.SHIPMENT_LATE,
        StepReason.DELIVERY_DUE_PASSED,
        {**_OWED, "order_ids": "O-1", "undelivered_ids": "O-1"},
        (
            "Bestillingen O-1 fra Example Retail 00042 skulle vært levert innen 2. mars 2026, 09:00 CET,"
            " men er ikke levert."
        ),
    ),
    (
        "sv",
        AlertKind.SHIPMENT_LATE,
        StepReason.DELIVERY_DUE_PASSED,
        {**_OWED, "order_ids": "O-1", "undelivered_ids": "O-1"},
        (
            "Beställningen O-1 från Example Retail 00042 skulle ha levererats senast 2 mars 2026 09:00 CET"
            " men har inte levererats."
        ),
    ),
    (
        "en_GB",
        AlertKind.SHIPMENT_LATE,
        StepReason.MORE_OVERDUE,
        {**_SEVERAL, "order_ids": "O-1, O-2", "undelivered_ids": "O-2"},
        (
            "2 orders of Example Retail 00042 are past their time, some not shipped and some not delivered:"
            " O-1 and O-2. The oldest was due 2 Mar 2026, 09:00 CET."
        ),
    ),
    (
        "de",
        AlertKind.SHIPMENT_LATE,
        StepReason.MORE_OVERDUE,
        {**_SEVERAL, "order_ids": "O-1, O-2", "undelivered_ids": "O-2"},
        (
            "2 Bestellungen von Example Retail 00042 sind über die Frist hinaus teils nicht versandt, teils"
            " nicht zugestellt: O-1 und O-2. Die älteste war am 02.03.2026, 09:00 MEZ fällig."
        ),
    ),
    (
        "es",
        AlertKind.SHIPMENT_LATE,
        StepReason.MORE_OVERDUE,
        {**_SEVERAL, "order_ids": "O-1, O-2", "undelivered_ids": "O-2"},
        (
            "2 pedidos de Example Retail 00042 están fuera de plazo, unos sin enviar y otros sin entregar:"
            " O-1 y O-2. El más antiguo vencía el 2 mar 2026, 9:00 CET."
        ),
    ),
    (
        "nb",
        AlertKind.SHIPMENT_LATE,
        StepReason.MORE_OVERDUE,
        {**_SEVERAL, "order_ids": "O-1, O-2", "undelivered_ids": "O-2"},
        (
            "2 bestillinger fra Example Retail 00042 er over fristen, noen ikke sendt og noen ikke levert:"
            " O-1 og O-2. Den eldste hadde frist 2. mars 2026, 09:00 CET."
        ),
    ),
    (
        "sv",
        AlertKind.SHIPMENT_LATE,
        StepReason.MORE_OVERDUE,
        {**_SEVERAL, "order_ids": "O-1, O-2", "undelivered_ids": "O-2"},
        (
            "2 beställningar från Example Retail 00042 är försenade, några inte skickade och några inte"
            " levererade: O-1 och O-2. Den äldsta skulle ha kommit senast 2 mars 2026 09:00 CET."
        ),
    ),
]
