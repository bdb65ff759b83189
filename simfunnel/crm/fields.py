"""All cells of a pipeline table read as what they mean, column by column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.crm.currency import rate_factors, read_currencies
from simfunnel.crm.date_columns import DateColumn, DateRules, read_dates
from simfunnel.crm.headers import DISPLAYED, Layout
from simfunnel.crm.money import LARGEST, AmountColumn, read_amounts, read_shares
from simfunnel.crm.segments import map_segments
from simfunnel.crm.status import read_statuses, truth
from simfunnel.tabular.table import Table
from simfunnel.values.cells import Cell, clean, key, label, letters

if TYPE_CHECKING:
    from simfunnel.scenario.pipeline import Pipeline

DATES = ("stage_entered", "created", "close_date", "closed", "last_activity", "not_before")
SHARES = ("probability", "win_rate")
STATUS = ("status", "is_closed", "is_won", "is_lost", "is_deleted")


@dataclass(frozen=True, slots=True)
class Rows:
    """The table, read: every sequence has one entry per row."""

    numbers: Sequence[int]
    ids: list[str]
    stages: list[str]
    """As in the file, trimmed."""
    statuses: list[str | None]
    dates: Mapping[str, DateColumn]
    """Field -> days relative to `as_of`; all NaN for a field the table does not have."""
    has_closed: bool
    """Whether a column states the actual close date."""
    has_entered: bool
    aged: Sequence[bool]
    """Whether the age is given as such: 0 is then a deal that enters its stage as the forecast starts."""
    amounts: AmountColumn
    """In the currency of the scenario."""
    currencies: list[str]
    shares: Mapping[str, tuple[Floats, dict[int, str]]]
    labels: Mapping[str, list[str | None]]
    ignored: list[bool]


def read_rows(
    table: Table, layout: Layout, spec: Pipeline, *, as_of: date, currency: str, teams: Mapping[str, str],
    segments: Sequence[str],
) -> Rows:  # fmt: skip
    """Read every column the layout knows."""
    count = len(table.rows)
    cells = {name: table.column(index) for name, index in layout.columns.items()}
    blank: list[Cell] = [None] * count
    stages = [clean(cell) for cell in cells["stage"]]
    if layout.entered and "stage_entered" not in cells:
        cells["stage_entered"] = _own_stage_dates(table, layout, stages, cells.get("pipeline", blank))
    headers = {name: table.headers[index] for name, index in layout.columns.items()}
    headers.setdefault("stage_entered", "date entered the stage")
    rules = DateRules(as_of, spec.date_format, spec.time_zone, table.file)
    present = {name: cells[name] for name in DATES if name in cells}
    by_header = read_dates({headers[name]: column for name, column in present.items()}, rules)
    none = DateColumn(np.full(count, np.nan), {})
    dates = {name: by_header[headers[name]] if name in present else none for name in DATES}
    if "age" in cells:
        ages = np.array([np.nan if cell is None else float(str(cell)) for cell in cells["age"]])
        known = np.where(np.isnan(ages), dates["stage_entered"].days, -ages)
        dates["stage_entered"] = replace(dates["stage_entered"], days=known)
    statuses = read_statuses({n: cells[n] for n in STATUS if n in cells}, count, layout.preset.statuses)
    amounts = _amounts(cells, headers, statuses, spec, table.file)
    currencies = read_currencies(cells.get("currency"), amounts.currencies, count, currency)
    factors = rate_factors(currencies, spec.rates, currency)
    amounts = _converted(amounts, factors)
    labels = {n: [label(cell) for cell in cells.get(n, blank)]
              for n in ("owner", "team", "segment", "source", "forecast_category", *DISPLAYED)}  # fmt: skip
    by_owner = {key(owner): team for owner, team in teams.items()}
    labels["team"] = [team or (by_owner.get(key(owner)) if owner else None)
                      for team, owner in zip(labels["team"], labels["owner"], strict=True)]  # fmt: skip
    labels["segment"] = map_segments(labels["segment"], spec.segment_map, segments)
    return Rows(
        numbers=table.numbers,
        ids=[clean(cell) for cell in cells.get("id", blank)],
        stages=stages,
        statuses=statuses,
        dates=dates,
        has_closed="closed" in cells,
        has_entered="stage_entered" in cells or "age" in cells,
        aged=[cell is not None for cell in cells.get("age", blank)],
        amounts=amounts,
        currencies=["" if known else name for name, known in zip(currencies, ~np.isnan(factors), strict=True)],
        shares={name: read_shares(cells.get(name, blank)) for name in SHARES},
        labels=labels,
        ignored=[truth(cell) is True for cell in cells.get("ignore", blank)],
    )


def _own_stage_dates(table: Table, layout: Layout, stages: Sequence[str], pipelines: Sequence[Cell]) -> list[Cell]:
    """For each row, the cell of the `date entered STAGE` column of the stage it is in."""
    found: list[Cell] = []
    for row, stage, pipeline in zip(table.rows, stages, pipelines, strict=True):
        name, home = letters(stage), letters(clean(pipeline))
        cell: Cell = None
        for entered, where, index in layout.entered:
            own = entered == name or (where is not None and entered + where == name)
            if own and (where is None or not home or where == home or where.isdigit()) and index < len(row):
                cell = row[index]
                if clean(cell):
                    break
        found.append(cell)
    return found


def _amounts(
    cells: Mapping[str, list[Cell]], headers: Mapping[str, str], statuses: Sequence[str | None],
    spec: Pipeline, file: str | None,
) -> AmountColumn:  # fmt: skip
    """Amounts, for won rows from the column of final amounts where it is filled."""
    blank: list[Cell] = [None] * len(statuses)
    amounts = read_amounts(
        cells.get("amount", blank), decimal=spec.decimal, header=headers.get("amount", "amount"), file=file
    )
    if "amount_won" not in cells:
        return amounts
    final = read_amounts(cells["amount_won"], decimal=spec.decimal, header=headers["amount_won"], file=file)
    won = np.array([status == "won" for status in statuses], dtype=bool)
    use = won & ~np.isnan(final.values)
    unreadable = {index: text for index, text in amounts.unreadable.items() if not use[index]}
    unreadable |= {index: text for index, text in final.unreadable.items() if won[index]}
    too_large = {index: text for index, text in amounts.too_large.items() if not use[index]}
    too_large |= {index: text for index, text in final.too_large.items() if won[index]}
    return AmountColumn(np.where(use, final.values, amounts.values), unreadable, amounts.currencies, too_large)


def _converted(amounts: AmountColumn, factors: Floats) -> AmountColumn:
    """Amounts in the currency of the scenario; those without a rate stay as they are."""
    with np.errstate(over="ignore"):
        values = np.where(np.isnan(factors), amounts.values, amounts.values * factors)
    large = np.flatnonzero(np.abs(values) > LARGEST).tolist()
    too_large = amounts.too_large | {index: f"{amounts.values[index]:.15g}" for index in large}
    values[large] = np.nan
    return replace(amounts, values=values, too_large=too_large)
