"""Is there enough? The distribution of each period, where its money comes from, and coverage."""

from __future__ import annotations

import numpy as np

from simfunnel.forecast.summary import PeriodSummary
from simfunnel.report.html.blocks import Block, Chart, Part, Section, Table, amount, cell
from simfunnel.report.html.charts.bars import Bar, Span, bars
from simfunnel.report.html.charts.distributions import distribution, exceedance
from simfunnel.report.html.material import Material
from simfunnel.report.html.sections.common import chance_cell, missing, money_cell, sentence
from simfunnel.report.words.forecast import leading_period
from simfunnel.report.words.reached import trials_behind
from simfunnel.wording.language import joined, sentences, tell
from simfunnel.wording.numbers import capitalized, money, percent, period_told

EVEN = (np.arange(10_000) + 0.5) / 10_000
"""Levels of so many equally likely values: what a distribution is drawn from, whether it has trials or not."""
MARKED = ((0.1, "P10"), (0.5, "P50"), (0.9, "P90"))
MOST_PERIODS = 4
"""Periods whose distribution is drawn; a table holds all."""


def enough(m: Material) -> Section:
    """Lay out what is to be expected of every period."""
    overall = m.forecast.summary.overall
    periods = overall.periods if len(overall.periods) == 1 else (*overall.periods, overall.total)
    drawn = [p for p in periods if p.target is not None and p.label != m.period][:MOST_PERIODS]
    if m.period is not None or not drawn:
        drawn = [leading_period(m.forecast, m.period), *drawn]
    blocks: list[Block] = [_table(m, periods), _origins(m, periods), *_coverage(m)]
    parts = [Part(_heading(p), _pictures(m, p)) for p in drawn[:MOST_PERIODS]]
    return Section("enough", tell("Is there enough?"), blocks, parts)


def _heading(p: PeriodSummary) -> str:
    return tell("All periods together") if p.label == "total" else period_told(p.label)


def _table(m: Material, periods: tuple[PeriodSummary, ...]) -> Table:
    columns = [tell(name) for name in ("Period", "Target", "P(attain)", "Mean", "P10", "P50", "P90")]
    cash = any(p.cash is not None for p in periods)
    rows = []
    for p in periods:
        q, a = p.bookings.quantiles, p.attainment
        row = [
            cell(period_told(p.label)),
            money_cell(p.target),
            chance_cell(a.probability if a else None, trials_behind(p, m.forecast)),
            *(money_cell(v) for v in (p.bookings.mean, q[0.1], q[0.5], q[0.9])),
        ]
        rows.append([*row, money_cell(None if p.cash is None else p.cash.mean)] if cash else row)
    note = tell(
        "P(attain): the share of futures in which the target is reached. P10, P50, P90: in 1, 5 and 9 of 10 futures "
        "bookings are below. Quantiles of periods do not add up to that of all."
    )
    title = tell("Bookings by period, {currency}", currency=m.forecast.currency)
    return Table(title, [*columns, tell("Cash, mean")] if cash else columns, rows, note=note)


def _pictures(m: Material, p: PeriodSummary) -> list[Block]:
    values = np.maximum.accumulate(m.forecast.quantiles(EVEN, p.label))
    q, trials = p.bookings.quantiles, trials_behind(p, m.forecast)
    chance = "" if p.attainment is None else percent(p.attainment.probability, trials)
    told = tell(
        "In 8 of 10 futures bookings are between {low} and {high}, in the median {middle}.",
        low=money(q[0.1]), high=money(q[0.9]), middle=money(q[0.5]),
    )  # fmt: skip
    if p.target is not None:
        reached = tell("The target of {target} is reached with {chance}.", target=money(p.target), chance=chance)
        told = sentences(told, reached)
    levels = sorted(q)
    numbers = Table(
        tell("Quantiles of bookings"), [tell("Share of futures below"), tell("Bookings")],
        [[amount(percent(level), level), money_cell(q[level])] for level in levels], texts=(),
    )  # fmt: skip
    first = (
        tell("How much may come in") if p.target is None else tell("How much may come in; dark: the target is reached")
    )
    second = tell("The chance of at least so much")
    return [
        Chart(first, distribution(values, {name: q[at] for at, name in MARKED}, p.target, first, told), numbers),
        Chart(second, exceedance(values, p.target, chance, second, told)),
    ]


def _origins(m: Material, periods: tuple[PeriodSummary, ...]) -> Chart:
    names = {"closed": tell("closed"), "open": tell("open deals"), "new": tell("new deals")}
    rows, cells = [], []
    for p in periods:
        spans, at = [], 0.0
        for origin, name in names.items():
            mean = p.by_origin[origin].mean
            hover = tell(
                "{period}, {name}: {amount} in the mean", period=period_told(p.label), name=name, amount=money(mean)
            )
            spans.append(Span(at, at + mean, origin, hover))
            at += mean
        goal = "" if p.target is None else tell("target {amount}", amount=money(p.target))
        marks = [] if p.target is None else [Span(p.target, p.target, "targetmark", goal)]
        rows.append(Bar(period_told(p.label), spans, money(at), marks))
        cells.append(
            [
                cell(period_told(p.label)),
                *(money_cell(p.by_origin[origin].mean) for origin in names),
                money_cell(p.target),
            ]
        )
    title = tell("Where the mean comes from: closed (dark blue), open deals (green), new deals (light blue)")
    numbers = Table(
        tell("Mean bookings by origin"),
        [tell("Period"), *(capitalized(name) for name in names.values()), tell("Target")],
        cells,
    )  # fmt: skip
    told = joined(
        [tell("{period}: {parts}", period=row.name, parts=joined([one.hover for one in row.spans])) for row in rows],
        "; ",
    )
    return Chart(title, bars(rows, title, told, money), numbers)


def _coverage(m: Material) -> list[Block]:
    if m.plan is None:
        how = tell("`simfunnel plan` tells it, for a scenario with a target and leads.")
        return [missing(m, "plan", tell("the coverage that the target needs"), how)]
    now, needed = m.plan["unknowns"]["coverage"], m.plan["unknowns"]["coverage_needed"]
    if now is None:
        return []
    text = tell(
        "Coverage (open pipeline / what is missing to the target of {period}) is {now:.1f}x",
        period=period_told(m.plan["period"]), now=now,
    )  # fmt: skip
    if needed is None:
        return [sentence(text + tell("; no coverage is enough to be {sure} sure.", sure=percent(m.plan["confidence"])))]
    return [sentence(text + tell("; to be {sure} sure it takes {needed:.1f}x.", sure=percent(m.plan["confidence"]),
                                 needed=needed))]  # fmt: skip
