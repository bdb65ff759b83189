"""Amounts in several currencies become amounts in the scenario's, by stated rates only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import nan

from simfunnel.errors import InputError, Problem
from simfunnel.values.cells import Cell, clean, key
from simfunnel.wording.findings import Finding

NAMES = {
    "us dollar": "USD", "u.s. dollar": "USD", "euro": "EUR", "pound sterling": "GBP", "british pound": "GBP",
    "yen": "JPY", "japanese yen": "JPY", "chinese yuan": "CNY", "yuan renminbi": "CNY", "renminbi": "CNY",
    "rmb": "CNY", "人民币": "CNY", "美元": "USD", "欧元": "EUR", "swiss franc": "CHF",
    "canadian dollar": "CAD",
    "australian dollar": "AUD", "indian rupee": "INR",
}  # fmt: skip
SIGNS = {"€": "EUR", "£": "GBP", "₹": "INR", "₽": "RUB", "₩": "KRW", "元": "CNY", "円": "JPY"}
SYMBOLS = {
    "$": frozenset({"USD", "CAD", "AUD", "NZD", "SGD", "HKD", "TWD", "MXN", "ARS", "CLP", "COP"}),
    "¥": frozenset({"CNY", "JPY"}),
    "kr": frozenset({"SEK", "NOK", "DKK", "ISK"}),
}


def is_currency(cell: Cell) -> bool:
    """Whether a cell names a currency: a code, a usual name or a sign."""
    text = clean(cell)
    named = key(text) in NAMES or text in SYMBOLS or text in SIGNS
    return named or (len(text) == 3 and text.isascii() and text.isalpha())


def currency_code(text: str, home: str) -> str:
    """Return the code of a currency as written; that of the scenario if it is blank, or a sign that may mean it."""
    code = NAMES.get(key(text), SIGNS.get(text, text.upper() if len(text) == 3 and text.isascii() else text))
    return home if not code or home in SYMBOLS.get(code, ()) else code


def rate_factor(currency: str, rates: Mapping[str, float], home: str) -> float:
    """Value of one unit of a currency in the scenario's; NaN where no rate is stated."""
    if key(currency) == key(home):
        return 1.0
    by_name = {key(NAMES.get(key(name), name)): rate for name, rate in rates.items()}
    return by_name.get(key(currency), nan)


def idle_rates(rates: Mapping[str, float], home: str) -> Iterator[Finding]:
    """Say that a rate of the scenario's own currency does nothing, in case the amounts were meant to be in another."""
    for name, rate in rates.items():
        if key(currency_code(clean(name), home)) == key(home) and rate != 1:
            yield Finding("idle_home_rate", {"name": name, "rate": rate, "home": home}, key="pipeline.rates")


def missing_rates(currencies: Sequence[str], home: str, file: str | None) -> InputError:
    """Return the error that asks for rates of these currencies."""
    distinct = sorted(set(currencies))
    snippet = ", ".join(
        (name if name.isalnum() else f'"{name}"') + f": <value of 1 {name} in {home}>" for name in distinct
    )
    instead = f"\nor write `currency: {distinct[0]}`, if that is the one of the scenario" if len(distinct) == 1 else ""
    return InputError(Problem(
        f"amounts are in {', '.join(distinct)}, but the scenario is in {home}: state the value of one "
        f"unit in {home} under `pipeline`, for example\n  rates: {{{snippet}}}{instead}", file=file))  # fmt: skip
