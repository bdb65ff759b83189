"""Amounts in several currencies become amounts in the scenario's, by stated rates only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from simfunnel.errors import InputError, Problem
from simfunnel.values.cells import Cell, clean, key

NAMES = {
    "us dollar": "USD", "u.s. dollar": "USD", "euro": "EUR", "pound sterling": "GBP", "british pound": "GBP",
    "yen": "JPY", "japanese yen": "JPY", "chinese yuan": "CNY", "yuan renminbi": "CNY", "renminbi": "CNY",
    "rmb": "CNY", "人民币": "CNY", "美元": "USD", "欧元": "EUR", "swiss franc": "CHF",
    "canadian dollar": "CAD",
    "australian dollar": "AUD", "indian rupee": "INR",
}  # fmt: skip
SYMBOLS = {
    "$": frozenset({"USD", "CAD", "AUD", "NZD", "SGD", "HKD", "TWD", "MXN", "ARS", "CLP", "COP"}),
    "¥": frozenset({"CNY", "JPY"}),
    "kr": frozenset({"SEK", "NOK", "DKK", "ISK"}),
}


def read_currencies(cells: Sequence[Cell] | None, written: Mapping[int, str], count: int, home: str) -> list[str]:
    """Tell the currency of each row: its column, else the sign in the amount, else `home`."""
    found: list[str] = []
    for index in range(count):
        text = clean(cells[index]) if cells is not None else ""
        text = text or written.get(index, "")
        code = NAMES.get(key(text), text.upper() if len(text) == 3 and text.isascii() else text)
        found.append(home if not code or home in SYMBOLS.get(code, ()) else code)
    return found


def rate_factors(currencies: Sequence[str], rates: Mapping[str, float], home: str) -> npt.NDArray[np.float64]:
    """Value of one unit of each row's currency in the scenario's; NaN where no rate is stated."""
    by_name = {key(NAMES.get(key(name), name)): rate for name, rate in rates.items()}
    by_name[key(home)] = 1.0
    memory = {currency: by_name.get(key(currency), np.nan) for currency in set(currencies)}
    return np.array([memory[currency] for currency in currencies], dtype=np.float64)


def missing_rates(currencies: Sequence[str], home: str, file: str | None) -> InputError:
    """Return the error that asks for rates of these currencies."""
    distinct = sorted(set(currencies))
    snippet = ", ".join(
        (name if name.isalnum() else f'"{name}"') + f": <value of 1 {name} in {home}>" for name in distinct
    )
    return InputError(Problem(
        f"amounts are in {', '.join(distinct)}, but the scenario is in {home}: state the value of one "
        f"unit in {home} under `pipeline`, for example\n  rates: {{{snippet}}}", file=file))  # fmt: skip
