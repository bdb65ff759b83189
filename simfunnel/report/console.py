"""The console page of a forecast: one sentence, the table, then what the data had to say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from simfunnel.crm import DataQuality
from simfunnel.forecast.forecast import Forecast
from simfunnel.forecast.summary import PeriodSummary
from simfunnel.report.wording import how_made, leading_sentence
from simfunnel.wording.numbers import money, percent, plural

SHOWN_ROWS = 5
"""Excluded rows and warnings shown; the rest is counted."""
SHOWN_CAUTIONS = 3
"""Cautions shown on a page."""
NO_TERMINAL = 140
"""Characters in a line where stdout is a file or a pipe."""


def forecast_page(forecast: Forecast, by: Iterable[str] = (), width: int | None = None) -> RenderableType:
    """Lay out a forecast for the console.

    Parameters
    ----------
    forecast
        The forecast.
    by
        Further dimensions to show; those with targets of their own are always shown.
    width
        Characters in a line; default that of the terminal. Columns that find no room are left out, the least
        important first; numbers are never cut.
    """
    room = width or page_width()
    parts: list[RenderableType] = [Text(leading_sentence(forecast), style="bold"), Text(_subtitle(forecast)), Text()]
    parts[1:1] = list(caution_lines(forecast.quality))
    parts += [_periods_table(forecast, room), Text(_baseline(forecast))]
    for dimension, labels in forecast.summary.groups.items():
        for k, period in enumerate(forecast.periods):
            with_target = any(group.periods[k].target is not None for group in labels.values())
            if dimension in by or with_target:
                parts += [Text(), _group_table(forecast, dimension, k, period.label, room)]
    notes = list(_notes(forecast))
    if notes:
        parts += [Text(), *notes]
    return Group(*parts)


def page_width() -> int:
    """Characters in a line of stdout; wide enough for every table where it is not a terminal."""
    console = Console()
    return console.width if console.is_terminal else NO_TERMINAL


def print_page(page: RenderableType) -> None:
    """Print to stdout."""
    Console(width=page_width()).print(page, highlight=False)


def _subtitle(forecast: Forecast) -> str:
    p = forecast.provenance
    name = f"{p.scenario_name}, " if p.scenario_name else ""
    variant = f" · variant {p.variant}" if p.variant else ""
    seed = f", seed {p.seed}" if p.trials else ""
    return f"{name}as of {forecast.as_of} · {how_made(forecast)}{seed}{variant} · {forecast.currency}"


Row = dict[str, str]
"""Column -> cell; a column that is empty in every row is not shown."""


def table(rows: Sequence[Row], least_important: Sequence[str], room: int) -> Table:
    """Lay out rows; leave out columns without content, and as many of `least_important` as do not fit."""
    columns = [name for name in rows[0] if any(row[name] for row in rows)]
    gap = 2

    def width(names: Sequence[str]) -> int:
        return sum(max(cell_len(name), *(cell_len(row[name]) for row in rows)) + gap for name in names)

    for name in least_important:
        if width(columns) > room and name in columns:
            columns.remove(name)
    laid_out = Table(box=None, pad_edge=False, padding=(0, gap, 0, 0), header_style="bold")
    for i, name in enumerate(columns):
        laid_out.add_column(name, justify="left" if i == 0 else "right", no_wrap=True)
    for row in rows:
        laid_out.add_row(*(row[name] for name in columns), style="bold" if row[columns[0]] == "total" else "")
    return laid_out


def _periods_table(forecast: Forecast, room: int) -> Table:
    overall = forecast.summary.overall
    periods = overall.periods if len(overall.periods) == 1 else (*overall.periods, overall.total)
    rows = [_period_row(period, forecast) for period in periods]
    return table(rows, ("Cash", "Mean", "Weighted", "Coverage", "Closed", "Open", "New"), room)


def _period_row(period: PeriodSummary, forecast: Forecast) -> Row:
    origins = {origin.capitalize(): money(e.mean) for origin, e in period.by_origin.items()}
    return {
        "Period": period.label,
        **_target_cells(period, forecast),
        "Mean": money(period.bookings.mean),
        **_quantile_cells(period),
        **origins,
        "Cash": "" if period.cash is None else money(period.cash.mean),
        "Weighted": money(period.weighted_pipeline_by_close_date) if _has_close_dates(forecast) else "",
        "Coverage": "" if period.coverage is None else f"{period.coverage:.1f}x",
    }


def _target_cells(period: PeriodSummary, forecast: Forecast) -> Row:
    reached = period.attainment
    return {
        "Target": "" if period.target is None else money(period.target),
        "P(attain)": "" if reached is None else percent(reached.probability, forecast.trials),
    }


def _quantile_cells(period: PeriodSummary) -> Row:
    return {f"P{100 * q:g}": money(period.bookings.quantiles[q]) for q in (0.1, 0.5, 0.9)}


def _has_close_dates(forecast: Forecast) -> bool:
    return bool(forecast.pipeline.weighted_by_close_date.any())


def _baseline(forecast: Forecast) -> str:
    total = forecast.summary.overall.total
    text = (
        f"Open pipeline {money(total.open_pipeline)} in {forecast.quality.used:,} deals; weighted by the win rates of "
        f"their stages {money(total.weighted_pipeline)}"
    )
    if _has_close_dates(forecast):
        return (
            text + ".\nWeighted: open deals only, those whose close date falls in the period, times the win rate of "
            "their stage; closed comes on top."
        )
    return text + "; no close dates are known."


def _group_table(forecast: Forecast, dimension: str, k: int, label: str, room: int) -> Table:
    rows = []
    for name, group in forecast.summary.groups[dimension].items():
        period = group.periods[k]
        cells = {**_target_cells(period, forecast), "Mean": money(period.bookings.mean), **_quantile_cells(period)}
        rows.append({f"{label} by {dimension}": name, **cells})
    return table(rows, ("Mean", "P90", "P10"), room)


def _notes(forecast: Forecast) -> Iterator[RenderableType]:
    left_out = sum(e.amount or 0.0 for e in forecast.quality.excluded)
    if left_out > 0:
        rows = plural(len(forecast.quality.excluded), "row")
        yield Text(f"! {rows} worth {money(left_out)} left out of the forecast: see below", style="yellow")
    for warning in forecast.warnings:
        yield Text(f"! {warning}", style="yellow")
    exact = forecast.summary.overall.total.bookings.exact
    if exact is not None:
        yield Text(f"Computed without trials: {exact.how}; error of a probability {exact.integration_error:.1g}.")
    yield from quality_notes(forecast.quality)


def caution_lines(quality: DataQuality) -> Iterator[Text]:
    """Lay out what may change the decision: the most costly first, the rest counted."""
    yield from (Text(f"! {caution}", style="yellow") for caution in quality.cautions[:SHOWN_CAUTIONS])
    if (more := len(quality.cautions) - SHOWN_CAUTIONS) > 0:
        yield Text(f"! … and {plural(more, 'more caution')}: see --json", style="yellow")


def column_notes(quality: DataQuality, currency: str) -> Iterator[RenderableType]:
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
        yield table(rows, ("blank", "first"), page_width())
    if quality.unused:
        yield Text(f"Not read: {', '.join(quality.unused)}.")
    if quality.understood:
        amounts = ", ".join(f"{name} {money(amount)}" for name, amount in quality.amounts.items())
        yield Text(f"In {currency}: {amounts}.")


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
