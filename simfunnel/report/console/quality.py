"""The data-quality report on the console."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.text import Text

from simfunnel.crm import DataQuality
from simfunnel.report.console.layout import table
from simfunnel.wording.findings import Finding
from simfunnel.wording.numbers import money, plural

SHOWN_CAUTIONS = 3
"""Cautions shown on a page."""
SHOWN_ROWS = 5
"""Excluded rows and warnings shown; the rest is counted."""


def caution_lines(cautions: Sequence[Finding]) -> Iterator[Text]:
    """Lay out what may change the decision: the most costly first, the rest counted."""
    yield from (Text(f"! {caution}", style="yellow") for caution in cautions[:SHOWN_CAUTIONS])
    if (more := len(cautions) - SHOWN_CAUTIONS) > 0:
        yield Text(f"! … and {plural(more, 'more caution')}: see --json", style="yellow")


def column_notes(quality: DataQuality, currency: str, width: int) -> Iterator[RenderableType]:
    """Lay out what every column was taken for, the columns nothing is read from, and the money by what became of it."""
    if quality.understood:
        rows = [
            {
                "Column": column.column, "is": column.field, "unit": column.unit or "",
                "currency": column.currency or "", "first": column.first or "",
                "blank": f"{column.blank:,}" if column.blank else "",
            }
            for column in quality.understood
        ]  # fmt: skip
        yield table(rows, ("blank", "first"), width)
    if quality.unused:
        yield Text(f"Not read: {', '.join(quality.unused)}.")
    if quality.understood:
        amounts = ", ".join(f"{name} {money(amount)}" for name, amount in quality.amounts.items())
        yield Text(f"In {currency}: {amounts}.")


def quality_notes(quality: DataQuality) -> Iterator[RenderableType]:
    """Lay out the data-quality report: counts, then the first excluded rows and warnings."""
    if quality.rows == 0:
        return
    counts = [f"{plural(quality.used, 'open deal')} used"]
    counts += [
        f"{count:,} {name}"
        for count, name in (
            (quality.won, "won in this period"), (quality.won_earlier, "won earlier"), (quality.lost, "lost"),
            (len(quality.excluded), "excluded"),
        )
        if count
    ]  # fmt: skip
    yield Text(f"Pipeline: {plural(quality.rows, 'row')}: {', '.join(counts)}.")
    if len(quality.excluded) > SHOWN_ROWS:
        yield from (Text(f"  excluded: {line}") for line in _excluded_by_reason(quality)[:SHOWN_ROWS])
    lines = [f"row {e.row}{_named(e.id)}: excluded: {e}" for e in quality.excluded]
    yield from _first(lines, "excluded rows")
    warnings = [str(w) if w.row is None else f"row {w.row}{_named(w.id)}: {w}" for w in quality.warnings]
    yield from _first(warnings, "warnings")
    yield from _first([f"row {o.row}{_named(o.id)}: judgement: {o}" for o in quality.overrides], "judgements")


def _excluded_by_reason(quality: DataQuality) -> list[str]:
    """Count excluded rows and their money by reason, the most money first."""
    found: dict[str, list[float]] = {}
    for row in quality.excluded:
        found.setdefault(row.group, []).append(row.amount or 0.0)
    ordered = sorted(found.items(), key=lambda item: -sum(item[1]))
    return [f"{reason} ({plural(len(amounts), 'row')}, worth {money(sum(amounts))})" for reason, amounts in ordered]


def _named(identity: str | None) -> str:
    return f" ({identity})" if identity else ""


def _first(lines: list[str], name: str) -> Iterator[RenderableType]:
    yield from (Text(f"  {line}") for line in lines[:SHOWN_ROWS])
    if len(lines) > SHOWN_ROWS:
        yield Text(f"  … and {len(lines) - SHOWN_ROWS:,} more {name}: see --json or --out")
