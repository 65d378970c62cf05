"""Of score, silence and money: sentences as they were read and found good, by language."""

from typing import Final

from schemas.alerts import AlertKind, StepReason

_SILENT: Final = {
    "quiet_since": "2026-01-05T09:30:00+00:00",
    "expected_by": "2026-02-10T09:30:00+00:00",
    "usual_days": "14",
}
_BANDS: Final = {"band_from": "watch", "band_to": "critical", "score": "23.4"}
_FALLS: Final = {"score": "81.2", "percent": "-34.6", "measure": "order_value"}
_GROWS: Final = {"score": "81.2", "percent": "34.6", "growing": "usage", "renews_at": "2026-06-01T00:00:00+00:00"}

GOLDEN: Final[list[tuple[str, AlertKind, StepReason, dict[str, str], str]]] = [
    (
        "en_GB",
        AlertKind.BAND_DROPPED,
        StepReason.BAND_WORSENED,
        _BANDS,
        "The health of Example Retail 00042 fell from “watch” to “critical”; its score is now 23 of 100.",
    ),
    (
        "de",
        AlertKind.BAND_DROPPED,
        StepReason.BAND_WORSENED,
        _BANDS,
        (
            "Die Kundengesundheit von Example Retail 00042 ist von „beobachten“ auf „kritisch“ gefallen; der"
            " Score liegt jetzt bei 23 von 100."
        ),
    ),
    (
        "es",
        AlertKind.BAND_DROPPED,
        StepReason.BAND_WORSENED,
        _BANDS,
        (
            "El estado de Example Retail 00042 ha empeorado de «en observación» a «crítico»; su puntuación es"
            " ahora de 23 sobre 100."
        ),
    ),
    (
        "nb",
        AlertKind.BAND_DROPPED,
        StepReason.BAND_WORSENED,
        _BANDS,
        ("Kundehelsen til Example Retail 00042 har falt fra «følg med» til «kritisk»; poengsummen er nå 23 av 100."),
    ),
    (
        "sv",
        AlertKind.BAND_DROPPED,
        StepReason.BAND_WORSENED,
        _BANDS,
        ("Kundhälsan för Example Retail 00042 har fallit från ”bevaka” till ”kritisk”; poängsumman är nu 23 av 100."),
    ),
    (
        "en_GB",
        AlertKind.PURCHASE_OVERDUE,
        StepReason.SILENCE_PASSED,
        _SILENT,
        (
            "Example Retail 00042 has not ordered since 5 Jan 2026. It usually orders every 14 days; an order"
            " was expected by 10 Feb 2026."
        ),
    ),
    (
        "de",
        AlertKind.PURCHASE_OVERDUE,
        StepReason.SILENCE_PASSED,
        _SILENT,
        (
            "Example Retail 00042 hat seit dem 05.01.2026 nicht bestellt. Üblich ist eine Bestellung alle 14"
            " Tage; erwartet wurde sie bis zum 10.02.2026."
        ),
    ),
    (
        "es",
        AlertKind.PURCHASE_OVERDUE,
        StepReason.SILENCE_PASSED,
        _SILENT,
        (
            "Example Retail 00042 no ha hecho pedidos desde el 5 ene 2026. Lo habitual es un pedido cada 14"
            " días; se esperaba antes del 10 feb 2026."
        ),
    ),
    (
        "nb",
        AlertKind.PURCHASE_OVERDUE,
        StepReason.SILENCE_PASSED,
        _SILENT,
        (
            "Example Retail 00042 har ikke bestilt siden 5. jan. 2026. Vanligvis går det 14 dager mellom"
            " bestillingene; den neste var ventet innen 10. feb. 2026."
        ),
    ),
    (
        "sv",
        AlertKind.PURCHASE_OVERDUE,
        StepReason.SILENCE_PASSED,
        _SILENT,
        (
            "Example Retail 00042 har inte beställt sedan 5 jan. 2026. Vanligtvis går det 14 dagar mellan"
            " beställningarna; nästa väntades senast 10 feb. 2026."
        ),
    ),
    (
        "en_GB",
        AlertKind.REVENUE_DISAGREES,
        StepReason.MONEY_FALLS,
        _FALLS,
        "The score of Example Retail 00042 is still 81 of 100, but the value of its orders fell by 35%.",
    ),
    (
        "de",
        AlertKind.REVENUE_DISAGREES,
        StepReason.MONEY_FALLS,
        _FALLS,
        ("Der Score von Example Retail 00042 liegt noch bei 81 von 100, aber der Bestellwert ist um 35 % gesunken."),
    ),
    (
        "es",
        AlertKind.REVENUE_DISAGREES,
        StepReason.MONEY_FALLS,
        _FALLS,
        (
            "La puntuación de Example Retail 00042 sigue siendo de 81 sobre 100, pero el valor de sus pedidos"
            " ha bajado un 35 %."
        ),
    ),
    (
        "nb",
        AlertKind.REVENUE_DISAGREES,
        StepReason.MONEY_FALLS,
        _FALLS,
        ("Poengsummen til Example Retail 00042 er fortsatt 81 av 100, men verdien av bestillingene har falt med 35 %."),
    ),
    (
        "sv",
        AlertKind.REVENUE_DISAGREES,
        StepReason.MONEY_FALLS,
        _FALLS,
        (
            "Poängsumman för Example Retail 00042 är fortfarande 81 av 100, men värdet på beställningarna har"
            " fallit med 35 %."
        ),
    ),
    (
        "en_GB",
        AlertKind.UPSELL_READY,
        StepReason.UPSELL_SIGNS,
        _GROWS,
        (
            "Example Retail 00042 is doing well, with a score of 81 of 100, and uses 35% more. Its subscription"
            " is up for renewal on 1 Jun 2026."
        ),
    ),
    (
        "de",
        AlertKind.UPSELL_READY,
        StepReason.UPSELL_SIGNS,
        _GROWS,
        (
            "Example Retail 00042 steht mit einem Score von 81 von 100 gut da und nutzt das Produkt um 35 %"
            " mehr. Das Abonnement steht am 01.06.2026 zur Verlängerung an."
        ),
    ),
    (
        "es",
        AlertKind.UPSELL_READY,
        StepReason.UPSELL_SIGNS,
        _GROWS,
        (
            "A Example Retail 00042 le va bien, con una puntuación de 81 sobre 100, y su uso ha crecido un 35"
            " %. Su suscripción se renueva el 1 jun 2026."
        ),
    ),
    (
        "nb",
        AlertKind.UPSELL_READY,
        StepReason.UPSELL_SIGNS,
        _GROWS,
        (
            "Det går bra med Example Retail 00042, med en poengsum på 81 av 100, og bruken har økt med 35 %."
            " Abonnementet skal fornyes 1. juni 2026."
        ),
    ),
    (
        "sv",
        AlertKind.UPSELL_READY,
        StepReason.UPSELL_SIGNS,
        _GROWS,
        (
            "Det går bra för Example Retail 00042, med en poängsumma på 81 av 100, och användningen har ökat"
            " med 35 %. Abonnemanget ska förnyas 1 juni 2026."
        ),
    ),
]
