"""The console page of a forecast: one sentence, the table, then what the data had to say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from simfunnel.crm import DataQuality
from simfunnel.forecast.forecast import Forecast
from simfunnel.forecast.summary import PeriodSummary
from simfunnel.report.wording import leading_sentence, money, percent

SHOWN_ROWS = 5
"""Excluded rows and warnings shown; the rest is counted."""


def forecast_page(forecast: Forecast, by: Iterable[str] = ()) -> RenderableType:
    """Lay out a forecast for the console.

    Parameters
    ----------
    forecast
        The forecast.
    by
        Further dimensions to show; those with targets of their own are always shown.
    """
    parts: list[RenderableType] = [
        Text(leading_sentence(forecast), style="bold"),
        Text(_subtitle(forecast)),
        Text(),
    ]
    parts.append(_periods_table(forecast))
    parts.append(Text(_baseline(forecast)))
    for dimension, labels in forecast.summary.groups.items():
        with_target = any(p.target is not None for g in labels.values() for p in (*g.periods, g.total))
        if dimension in by or with_target:
            parts += [Text(), _group_table(forecast, dimension)]
    notes = list(_notes(forecast))
    if notes:
        parts += [Text(), *notes]
    return Group(*parts)


def print_page(page: RenderableType) -> None:
    """Print to stdout; wide enough for the table where stdout is not a terminal."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=140)
    console.print(page, highlight=False)


def _subtitle(forecast: Forecast) -> str:
    p = forecast.provenance
    name = f"{p.scenario_name}, " if p.scenario_name else ""
    variant = f" · variant {p.variant}" if p.variant else ""
    return f"{name}as of {forecast.as_of} · {p.trials:,} trials, seed {p.seed}{variant} · {forecast.currency}"


def _columns(table: Table, names: Iterable[str]) -> None:
    for name in names:
        table.add_column(name, justify="right", no_wrap=True)


def _new_table(first: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", title_justify="left")
    table.add_column(first, no_wrap=True)
    return table


def _periods_table(forecast: Forecast) -> Table:
    overall = forecast.summary.overall
    cash = overall.total.cash is not None
    table = _new_table("Period")
    _columns(table, ["Target", "P(attain)", "Mean", "P10", "P50", "P90", "Closed", "Open", "New"])
    _columns(table, [*(["Cash"] if cash else []), "Weighted", "Coverage"])
    rows = [*overall.periods] if len(overall.periods) == 1 else [*overall.periods, overall.total]
    for period in rows:
        table.add_row(*_cells(period, forecast, cash=cash), style="bold" if period.label == "total" else "")
    return table


def _cells(period: PeriodSummary, forecast: Forecast, *, cash: bool) -> list[str]:
    b, q = period.bookings, period.bookings.quantiles
    reached = period.attainment
    cells = [
        period.label,
        "" if period.target is None else money(period.target),
        "" if reached is None else percent(reached.probability, forecast.trials),
        *(money(x) for x in (b.mean, q[0.1], q[0.5], q[0.9])),
        *(money(period.by_origin[origin].mean) for origin in ("closed", "open", "new")),
    ]
    if cash and period.cash is not None:
        cells.append(money(period.cash.mean))
    cells.append(money(period.weighted_pipeline_by_close_date) if _has_close_dates(forecast) else "")
    cells.append("" if period.coverage is None else f"{period.coverage:.1f}x")
    return cells


def _has_close_dates(forecast: Forecast) -> bool:
    return bool(forecast.pipeline.weighted_by_close_date.any())


def _baseline(forecast: Forecast) -> str:
    total = forecast.summary.overall.total
    text = (
        f"Open pipeline {money(total.open_pipeline)} in {forecast.quality.used:,} deals; weighted by the win rates of "
        f"their stages {money(total.weighted_pipeline)}"
    )
    if _has_close_dates(forecast):
        return text + ". Column Weighted: the part expected to close in the period."
    return text + "."


def _group_table(forecast: Forecast, dimension: str) -> Table:
    labels = forecast.summary.groups[dimension]
    shown = [p.label for p in forecast.periods]
    table = _new_table(dimension.capitalize())
    for label in shown:
        _columns(table, [f"{label}: target", "P(attain)", "P10", "P50", "P90"])
    for name, group in labels.items():
        cells = [name]
        for period in group.periods:
            q, reached = period.bookings.quantiles, period.attainment
            cells += [
                "" if period.target is None else money(period.target),
                "" if reached is None else percent(reached.probability, forecast.trials),
                *(money(q[p]) for p in (0.1, 0.5, 0.9)),
            ]
        table.add_row(*cells)
    return table


def _notes(forecast: Forecast) -> Iterator[RenderableType]:
    for warning in forecast.warnings:
        yield Text(f"! {warning}", style="yellow")
    yield from quality_notes(forecast.quality)


def quality_notes(quality: DataQuality) -> Iterator[RenderableType]:
    """Lay out the data-quality report: counts, then the first excluded rows and warnings."""
    if quality.rows == 0:
        return
    counts = [f"{quality.used:,} open deals used"]
    counts += [
        f"{count:,} {name}"
        for count, name in (
            (quality.won, "won in this period"), (quality.won_earlier, "won earlier"), (quality.lost, "lost"),
            (len(quality.excluded), "excluded"),
        )
        if count
    ]  # fmt: skip
    yield Text(f"Pipeline: {quality.rows:,} rows: {', '.join(counts)}.")
    lines = [f"row {e.row}{_named(e.id)}: excluded: {e.reason}" for e in quality.excluded]
    yield from _first(lines, "excluded rows")
    warnings = [w.message if w.row is None else f"row {w.row}{_named(w.id)}: {w.message}" for w in quality.warnings]
    yield from _first(warnings, "warnings")
    yield from _first([f"row {o.row}{_named(o.id)}: judgement: {o.what}" for o in quality.overrides], "judgements")


def _named(identity: str | None) -> str:
    return f" ({identity})" if identity else ""


def _first(lines: list[str], name: str) -> Iterator[RenderableType]:
    for line in lines[:SHOWN_ROWS]:
        yield Padding(Text(line), (0, 0, 0, 2))
    if len(lines) > SHOWN_ROWS:
        yield Padding(Text(f"… and {len(lines) - SHOWN_ROWS:,} more {name}: see --json or --out"), (0, 0, 0, 2))
