"""Amounts of all rows, in the currency of the scenario."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from simfunnel.arrays import Floats
from simfunnel.crm.currency import currency_code, rate_factor
from simfunnel.crm.headers import Layout
from simfunnel.crm.money import LARGEST, AmountColumn, read_amounts
from simfunnel.errors import InputError, Problem
from simfunnel.tabular.column import Column, Mask
from simfunnel.tabular.table import Table

if TYPE_CHECKING:
    from simfunnel.scenario.pipeline import Pipeline


@dataclass(frozen=True, slots=True)
class Money:
    """Amounts of all rows."""

    values: Floats
    """(rows,) in the currency of the scenario where a rate is known, else as written; NaN if blank or unreadable."""
    unreadable: Mapping[int, str]
    too_large: Mapping[int, str]
    currencies: tuple[str, ...]
    """The currencies that occur."""
    currency: npt.NDArray[np.int64]
    """(rows,) which of them the amount is in."""
    foreign: Mask
    """(rows,) whether no rate is known for it."""
    home: str
    """The currency of the scenario."""

    def take(self, rows: Mask) -> Money:
        """Keep some rows."""
        place = np.cumsum(rows) - 1
        return Money(
            self.values[rows],
            {int(place[row]): text for row, text in self.unreadable.items() if rows[row]},
            {int(place[row]): text for row, text in self.too_large.items() if rows[row]},
            self.currencies, self.currency[rows], self.foreign[rows], self.home,
        )  # fmt: skip

    def where(self, those: Mask, other: Money) -> Money:
        """Take the amounts of `other` in some rows."""
        unreadable = {row: text for row, text in self.unreadable.items() if not those[row]}
        too_large = {row: text for row, text in self.too_large.items() if not those[row]}
        return replace(
            self,
            values=np.where(those, other.values, self.values),
            unreadable=unreadable | {row: text for row, text in other.unreadable.items() if those[row]},
            too_large=too_large | {row: text for row, text in other.too_large.items() if those[row]},
        )


def read_money(table: Table, layout: Layout, field: str, spec: Pipeline, home: str) -> Money:
    """Read a column of amounts with its unit and its currency.

    Raises
    ------
    InputError
        If its decimal mark, its scale or its currency can be read in two ways.
    """
    count = len(table)
    if field not in layout.columns:
        none = np.full(count, np.nan)
        return Money(none, {}, {}, (home,), np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.bool_), home)
    header = table.headers[layout.columns[field]]
    read = read_amounts(table.column(layout.columns[field]), decimal=spec.decimal, header=header, file=table.file)
    unit = layout.measures[field].factor if field in layout.measures else 1.0
    if unit != 1 and read.scaled is not None and spec.amount_unit is None:
        raise InputError(Problem(
            f"column {header!r} states a unit, and so does {read.scaled!r} in it: say what 1 in the column is worth "
            "under `pipeline`, for example `amount_unit: 1`", file=table.file))  # fmt: skip
    unit = spec.amount_unit or unit
    names, currency = _currencies(table, layout, field, read, home)
    factors = np.array([rate_factor(name, spec.rates, home) for name in names])
    foreign = np.isnan(factors)[currency]
    with np.errstate(over="ignore"):
        scaled = read.values * unit
        values = np.where(foreign, scaled, scaled * factors[currency])
    if unit < 1:  # cents and micros: what was whole in them stays exact
        values = np.where(foreign | (factors[currency] != 1), values, read.values / round(1 / unit))
    large = np.flatnonzero(np.abs(values) > LARGEST).tolist()
    too_large = read.too_large | {row: f"{read.values[row]:.15g}" for row in large}
    values[large] = np.nan
    return Money(values, read.unreadable, too_large, tuple(names), currency, foreign, home)


def _currencies(
    table: Table, layout: Layout, field: str, read: AmountColumn, home: str
) -> tuple[list[str], npt.NDArray[np.int64]]:
    """Tell the currency of each row: that of the header, its column, or the sign in the cell; else the scenario's."""
    index: dict[str, int] = {}
    by_header = layout.measures[field].currency if field in layout.measures else None
    column = table.column(layout.columns["currency"]) if "currency" in layout.columns else None
    start = currency_code(by_header or "", home)
    codes = np.full(len(table), index.setdefault(start, 0), dtype=np.int64)
    if column is not None:
        if by_header is not None:
            _check_header_currency(table, layout, field, column, start, home)
        else:
            known = [index.setdefault(currency_code(text, home), len(index)) for text in column.texts]
            codes = np.array(known or [0], dtype=np.int64)[column.codes]
    for row, written in read.currencies.items():
        if column is None or not column.text(row):
            codes[row] = index.setdefault(currency_code(written, home), len(index))
    return list(index), codes


def _check_header_currency(table: Table, layout: Layout, field: str, column: Column, start: str, home: str) -> None:
    others = {currency_code(text, home) for text in column.words} - {start}
    if others:
        amount, header = table.headers[layout.columns[field]], table.headers[layout.columns["currency"]]
        raise InputError(Problem(
            f"column {amount!r} is in {start} according to its header, but {header!r} beside it has "
            f"{', '.join(sorted(others))}: "
            "say which holds under `pipeline`, for example\n  columns: {currency: null}", file=table.file))  # fmt: skip
