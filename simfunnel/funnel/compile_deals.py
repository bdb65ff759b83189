"""Open deals as arrays: ages, survival weights, win probabilities, and which deals are beyond observed support."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from simfunnel.arrays import Bools, Floats, Ints
from simfunnel.crm import OpenDeals
from simfunnel.errors import InputError, Problem
from simfunnel.families.build import build_distribution
from simfunnel.families.computed import Distribution
from simfunnel.families.fixed.computed import Fixed
from simfunnel.funnel.assembly import Assembly
from simfunnel.funnel.book import OpenBook
from simfunnel.funnel.clock import OperationalClock
from simfunnel.funnel.groups import DIMENSIONS, Groups, Labels
from simfunnel.funnel.inflow import Inflow, inflow_of
from simfunnel.funnel.model import Deals, Funnels
from simfunnel.funnel.pack import age_tables, pack_operations, ragged
from simfunnel.funnel.shift_arithmetic import OPERATION_CODES, shifted, shifted_number
from simfunnel.funnel.states import first_state
from simfunnel.funnel.weighing import weigh
from simfunnel.funnel.win_months import largest_factor
from simfunnel.wording.findings import Finding

LARGEST_AMOUNT = 2.0**53
"""Minor units. Below it every whole number is a floating-point number."""


_Moves = tuple[tuple[int, float], ...]
"""Shifts of a probability, as (operation code, value)."""
_Of = TypeVar("_Of")


@dataclass(frozen=True)
class DealInput:
    """One open deal that stays in the forecast."""

    at: int
    """Position in the table of open deals."""
    labels: Labels
    """One object for all deals with the same labels."""
    amount: float
    """Listed amount x shifts, major units; NaN where it is drawn from `drawn`."""
    drawn: Distribution | None


def select_deals(table: OpenDeals, assembly: Assembly) -> tuple[list[DealInput], list[Finding]]:
    """Give every open deal its labels and amount; a deal that has no amount from anywhere is excluded."""
    by_source = {lead.name: lead.amount for lead in assembly.scenario.leads}
    kept, excluded = [], []
    known: dict[tuple[str | None, ...], Labels] = {}
    shifted_amounts = assembly.shifts.move("amount")
    for i in range(len(table)):
        named = table.owner[i], table.team[i], table.segment[i], table.source[i]
        if (labels := known.get(named)) is None:
            labels = known[named] = dict(zip(DIMENSIONS, named, strict=True))
        stage, deal = table.stage[i], table.id[i]
        amount = float(table.amount[i])
        drawn = None
        if shifted_amounts and any(shift.operation == "set" for shift in assembly.shifts.own("amount", deal)):
            amount = 0.0 if math.isnan(amount) else amount  # the price that is set is a listed one
        if math.isnan(amount):
            drawn = assembly.amount(by_source.get(table.source[i] or ""), labels, stage, deal)
            if drawn is None:
                excluded.append(Finding("no_amount", row=table.row[i], id=table.id[i], key="amount"))
                continue
        elif shifted_amounts:
            for shift in assembly.shifts.of("amount", {**labels, "stage": stage, "deal": deal}):
                amount = shifted_number(amount, shift, low=0.0)
        kept.append(DealInput(i, labels, amount, drawn))
    return kept, excluded


@dataclass(frozen=True)
class DealFunnels:
    """Funnel variant, stage and win-rate shifts of each deal."""

    funnel: list[int]
    stage: list[int]
    operations: list[_Moves]


def place_deals(table: OpenDeals, inputs: Sequence[DealInput], assembly: Assembly) -> DealFunnels:
    """Find the funnel variant, the stage and the win-rate shifts of every deal."""
    cache: dict[tuple[str, int, str | None], tuple[int, _Moves]] = {}
    funnel, stage, operations = [], [], []
    for deal in inputs:
        name = table.stage[deal.at]
        id_ = table.id[deal.at]
        alone = id_ if id_ in assembly.shifts.deals else None
        key = (name, id(deal.labels), alone)
        if key not in cache:
            ops = assembly.shifts.operations("win_rate", {**deal.labels, "stage": name, "deal": alone})
            cache[key] = (assembly.funnel(deal.labels), ops)
        funnel.append(cache[key][0])
        operations.append(cache[key][1])
        stage.append(assembly.stage_index[name])
    return DealFunnels(funnel, stage, operations)


def _refuse_unwinnable(table: OpenDeals, inputs: Sequence[DealInput], judged: Floats, deals: Ints) -> None:
    """Refuse a judged chance of deals that no path leads to Won: nothing would say when they are won."""
    problems = []
    for d in deals.tolist():
        at = inputs[d].at
        text = (
            f"row {table.row[at]} ({table.id[at]}): a win rate of {float(judged[d]):g} is judged, but from "
            f"{table.stage[at]} nothing is ever won in this scenario; give the stage a way to Won (a conversion "
            "above 0), or leave the judgement out"
        )
        problems.append(Problem(text))
    if problems:
        raise InputError(problems)


def _moved(rates: Floats, moves: Sequence[_Moves]) -> Floats:
    """Win probabilities after the shifts of each deal; computed once for deals that agree in both."""
    if not any(moves):
        return rates
    packed = {each: pack_operations([each])[1] for each in set(moves)}
    pairs = list(zip(moves, rates.tolist(), strict=True))
    known = {(each, w): shifted(packed[each], 0, len(each), w) for each, w in set(pairs)}
    return np.array([known[pair] for pair in pairs])


def _by_labels(inputs: Sequence[DealInput], find: Callable[[Labels], _Of]) -> list[_Of]:
    """Find something for the labels of every deal, once for deals with the same labels."""
    found = {id(labels): find(labels) for labels in distinct(inputs)}
    return [found[id(deal.labels)] for deal in inputs]


def distinct(inputs: Sequence[DealInput]) -> list[Labels]:
    """Labels that occur, in the order of the deals."""
    return list({id(deal.labels): deal.labels for deal in inputs}.values())


@dataclass(frozen=True)
class CompiledDeals:
    """The open deals as arrays, and as people know them; all arrays run along the deals."""

    deals: Deals
    book: OpenBook
    win_rate: Floats
    """Win probability given the age, at the mean rates (after shifts of the win rate)."""
    before_months: Floats
    """The same before the factors of months."""
    beyond_support: Bools
    judged: Bools
    realization_table: int
    """Quantile table of the realization of listed amounts; -1 where it is a fixed number."""
    lost: Floats
    """Of a deal of unknown age, the share of its stage's ages that is beyond support and counts as lost."""
    inflows: dict[int, Inflow | None]
    """How the deals of unknown age came in, of each stage (f * S + s) that has some; None: steadily."""


def _inflows(
    rows: set[int], assembly: Assembly, funnels: Funnels, durations: Sequence[Distribution], clock: OperationalClock
) -> dict[int, Inflow | None]:
    """How the deals of unknown age of some stages came in."""
    found: dict[int, Inflow | None] = {}
    pipeline = assembly.scenario.pipeline
    for row in sorted(rows):
        ages = assembly.variants[row // funnels.stages][row % funnels.stages].ages
        exits = slice(int(funnels.exit_start[row]), int(funnels.exit_start[row + 1]))
        found[row] = None if ages is None else inflow_of(
            ages, funnels.probability[exits], durations[exits], tail=pipeline.tail,
            restart=pipeline.beyond_support == "restart", operational=lambda age: 0.0 - clock(-age),
        )  # fmt: skip
    return found


def compile_deals(
    table: OpenDeals,
    inputs: Sequence[DealInput],
    places: DealFunnels,
    assembly: Assembly,
    funnels: Funnels,
    durations: Sequence[Distribution],
    clock: OperationalClock,
    groups: Groups,
) -> CompiledDeals:
    """Compile the open deals."""
    S, minor = funnels.stages, assembly.minor
    at = np.array([deal.at for deal in inputs], dtype=np.int64)
    age = -clock(table.entered[at])
    created_age = np.maximum(-clock(table.created[at]), 0.0)
    unknown = np.isnan(age)
    rows = [f * S + s for f, s in zip(places.funnel, places.stage, strict=True)]
    inflows = _inflows({r for r, u in zip(rows, unknown, strict=True) if u}, assembly, funnels, durations, clock)
    age_tables(funnels, durations, inflows, assembly.tables)

    weighed = weigh(funnels, durations, inflows, np.array(rows, dtype=np.int64), age, created_age)
    weight, weight_start, won, support = weighed.weight, weighed.start, weighed.won, weighed.support

    judged = table.win_rate[at].astype(np.float64)
    for d, deal in enumerate(inputs):
        for shift in assembly.shifts.own("win_rate", table.id[deal.at]):
            judged[d] = shift.value
    tail = assembly.scenario.pipeline.tail
    beyond = (support < tail) | (support <= 0)
    # A judgement outweighs an age after which nothing would be won (a stage with a `never` exit is held by such deals).
    restart = beyond & (~np.isnan(judged) | (assembly.scenario.pipeline.beyond_support == "restart"))
    restart |= (won <= 0) & (judged > 0)
    for d in np.flatnonzero(restart).tolist():
        weight[weight_start[d] : weight_start[d + 1]] = 1.0
        weighed.share[weight_start[d] : weight_start[d + 1]] = 1.0
        age[d], weighed.lost[d] = 0.0, 0.0
        won[d] = funnels.win_rate[first_state(funnels, places.funnel[d]) + places.stage[d]]
    won = np.where(beyond & ~restart, 0.0, won)
    fixed_rate = np.where(beyond & ~restart, 0.0, judged)
    no_way = (won <= 0) & ~beyond & ~np.isnan(judged) | (won <= 0) & restart
    if not assembly.shifts.move("conversion"):  # what a shift closes is closed for judged deals as well
        _refuse_unwinnable(table, inputs, judged, np.flatnonzero(no_way & (judged > 0)))
    fixed_rate = np.where(no_way & ~np.isnan(judged), 0.0, fixed_rate)
    lost = np.where(np.isnan(fixed_rate), weighed.lost, 0.0)
    moved = [
        ((OPERATION_CODES["scale"], 1.0 - x), *moves) if x > 0 else moves
        for x, moves in zip(lost.tolist(), places.operations, strict=True)
    ]
    own_rate = np.where(np.isnan(fixed_rate), won, fixed_rate)
    before_months = _moved(own_rate, moved)
    if last := largest_factor(assembly.month_factors):
        moved = [(*moves, *last) for moves in moved]
    operation_start, operations = pack_operations(moved)

    for deal in inputs:
        if deal.amount * minor > LARGEST_AMOUNT:
            where = f"row {table.row[deal.at]} ({table.id[deal.at]})"
            raise InputError(f"{where}: amount {deal.amount:.6g} is too large; check the amount column and the shifts")
    realization = build_distribution(assembly.scenario.pipeline.realization)
    realization_factor = realization.value if isinstance(realization, Fixed) else 1.0
    listed = np.array([deal.amount for deal in inputs])
    largest = float(np.nanmax(listed, initial=0.0)) * realization_factor
    if largest * minor > LARGEST_AMOUNT:
        raise InputError(f"pipeline.realization makes an amount of {largest:.3g}, which is too large")
    expected = np.array([deal.drawn.mean if deal.drawn else deal.amount for deal in inputs])
    group_start, group = ragged(_by_labels(inputs, groups.of))
    stage = np.array(places.stage, dtype=np.int64)
    funnel = np.array(places.funnel, dtype=np.int64)
    deals = Deals(
        funnel=funnel,
        stage=stage,
        age=age,
        oldest=np.nan_to_num(created_age, nan=math.inf),
        weight_start=weight_start,
        weight=weight,
        age_share=weighed.share,
        judged=fixed_rate,
        not_before=np.nan_to_num(clock(table.not_before[at]), nan=-math.inf),
        amount=np.where(np.isnan(listed), -1, np.rint(np.nan_to_num(listed) * realization_factor * minor)).astype(
            np.int64
        ),
        amount_table=np.array([assembly.amount_table(d.drawn) if d.drawn else -1 for d in inputs], dtype=np.int64),
        level=np.array([assembly.level(d.labels["segment"]) if d.drawn else -1 for d in inputs], dtype=np.int64),
        combination=np.array(_by_labels(inputs, assembly.combination), dtype=np.int64),
        group_start=group_start,
        group=group,
        operation_start=operation_start,
        operations=operations,
    )
    book = OpenBook(
        id=tuple(table.id[i] for i in at),
        row=np.array([table.row[i] for i in at], dtype=np.int64),
        stage=stage,
        amount=expected,
        stage_win_rate=_moved(funnels.win_rate[first_state(funnels, funnel) + stage], places.operations),
        age_days=-table.entered[at],
        close_date=table.close_date[at].astype(np.float64),
        name=tuple(table.name[deal.at] for deal in inputs),
        account=tuple(table.account[deal.at] for deal in inputs),
    )
    table_index = -1 if isinstance(realization, Fixed) else assembly.tables.add(realization)
    return CompiledDeals(
        deals=deals,
        book=book,
        win_rate=_moved(own_rate, moved) if last else before_months.copy(),
        before_months=before_months,
        beyond_support=beyond,
        judged=~np.isnan(judged),
        realization_table=table_index,
        lost=lost,
        inflows=inflows,
    )
