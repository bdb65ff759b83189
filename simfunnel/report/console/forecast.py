"""The console page of a forecast: one sentence, the table, then what the data had to say."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from simfunnel.forecast.forecast import Forecast
from simfunnel.forecast.summary import PeriodSummary
from simfunnel.report.console.layout import Laid, Row, page_width, table
from simfunnel.report.console.quality import caution_lines, quality_notes
from simfunnel.report.words.changes import called
from simfunnel.report.words.forecast import how_made, leading_sentence
from simfunnel.report.words.reached import trials_behind
from simfunnel.report.words.worth import left_out, misses_money
from simfunnel.wording.findings import CLOSED_MISSING
from simfunnel.wording.language import joined, tell, term
from simfunnel.wording.numbers import money, percent, period_told, plural


def forecast_page(forecast: Forecast, by: Collection[str] = (), width: int | None = None) -> RenderableType:
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
    parts[1:1] = list(caution_lines([c for c in forecast.cautions if c.code != CLOSED_MISSING]))
    periods = _periods_table(forecast, room)
    parts += [periods, Text(_baseline(forecast, weighted="Weighted" in periods.columns))]
    for dimension, labels in forecast.summary.groups.items():
        for k, period in enumerate(forecast.periods):
            with_target = any(group.periods[k].target is not None for group in labels.values())
            if dimension in by or with_target:
                parts += [Text(), _group_table(forecast, dimension, k, period.label, room)]
    nobody = [dimension for dimension in dict.fromkeys(by) if dimension not in forecast.summary.groups]
    if nobody:
        where = {"team": "`teams`, or a team column", "segment": "a segment column", "owner": "an owner column"}
        named = joined([
            tell("{dimension} ({where})", dimension=term(one), where=tell(where.get(one, "lead sources")))
            for one in nobody
        ])  # fmt: skip
        parts += [
            Text(),
            Text(
                tell("! nothing is shown by {named}: no deal, win or lead source has one", named=named), style="yellow"
            ),
        ]
    notes = list(_notes(forecast))
    if notes:
        parts += [Text(), *notes]
    return Group(*parts)


def _subtitle(forecast: Forecast) -> str:
    p = forecast.provenance
    name = tell("{name}, ", name=p.scenario_name) if p.scenario_name else ""
    variant = tell(" · variant {variant}", variant=p.variant) if p.variant else ""
    seed = tell(", seed {seed}", seed=p.seed) if p.trials else ""
    return tell(
        "{name}as of {as_of} · {how}{seed}{variant} · {currency}",
        name=name,
        as_of=forecast.as_of,
        how=how_made(forecast),
        seed=seed,
        variant=variant,
        currency=forecast.currency,
    )


def _periods_table(forecast: Forecast, room: int) -> Laid:
    overall = forecast.summary.overall
    periods = overall.periods if len(overall.periods) == 1 else (*overall.periods, overall.total)
    rows = [_period_row(period, forecast) for period in periods]
    return table(rows, ("Cash", "Mean", "Weighted", "Coverage", "Closed", "Open", "New"), room)


def _period_row(period: PeriodSummary, forecast: Forecast) -> Row:
    origins = {origin.capitalize(): money(e.mean) for origin, e in period.by_origin.items()}
    return {
        "Period": period_told(period.label),
        **_target_cells(period, forecast),
        "Mean": money(period.bookings.mean),
        **_quantile_cells(period),
        **origins,
        "Cash": "" if period.cash is None else money(period.cash.mean),
        "Weighted": money(period.weighted_pipeline_by_close_date) if forecast.pipeline.has_close_dates() else "",
        "Coverage": "" if period.coverage is None else f"{period.coverage:.1f}x",
    }


def _target_cells(period: PeriodSummary, forecast: Forecast) -> Row:
    reached = period.attainment
    return {
        "Target": "" if period.target is None else money(period.target),
        "P(attain)": "" if reached is None else percent(reached.probability, trials_behind(period, forecast)),
    }


def _quantile_cells(period: PeriodSummary) -> Row:
    return {f"P{100 * q:g}": money(period.bookings.quantiles[q]) for q in (0.1, 0.5, 0.9)}


def _baseline(forecast: Forecast, *, weighted: bool) -> str:
    total = forecast.summary.overall.total
    text = tell(
        "Open pipeline {open_pipeline} in {deals}; weighted by the win rates of their stages {weighted_pipeline}",
        open_pipeline=money(total.open_pipeline),
        deals=plural(forecast.quality.used, "deal"),
        weighted_pipeline=money(total.weighted_pipeline),
    )
    pipeline = forecast.pipeline
    if pipeline.has_close_dates() and not pipeline.weighted_by_close_date.any():
        return tell("{text}; no close date of an open deal falls in these periods.", text=text)
    if pipeline.has_close_dates() and not weighted:
        return tell("{text}.", text=text)
    if pipeline.has_close_dates():
        return tell(
            "{text}.\nWeighted: open deals only, those whose close date falls in the period, times the win rate of "
            "their stage; closed comes on top.",
            text=text,
        )
    return tell("{text}; no close dates are known.", text=text)


def _group_table(forecast: Forecast, dimension: str, k: int, label: str, room: int) -> Laid:
    rows = []
    for name, group in forecast.summary.groups[dimension].items():
        period = group.periods[k]
        cells = {**_target_cells(period, forecast), "Mean": money(period.bookings.mean), **_quantile_cells(period)}
        rows.append(
            {
                tell("{period} by {dimension}", period=period_told(label), dimension=term(dimension)): called(name),
                **cells,
            }
        )
    return table(rows, ("Mean", "P90", "P10"), room)


def _notes(forecast: Forecast) -> Iterator[RenderableType]:
    excluded = forecast.quality.excluded
    if misses_money(excluded):
        told = tell("! {left_out} left out of the forecast: see below", left_out=left_out(excluded))
        yield Text(told, style="yellow")
    for warning in forecast.warnings:
        yield Text(f"! {warning}", style="yellow")
    exact = forecast.summary.overall.total.bookings.exact
    if exact is not None:
        yield Text(
            tell(
                "Computed without trials: {how}; error of a probability {error:.1g}.",
                how=exact.how,
                error=exact.integration_error,
            )
        )
    yield from quality_notes(forecast.quality)
