"""From a scenario and the table of open deals to one `Model`."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

import numpy as np

from simfunnel.arrays import Floats, Ints
from simfunnel.crm import DataQuality, PipelineTable
from simfunnel.errors import InputError
from simfunnel.funnel.assembly import Assembly
from simfunnel.funnel.calendar import Period, fiscal_periods
from simfunnel.funnel.clock import BOUNDARY_TOLERANCE, OperationalClock
from simfunnel.funnel.compile_deals import DealInput, compile_deals, place_deals, select_deals
from simfunnel.funnel.compile_leads import compile_leads, streams_of
from simfunnel.funnel.distributions.build import build_distribution
from simfunnel.funnel.doubts import assumptions_missing
from simfunnel.funnel.groups import DIMENSIONS, Groups, Labels
from simfunnel.funnel.model import ClosedWins, Grid, Model, OpenBook, PaymentTerms, UncertainRates
from simfunnel.funnel.pack import pack_funnels, ragged
from simfunnel.funnel.quantile_tables import SIDE, TableKind
from simfunnel.funnel.shifting import Shifts, shifted_scenario
from simfunnel.scenario.schema import Scenario, Shift
from simfunnel.values.messages import nearest
from simfunnel.wording.findings import Finding

LARGEST_TOTAL = 2**62
"""Minor units. A trial whose sum could pass this would overflow int64."""


def compile_model(
    scenario: Scenario,
    table: PipelineTable,
    shifts: Sequence[Shift] = (),
    groups: Sequence[str] = DIMENSIONS,
) -> Model:
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
    inputs, excluded = select_deals(table.open, assembly)
    clock = _clock(scenario, table, periods, horizon)
    teams = {o: t for o, t in zip(table.open.owner, table.open.team, strict=True) if o and t} | scenario.teams
    closed_labels, closed_parts = _closed(scenario, table, periods[0], teams)
    numbered = _number_groups(scenario, inputs, closed_labels, teams, groups)

    places = place_deals(table.open, inputs, assembly)
    streams, arrivals, stream_names = compile_leads(assembly, scenario.as_of, horizon, clock, numbered, teams)
    funnels, durations, capped = pack_funnels(assembly.variants, list(assembly.process.draws), assembly.tables)
    deals, book, realization = compile_deals(table.open, inputs, places, assembly, funnels, durations, clock, numbered)
    factors = assembly.factors()
    rates = UncertainRates(np.array([assembly.tables.add(d) for d in assembly.process.draws.values()], dtype=np.int64))
    delays = [assembly.tables.add(build_distribution(term.delay)) for term in scenario.payment_terms]
    payment = PaymentTerms(
        np.cumsum([term.share for term in scenario.payment_terms], dtype=np.float64),
        np.array(delays, dtype=np.int64),
    )
    day, amount, wins = closed_parts
    group_start, group = ragged(numbered.of(labels) for labels in closed_labels)
    closed = ClosedWins(day, np.rint(amount * assembly.minor).astype(np.int64), wins, group_start, group)
    moved.require_matches()
    bounds = np.array([(p.start - scenario.as_of).days for p in periods] + [horizon], dtype=np.float64)
    grid = Grid(
        bound=clock(bounds) - BOUNDARY_TOLERANCE,
        day=bounds - BOUNDARY_TOLERANCE,
        clock_day=clock.days,
        clock_time=clock.operational,
    )
    model = Model(
        as_of=scenario.as_of,
        currency=scenario.currency,
        minor_units=assembly.minor,
        periods=periods,
        funnels=funnels,
        tables=assembly.tables.pack(),
        distributions=assembly.tables.distributions,
        rates=rates,
        deals=deals,
        streams=streams,
        arrivals=arrivals,
        factors=factors,
        payment=payment,
        realization_table=realization,
        closed=closed,
        grid=grid,
        names=assembly.names(
            [table.open.id[d.at] for d in inputs], stream_names, _closed_names(scenario, table), numbered.names
        ),
        book=book,
        quality=_quality(table.quality, excluded, assumptions_missing(scenario, uncertain=len(rates.table) > 0)),
        closed_missing=(scenario.as_of > periods[0].start and len(amount) == 0 and table.quality.won_earlier == 0),
        warnings=(
            *_capped(scenario, capped),
            *_unknown_names(scenario, inputs, closed_labels, teams),
            *_drawn_amounts(inputs, scenario.currency),
            *_warnings(book, scenario, funnels.stages),
        ),
    )
    _refuse_overflow(model)
    return model


def _clock(scenario: Scenario, table: PipelineTable, periods: Sequence[Period], horizon: int) -> OperationalClock:
    known = np.concatenate([table.open.entered, table.open.created, [0.0]])
    first = float(np.nanmin(known))
    start = min(first, (periods[0].start - scenario.as_of).days) - 1
    return OperationalClock(scenario.clock, scenario.as_of, start, horizon + 1, scenario.periods.fiscal_year_start)


def _closed(
    scenario: Scenario, table: PipelineTable, period: Period, teams: dict[str, str]
) -> tuple[list[Labels], tuple[Floats, Floats, Ints]]:
    """Wins of the current period: rows of the file, then `closed` entries, taken as won halfway to as_of."""
    won = table.won
    labels: list[Labels] = [
        {"owner": won.owner[i], "team": won.team[i], "segment": won.segment[i], "source": won.source[i]}
        for i in range(len(won))
    ]
    halfway = -(scenario.as_of - period.start).days / 2
    for number, entry in enumerate(scenario.closed):
        if entry.period != period.label:
            raise InputError(
                f"closed[{number}].period: closed wins belong to the period of as_of, {period.label}; "
                f"found '{entry.period}'"
            )
        team = entry.team or (teams.get(entry.owner) if entry.owner else None)
        labels.append({"owner": entry.owner, "team": team, "segment": entry.segment, "source": entry.source})
    day = np.concatenate([won.closed, np.full(len(scenario.closed), halfway)])
    amount = np.concatenate([won.amount, np.array([c.amount for c in scenario.closed], dtype=np.float64)])
    wins = np.array([1] * len(won) + [c.wins for c in scenario.closed], dtype=np.int64)
    return labels, (day, amount, wins)


def _closed_names(scenario: Scenario, table: PipelineTable) -> list[str]:
    """Names that key the payments of closed wins: the deal's id, or what an entry says and its occurrence."""
    names = [f"deal {identity}" for identity in table.won.id]
    for entry in scenario.closed:
        said = entry.model_dump_json()
        names.append(f"{said} {names.count(said)}" if said in names else said)
    return names


def _number_groups(
    scenario: Scenario,
    inputs: Sequence[DealInput],
    closed: Sequence[Labels],
    teams: dict[str, str],
    wanted: Sequence[str],
) -> Groups:
    members: list[Labels] = [deal.labels for deal in inputs]
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


def _unknown_names(
    scenario: Scenario, inputs: Sequence[DealInput], closed: Sequence[Labels], teams: dict[str, str]
) -> list[str]:
    """Say which targets and teams are of somebody whom nothing else names: a misspelling, most likely."""
    members = [*(deal.labels for deal in inputs), *closed]
    members += [labels for lead in scenario.leads for labels, _ in streams_of(lead, teams)]
    seen = {d: {name for labels in members if (name := labels.get(d)) is not None} for d in DIMENSIONS}
    asked = [target.group for target in scenario.targets if target.group is not None]
    asked += [("owner", owner) for owner in scenario.teams]
    warnings = []
    for dimension, name in dict.fromkeys(asked):
        if name not in seen[dimension]:
            best = nearest(name, seen[dimension])
            hint = f"; did you mean '{best}'?" if best else ""
            warnings.append(f"no open deal, win or lead source has the {dimension} '{name}'{hint}")
    return warnings


def _drawn_amounts(inputs: Sequence[DealInput], currency: str) -> list[str]:
    drawn = [deal.drawn.mean for deal in inputs if deal.drawn is not None]
    if not drawn:
        return []
    deals = "1 open deal has" if len(drawn) == 1 else f"{len(drawn):,} open deals have"
    together = "" if len(drawn) == 1 else "together "
    return [f"{deals} no amount: drawn from `amount`, {together}{sum(drawn):,.0f} {currency} in the mean"]


def _capped(scenario: Scenario, rows: Sequence[int]) -> list[str]:
    names = dict.fromkeys(scenario.stages[row % len(scenario.stages)].name for row in rows)
    return [f"the shifted conversion of {name} was capped at 100 %" for name in names]


def _warnings(book: OpenBook, scenario: Scenario, stages: int) -> tuple[str, ...]:
    warnings = []
    for s in range(stages):
        beyond = book.beyond_support & (book.stage == s) & ~book.judged
        if not beyond.any():
            continue
        fate = "counted as lost" if scenario.pipeline.beyond_support == "lost" else "restarted at age 0"
        count = int(beyond.sum())
        deals = "1 open deal in" if count == 1 else f"{count:,} open deals in"
        warnings.append(
            f"{deals} {scenario.stages[s].name}: in the stage for longer than almost any deal that left it, beyond "
            f"observed support; {fate} (pipeline.beyond_support)"
        )
    return tuple(warnings)


def _refuse_overflow(model: Model) -> None:
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
            name = model.names.sources[source]
            raise InputError(
                f"leads.{name}: {leads:.3g} leads expected in the horizon; at most 10 million are possible"
            )
        total += (10 * leads + 100) * float(largest[model.streams.amount_table[i]])
    levels = model.factors.level_table[model.factors.level_table >= 0]
    total *= max(1.0, float(largest[levels].max(initial=1.0)))
    if total > LARGEST_TOTAL:
        raise InputError(
            f"amounts are too large to add exactly: a trial could reach {total / model.minor_units:.3g} "
            f"{model.currency}; at most {LARGEST_TOTAL / model.minor_units:.3g} is possible. "
            "Check the currency, the decimal sign and the tails of the amount distributions"
        )
