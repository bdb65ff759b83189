"""Shifts of single open deals: as if the analyst had judged them so in the pipeline."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np

from simfunnel.crm import OpenDeals
from simfunnel.funnel.shifting import Shifts, UnmatchedShiftError
from simfunnel.scenario.shifts import IGNORE, NOT_BEFORE
from simfunnel.values.messages import nearest
from simfunnel.wording.findings import Finding


def judged_deals(table: OpenDeals, shifts: Shifts, as_of: int) -> tuple[OpenDeals, list[Finding]]:
    """Apply `not_before` and `ignore` of single deals.

    Parameters
    ----------
    table
        The open deals.
    shifts
        All shifts of the forecast.
    as_of
        The day of the forecast, as an ordinal.

    Returns
    -------
    tuple
        The deals that stay, and what is left out.

    Raises
    ------
    UnmatchedShiftError
        If a shift names a deal that is not open.
    """
    named = {shift.target.deal: shift.path for shift in shifts.all if shift.target.deal is not None}
    position = {id: i for i, id in enumerate(table.id)}
    for deal, path in named.items():
        if deal not in position:
            near = nearest(deal, position)
            hint = f"; did you mean '{near}'?" if near else ""
            raise UnmatchedShiftError(f"the shift '{path}' matches nothing: no open deal '{deal}'{hint}")
    not_before, kept, left_out = table.not_before.copy(), np.ones(len(table), dtype=bool), []
    for deal in named:
        i = position[deal]
        for shift in shifts.of(NOT_BEFORE, {"deal": deal}):
            not_before[i] = float(shift.day.toordinal() - as_of)
        if shifts.of(IGNORE, {"deal": deal}):
            kept[i] = False
            amount = float(table.amount[i])
            left_out.append(Finding("ignored", row=table.row[i], id=deal, amount=None if np.isnan(amount) else amount))
    if not named:
        return table, left_out
    return _rows(replace(table, not_before=not_before), np.flatnonzero(kept).tolist()), left_out


def _rows(table: OpenDeals, at: list[int]) -> OpenDeals:
    columns: dict[str, Any] = {f.name: getattr(table, f.name) for f in fields(table)}
    for name, column in columns.items():
        columns[name] = column[at] if isinstance(column, np.ndarray) else tuple(column[i] for i in at)
    return OpenDeals(**columns)
