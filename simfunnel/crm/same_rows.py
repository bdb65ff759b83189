"""Rows that are the same cell by cell where no id tells deals apart."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from simfunnel.crm.amounts import Money
from simfunnel.crm.headers import Layout
from simfunnel.tabular.column import Mask
from simfunnel.tabular.table import Table
from simfunnel.wording.findings import Finding

TELLING = 5
"""Two rows of so many filled cells are hardly the same by chance."""


def same_rows(table: Table, layout: Layout, deal: Mask, money: Money) -> Iterator[Finding]:
    """Rows that are the same cell by cell: two deals, or one that was exported twice; without an id nobody can tell.

    Short rows without a name are alike by chance.
    """
    named = np.zeros(len(table), dtype=np.bool_)
    filled = np.zeros(len(table), dtype=np.int64)
    for column in table.columns:
        filled += column.filled
    for name in ("name", "account"):
        if name in layout.columns:
            named |= table.column(layout.columns[name]).filled
    rows = np.flatnonzero(deal & (named | (filled >= TELLING)))
    if not len(rows):
        return
    codes = np.zeros(len(rows), dtype=np.int64)
    for column in table.columns:
        own = column.identity[rows]
        codes = np.unique(codes * (int(own.max()) + 1) + own, return_inverse=True)[1]
    again = np.ones(len(rows), dtype=np.bool_)
    again[np.unique(codes, return_index=True)[1]] = False
    those = rows[again]
    if len(those):
        listed = money.values[those[~money.foreign[those]]]
        amount, negative = float(np.nansum(listed[~(listed < 0)])), float(np.nansum(listed[listed < 0]))
        fields = {
            "rows": len(those), "amount": amount, "negative": negative, "example": int(table.numbers[those[0]]),
            "header": table.headers[layout.columns["name"]] if "name" in layout.columns else None,
        }  # fmt: skip
        yield Finding("same_rows", fields, amount=amount, key="pipeline.columns.id")
