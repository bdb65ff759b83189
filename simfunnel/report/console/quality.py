"""The data-quality report on the console."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.text import Text

from simfunnel.crm import DataQuality
from simfunnel.funnel.book import Compiled
from simfunnel.report.console.layout import table
from simfunnel.report.words.worth import worth_of_rows
from simfunnel.wording.findings import Finding
from simfunnel.wording.language import joined, tell, told_key
from simfunnel.wording.numbers import plural, sum_told

SHOWN_CAUTIONS = 3
"""Cautions shown on a page."""
SHOWN_ROWS = 5
"""Excluded rows and warnings shown; the rest is counted."""


def caution_lines(cautions: Sequence[Finding]) -> Iterator[Text]:
    """Lay out what may change the decision: the most costly first, the rest counted."""
    yield from (Text(f"! {caution}", style="yellow") for caution in cautions[:SHOWN_CAUTIONS])
    if (more := len(cautions) - SHOWN_CAUTIONS) > 0:
        yield Text(
            tell("! … and {more_cautions}: see --json", more_cautions=plural(more, "more caution")), style="yellow"
        )


def column_notes(compiled: Compiled, width: int) -> Iterator[RenderableType]:
    """Lay out what every column was taken for, the columns nothing is read from, and the money by what became of it."""
    quality = compiled.quality
    if quality.understood:
        rows = [
            {
                "Column": column.column, "is": _read_as(column.field), "unit": column.unit or "",
                "currency": column.currency or "", "first": column.first or "",
                "blank": f"{column.blank:,}" if column.blank else "",
            }
            for column in quality.understood
        ]  # fmt: skip
        yield table(rows, ("blank", "first"), width)
    if quality.unused:
        yield Text(tell("Not read: {names}.", names=joined(quality.unused)))
    if quality.understood:
        yield Text(worth_of_rows(compiled))


def _read_as(field: str) -> str:
    """Name a field in the language of the page, with the key that a scenario calls it by."""
    told = told_key("fields", field)
    return field if told == field else f"{told} ({field})"


def quality_notes(quality: DataQuality) -> Iterator[RenderableType]:
    """Lay out the data-quality report: counts, then the first excluded rows and warnings."""
    if quality.rows == 0:
        return
    counts = [tell("{open_deals} used", open_deals=plural(quality.used, "open deal"))]
    counts += [
        tell("{count:,} {what}", count=count, what=tell(name))
        for count, name in (
            (quality.won, "won in this period"), (quality.won_earlier, "won earlier"), (quality.lost, "lost"),
            (len(quality.excluded), "excluded"),
        )
        if count
    ]  # fmt: skip
    yield Text(tell("Pipeline: {rows}: {counts}.", rows=plural(quality.rows, "row"), counts=joined(counts)))
    if len(quality.excluded) > SHOWN_ROWS:
        yield from (Text(tell("  excluded: {line}", line=line)) for line in _excluded_by_reason(quality)[:SHOWN_ROWS])
    lines = [
        tell("row {row}{named}: excluded: {why}", row=e.row, named=_named(e.id), why=e.sentence)
        for e in quality.excluded
    ]
    yield from _first(lines, tell("excluded rows"))
    warnings = [
        w.sentence
        if w.row is None
        else tell("row {row}{named}: {what}", row=w.row, named=_named(w.id), what=w.sentence)
        for w in quality.warnings
    ]
    yield from _first(warnings, tell("warnings"))
    yield from _first(
        [
            tell("row {row}{named}: judgement: {what}", row=o.row, named=_named(o.id), what=o.sentence)
            for o in quality.overrides
        ],
        tell("judgements"),
    )


def _excluded_by_reason(quality: DataQuality) -> list[str]:
    """Count excluded rows and their money by reason, the most money first."""
    found: dict[str, list[float]] = {}
    for row in quality.excluded:
        found.setdefault(row.group, []).append(row.amount or 0.0)
    ordered = sorted(found.items(), key=lambda item: -sum(map(abs, item[1])))
    return [
        tell(
            "{reason} ({rows}, worth {amount})",
            reason=reason,
            rows=plural(len(amounts), "row"),
            amount=sum_told(amounts),
        )
        for reason, amounts in ordered
    ]


def _named(identity: str | None) -> str:
    return tell(" ({id})", id=identity) if identity else ""


def _first(lines: Sequence[str], name: str) -> Iterator[RenderableType]:
    yield from (Text(f"  {line}") for line in lines[:SHOWN_ROWS])
    if len(lines) > SHOWN_ROWS:
        yield Text(
            tell("  … and {more:,} more {things}: see --json or --out", more=len(lines) - SHOWN_ROWS, things=name)
        )
