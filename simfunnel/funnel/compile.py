"""From a scenario and the table of open deals to a model, the book of who is who in it, and what was noticed."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

import numpy as np

from simfunnel.crm import DataQuality, PipelineTable
from simfunnel.errors import InputError
from simfunnel.families.build import build_distribution
from simfunnel.funnel.assembly import Assembly
from simfunnel.funnel.book import Book, Compiled
from simfunnel.funnel.calendar import Period, fiscal_periods
from simfunnel.funnel.clock import BOUNDARY_TOLERANCE, OperationalClock
from simfunnel.funnel.closed import closed_of, unknown_instalments
from simfunnel.funnel.compile_deals import DealInput, compile_deals, distinct, place_deals, select_deals
from simfunnel.funnel.compile_leads import compile_leads, streams_of
from simfunnel.funnel.deal_shifts import judged_deals
from simfunnel.funnel.doubts import assumptions_missing
from simfunnel.funnel.groups import DIMENSIONS, Groups, Labels
from simfunnel.funnel.model import ClosedWins, Grid, Model, PaymentTerms, UncertainRates
from simfunnel.funnel.noticed import (
    ages_beyond_support,
    capped_conversions,
    capped_months,
    deals_beyond_support,
    drawn_amounts,
    missing_wins,
    unknown_names,
)
from simfunnel.funnel.pack import pack_funnels, ragged
from simfunnel.funnel.quantile_tables import SIDE, TableKind
from simfunnel.funnel.shifting import Shifts, shifted_scenario
from simfunnel.funnel.win_months import stream_rates, win_months
from simfunnel.scenario.schema import Scenario, Shift
from simfunnel.wording.findings import Finding

_OLDEST_SHARE, _LONGEST = 1e-4, 36_525.0
"""Of the deals of unknown age, those whose ages the clock need not cover day by day; and its longest reach, days."""
LARGEST_TOTAL = 2**62
"""Minor units. A trial whose sum could pass this would overflow int64."""


def compile_scenario(
    scenario: Scenario,
    table: PipelineTable,
    shifts: Sequence[Shift] = (),
    groups: Sequence[str] = DIMENSIONS,
) -> Compiled:
    """Compile a scenario and its open deals.

    Parameters
    ----------
    scenario
        The scenario.
    table
        What `simfunnel.crm.read_pipeline` made of its pipeline.
    shifts
        Changes of assumptions, applied in order.
    groups
        Dimensions to report results by: owner, team, segment, source.

    Raises
    ------
    InputError
        If a shift matches nothing, a label is not among the periods, or amounts could overflow.
    """
    moved = Shifts(shifts)
    scenario = shifted_scenario(scenario, moved)
    periods = fiscal_periods(scenario.periods, scenario.as_of)
    horizon = (periods[-1].end - scenario.as_of).days
    assembly = Assembly(scenario, moved)
    open_table, ignored = judged_deals(table.open, moved, scenario.as_of.toordinal())
    table = dataclasses.replace(table, open=open_table)
    inputs, without_amount = select_deals(table.open, assembly)
    excluded = [*ignored, *without_amount]
    clock = _clock(scenario, table, periods, horizon)
    teams = {o: t for o, t in zip(table.open.owner, table.open.team, strict=True) if o and t} | scenario.teams
    known = closed_of(scenario, table, periods[0], teams)
    numbered = _number_groups(scenario, inputs, known.labels, teams, groups)

    places = place_deals(table.open, inputs, assembly)
    streams, arrivals, stream_names = compile_leads(assembly, scenario.as_of, horizon, clock, numbered, teams)
    funnels, durations, capped = pack_funnels(assembly.variants, list(assembly.process.draws), assembly.tables)
    open_ = compile_deals(table.open, inputs, places, assembly, funnels, durations, clock, numbered)
    factors = assembly.factors()
    rates = UncertainRates(np.array([assembly.tables.add(d) for d in assembly.process.draws.values()], dtype=np.int64))
    delays = [assembly.tables.add(build_distribution(term.delay)) for term in scenario.payment_terms]
    payment = PaymentTerms(
        np.cumsum([term.share for term in scenario.payment_terms], dtype=np.float64),
        np.array(delays, dtype=np.int64),
    )
    group_start, group = ragged(numbered.of(labels) for labels in known.labels)
    if (total := known.amount.sum()) * assembly.minor > LARGEST_TOTAL:
        raise InputError(f"closed: won amounts add up to {total:.3g}, too much to add exactly; check their unit")
    closed = ClosedWins(
        known.day, np.rint(known.amount * assembly.minor).astype(np.int64), known.wins, known.booked, group_start, group
    )
    moved.require_matches()
    bounds = np.array([(p.start - scenario.as_of).days for p in periods] + [horizon], dtype=np.float64)
    grid = Grid(
        bound=clock(bounds) - BOUNDARY_TOLERANCE,
        day=bounds - BOUNDARY_TOLERANCE,
        clock_day=clock.days,
        clock_time=clock.operational,
        **clock.cells(),
    )
    factors_of_months = assembly.month_factors
    months = win_months(
        factors_of_months, scenario.periods, scenario.as_of, horizon, clock, open_.before_months,
        np.zeros(0) if factors_of_months is None else stream_rates(funnels, streams),
    )  # fmt: skip
    model = Model(
        funnels=funnels,
        tables=assembly.tables.pack(),
        distributions=assembly.tables.distributions,
        inflows=open_.inflows,
        rates=rates,
        deals=open_.deals,
        win_rate=open_.win_rate,
        beyond_support=open_.beyond_support,
        judged=open_.judged,
        streams=streams,
        arrivals=arrivals,
        factors=factors,
        payment=payment,
        realization_table=open_.realization_table,
        closed=closed,
        grid=grid,
        keys=assembly.key_names(open_.book.id, stream_names, known.names),
        groups=len(numbered.names),
        months=months,
    )
    book = Book(
        as_of=scenario.as_of,
        currency=scenario.currency,
        minor_units=assembly.minor,
        periods=periods,
        stages=tuple(assembly.stage_index),
        sources=tuple(lead.name for lead in scenario.leads),
        groups=tuple(numbered.names),
        deals=open_.book,
    )
    _refuse_overflow(model, book)
    findings = (
        *missing_wins(scenario, periods[0], int(known.booked.sum()) + table.quality.won_earlier),
        *unknown_instalments(scenario, table, periods[0]),
        *capped_conversions(scenario, capped),
        *unknown_names(scenario, [*distinct(inputs), *known.labels], teams),
        *drawn_amounts([deal.drawn.mean for deal in inputs if deal.drawn is not None], scenario.currency),
        *deals_beyond_support(scenario, open_.book.stage[open_.beyond_support & ~open_.judged]),
        *ages_beyond_support(scenario, open_.book.stage, open_.lost),
        *capped_months(factors_of_months, open_.before_months),
    )
    doubts = assumptions_missing(scenario, uncertain=len(rates.table) > 0)
    return Compiled(model, book, _quality(table.quality, excluded, doubts), findings)


def _clock(scenario: Scenario, table: PipelineTable, periods: Sequence[Period], horizon: int) -> OperationalClock:
    known = np.concatenate([table.open.entered, table.open.created, [0.0]])
    first = float(np.nanmin(known))
    if scenario.clock is not None:  # beyond what it covers time runs at its mean speed
        given = [stage.age for stage in scenario.stages]
        given += [change.age for segment in scenario.segments.values() for change in segment.stages.values()]
        oldest = [float(build_distribution(age).isf(np.array(_OLDEST_SHARE))) for age in given if age is not None]
        first = min([first, *(-min(age, _LONGEST) for age in oldest)])
    start = min(first, (periods[0].start - scenario.as_of).days) - 1
    return OperationalClock(scenario.clock, scenario.as_of, start, horizon + 1, scenario.periods)


def _number_groups(
    scenario: Scenario,
    inputs: Sequence[DealInput],
    closed: Sequence[Labels],
    teams: dict[str, str],
    wanted: Sequence[str],
) -> Groups:
    members = distinct(inputs)
    members += [labels for lead in scenario.leads for labels, _ in streams_of(lead, teams)]
    members += closed
    targets = [target.group for target in scenario.targets if target.group is not None]
    return Groups(members, targets, {*wanted, *(dimension for dimension, _ in targets)})


def _quality(quality: DataQuality, excluded: Sequence[Finding], doubts: Iterable[Finding]) -> DataQuality:
    if excluded and len(excluded) == quality.used:
        doubts = (Finding("no_open_deal", {"rows": quality.rows}), *doubts)
    return dataclasses.replace(
        quality, used=quality.used - len(excluded), excluded=(*quality.excluded, *excluded),
        cautions=(*quality.cautions, *doubts),
    )  # fmt: skip


def _refuse_overflow(model: Model, book: Book) -> None:
    """Refuse amounts whose sum over a trial could overflow 64-bit minor units."""
    tables = model.tables
    largest = np.array([
        tables.value[i]
        if tables.kind[i] in (TableKind.FIXED, TableKind.NEVER)
        else tables.knots[tables.start[i] : tables.start[i] + SIDE].max()
        for i in range(len(tables.kind))
    ])  # fmt: skip
    listed = float(np.maximum(model.deals.amount, 0).astype(np.float64).sum())
    if model.realization_table >= 0:
        listed *= float(largest[model.realization_table])
    drawn = model.deals.amount_table[model.deals.amount_table >= 0]
    total = listed + float(largest[drawn].sum()) + float(model.closed.amount.astype(np.float64).sum())
    for i, source in enumerate(model.streams.source):
        pieces = slice(model.arrivals.piece_start[source], model.arrivals.piece_start[source + 1])
        leads = model.streams.mean[i] * float(model.arrivals.piece_rate[pieces] @ model.arrivals.piece_length[pieces])
        if leads > 1e7:
            name = book.sources[source]
            raise InputError(
                f"leads.{name}: {leads:.3g} leads expected in the horizon; at most 10 million are possible"
            )
        total += (10 * leads + 100) * float(largest[model.streams.amount_table[i]])
    levels = model.factors.level_table[model.factors.level_table >= 0]
    total *= max(1.0, float(largest[levels].max(initial=1.0)))
    if total > LARGEST_TOTAL:
        raise InputError(
            f"amounts are too large to add exactly: a trial could reach {total / book.minor_units:.3g} "
            f"{book.currency}; at most {LARGEST_TOTAL / book.minor_units:.3g} is possible. "
            "Check the currency, the decimal sign and the tails of the amount distributions"
        )
