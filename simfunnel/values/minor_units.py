"""Money in minor units."""

from __future__ import annotations

_NO_MINOR_UNIT = frozenset(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ]
)
_THOUSAND_MINOR_UNITS = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])


def minor_units(currency: str) -> int:
    """How many minor units make one unit of a currency (ISO 4217): 100, but 1 yen, and 1000 fils to the dinar."""
    if currency in _NO_MINOR_UNIT:
        return 1
    return 1000 if currency in _THOUSAND_MINOR_UNITS else 100
