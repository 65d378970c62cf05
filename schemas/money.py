"""Money: a Decimal with an ISO 4217 currency. Floats never carry money here.

On the wire an amount is best written as a string; a JSON number is read as well, exact to its first 15 digits.
"""

from decimal import Decimal
from typing import Annotated, Final

from pydantic import AfterValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

MONEY_ERROR: Final = "money"
"""The error type of faults that no single field shows."""
CURRENCY_ERROR: Final = "currency"
"""The error type of a text that is no currency."""

ISO_4217: Final = frozenset(
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY"
    " COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR"
    " ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK"
    " MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF"
    " SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU"
    " UZS VED VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG".split()
)


def _known_currency(value: str) -> str:
    if value not in ISO_4217:
        raise PydanticCustomError(CURRENCY_ERROR, "expected an ISO 4217 currency code such as EUR")
    return value


Currency = Annotated[str, AfterValidator(_known_currency), Field(json_schema_extra={"pattern": "^[A-Z]{3}$"})]
PositiveAmount = Annotated[
    Decimal,
    Field(max_digits=18, decimal_places=4, ge=0, allow_inf_nan=False),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": r"^\d{1,14}(\.\d{1,4})?$"}, {"type": "number"}]}),
]
