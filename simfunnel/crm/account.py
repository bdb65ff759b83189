"""The account of a table: how many rows became what, and what each column was taken for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from simfunnel.crm.amounts import Money
from simfunnel.crm.fields import Rows
from simfunnel.crm.headers import Layout
from simfunnel.crm.quality import DataQuality, Understood
from simfunnel.crm.rules import NO_DEALS, Sorted
from simfunnel.errors import shorten
from simfunnel.tabular.column import Column
from simfunnel.tabular.table import Table
from simfunnel.values.cells import writable
from simfunnel.wording.findings import Finding

if TYPE_CHECKING:
    from simfunnel.scenario.pipeline import Pipeline

AMOUNTS = ("amount", "amount_won")


def account_of(
    table: Table, layout: Layout, kind: str, rows: Rows, money: Money, result: Sorted, spec: Pipeline,
    about: Sequence[Finding],
) -> DataQuality:  # fmt: skip
    """Account for every row and column; `about` is what there is to say of the file as a whole."""
    inline = kind in {"inline", "none"}
    return DataQuality(
        rows=len(table),
        used=len(result.open),
        won=len(result.won),
        won_earlier=len(result.won_earlier),
        lost=len(result.lost),
        excluded=tuple(result.excluded),
        warnings=(*about, *_summaries(rows, result), *result.warnings),
        overrides=tuple(result.overrides),
        preset=kind,
        columns={} if inline else layout.headers(table),
        understood=() if inline else tuple(_understood(table, layout, money, spec)),
        amounts={
            "open": _worth(money, result.open),
            "won": _worth(money, result.won),
            "lost": _worth(money, result.lost),
            "excluded": float(sum(finding.amount or 0.0 for finding in result.excluded)),
        },
        negative={"lost": _worth(money, result.lost[money.values[result.lost] < 0])},
        file=table.file,
        encoding=table.encoding,
        delimiter=table.delimiter,
        sheet=table.sheet,
        unused=() if inline else layout.unused(table),
    )


def _worth(money: Money, rows: np.ndarray) -> float:
    own = money.values[rows]
    return float(np.nansum(np.where(money.foreign[rows], np.nan, own)))


def _understood(table: Table, layout: Layout, money: Money, spec: Pipeline) -> Iterator[Understood]:
    """What each column was taken for, in the order of the table."""
    entered = [("stage_entered", column.index) for column in layout.entered if "stage_entered" not in layout.columns]
    for field, index in sorted([*layout.columns.items(), *entered], key=lambda item: item[1]):
        column = table.column(index)
        unit = currency = None
        if field in AMOUNTS:
            measure = layout.measures.get(field)
            if spec.amount_unit is not None:
                unit = f"{spec.amount_unit:,.12g}"
            elif measure is not None and measure.unit is not None:
                unit = f"{measure.unit} = {measure.factor:,.12g}"
            used = np.unique(money.currency[~np.isnan(money.values)]) if len(table) else ()
            currency = ", ".join(sorted(money.currencies[int(code)] for code in used)) or None
        elif field == "age":
            unit = "days"
        yield Understood(
            column=table.headers[index], field=field, unit=unit, currency=currency, first=_first(column),
            blank=int(len(column) - column.filled.sum()), key=f"pipeline.columns.{field}",
        )  # fmt: skip


def _first(column: Column) -> str | None:
    at = int(np.argmax(column.filled)) if len(column) else 0
    return shorten(writable(column.text(at))) if len(column) and column.filled[at] else None


def _summaries(rows: Rows, result: Sorted) -> Iterator[Finding]:
    """Count what many rows have in common."""
    opened = result.open
    if unknown := int(np.isnan(rows.dates["stage_entered"].days[opened]).sum()):
        yield Finding("age_unknown", {"count": unknown}, key="pipeline.columns.stage_entered")
    furniture = NO_DEALS | {"too_few_cells", "too_many_cells"}
    faults = [row for row, f in zip(result.excluded_rows, result.excluded, strict=True) if f.code in furniture]
    nameless = ~rows.ids.filled
    nameless[faults] = False
    if count := int(nameless.sum()):
        first = int(rows.numbers[np.argmax(nameless)])
        yield Finding("no_id", {"count": count, "row": first}, key="pipeline.columns.id")
    if past := int((rows.dates["close_date"].days[opened] < 0).sum()):
        yield Finding("close_dates_past", {"count": past})
    if owners := _alike(rows.labels["owner"].distinct(np.concatenate([opened, result.won]))):
        yield Finding("owners_alike", {"groups": owners})


def _alike(owners: Sequence[str]) -> list[list[str]]:
    """Group the owners that differ only in case or spacing."""
    spellings: dict[str, list[str]] = {}
    for owner in owners:
        spellings.setdefault(" ".join(owner.casefold().split()), []).append(owner)
    return [found for found in spellings.values() if len(found) > 1]
