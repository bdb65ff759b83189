"""Little's law: how many deals each stage holds for each lead that comes in a day.

A stage holds the flow into it times the mean time deals spend there, over all exits, lost ones included. Winners and
losers are followed apart (the process conditioned on its outcome): a win rate may be shifted without its timing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simfunnel.arrays import Floats
from simfunnel.funnel.book import Compiled
from simfunnel.funnel.compile_leads import UNIT_DAYS
from simfunnel.funnel.model import Model
from simfunnel.funnel.shift_arithmetic import shifted
from simfunnel.funnel.states import first_state


@dataclass(frozen=True)
class StreamStocks:
    """What one lead of each stream means to each stage, at the mean rates."""

    win_rate: Floats
    """(streams,) chance that a lead is won."""
    visits: Floats
    """(streams, S) times a lead enters the stage."""
    days: Floats
    """(streams, S) calendar days a lead spends in the stage, won or lost."""
    winning_days: Floats
    """(streams, S) the part of `days` spent by leads that will be won."""
    winning_share: Floats
    """(streams, S) share of the deals found in the stage in steady state that will be won."""
    amount: Floats
    """(streams,) mean amount of a won deal, major units."""
    undecided: bool
    """Whether some deals are never decided: they would pile up for ever, and are not counted."""


def stream_stocks(compiled: Compiled) -> StreamStocks:
    """Work out visits and time in stage of the leads of every stream."""
    m, s = compiled.model, compiled.model.streams
    n, S = len(s.source), m.funnels.stages
    win_rate = np.zeros(n)
    visits, days, winning = np.zeros((n, S)), np.zeros((n, S)), np.zeros((n, S))
    per_day = _per_operational_day(m)
    for i in range(n):
        f, start = int(s.funnel[i]), int(s.stage[i])
        w = float(m.funnels.win_rate[first_state(m.funnels, f) + start])
        w = shifted(s.operations, int(s.operation_start[i]), int(s.operation_start[i + 1]), w)
        kept = float(m.months.stream[i].mean()) if len(m.months.month) else 1.0  # a steady flow: all months alike
        win_rate[i] = w * kept
        for won, weight in ((True, w), (False, 1.0 - w)):
            if weight <= 0:
                continue
            entered, time = _conditioned(m, f, start, won=won)
            visits[i] += weight * entered
            days[i] += weight * entered * time * per_day
            if won:
                winning[i] = kept * weight * entered * time * per_day
    share = np.array([_winning_share(m, i, winning[i], days[i]) for i in range(n)]).reshape(n, S)
    amount = np.array([m.distributions[t].mean / compiled.book.minor_units for t in s.amount_table])
    return StreamStocks(win_rate, visits, days, winning, share, amount, bool(m.funnels.exit_never.any()))


def deals_of(model: Model, g: int) -> npt.NDArray[np.bool_]:
    """(deals,) whether each open deal belongs to a group."""
    inside = np.zeros(len(model.deals.stage), dtype=bool)
    start = model.deals.group_start
    inside[np.repeat(np.arange(len(inside)), np.diff(start))[model.deals.group == g]] = True
    return inside


def entry_figures(compiled: Compiled, units: Sequence[str], g: int = 0) -> tuple[float, float]:
    """Win rate of a deal that enters the funnel, and calendar days from there to Won.

    Means over the leads of a group, as they flow; without leads, over its open deals from the first stage on, each in
    the funnel of its segment, owner and source.
    """
    model, s = compiled.model, compiled.model.streams
    mine = [g == 0 or g in s.group[s.group_start[i] : s.group_start[i + 1]] for i in range(len(s.source))]
    leads = np.where(mine, daily_leads(model, list(units)), 0.0) if mine else np.zeros(0)
    if leads.sum() > 0:
        stocks = stream_stocks(compiled)
        won = float(leads @ stocks.win_rate)
        days = float(leads @ stocks.winning_days.sum(axis=1))
        return won / float(leads.sum()), (days / won if won > 0 else 0.0)
    used, counts = np.unique(model.deals.funnel[deals_of(model, g)], return_counts=True)
    won = days = 0.0
    for funnel, count in zip(used.tolist(), counts.tolist(), strict=True):
        w = count * float(model.funnels.win_rate[first_state(model.funnels, funnel)])
        won += w
        if w > 0:
            entered, time = _conditioned(model, funnel, 0, won=True)
            days += w * float(entered @ time) * _per_operational_day(model)
    return (won / int(counts.sum()) if len(used) else 0.0), (days / won if won > 0 else 0.0)


def _per_operational_day(model: Model) -> float:
    """Calendar days for each operational one, in the mean."""
    clock = model.grid
    speed = (clock.clock_time[-1] - clock.clock_time[0]) / (clock.clock_day[-1] - clock.clock_day[0])
    return float(1.0 / speed) if speed > 0 else 0.0


def daily_leads(model: Model, units: list[str]) -> Floats:
    """(streams,) leads a calendar day at the mean rates, before growth and season; `units` are those of the sources."""
    per_day = np.array([1.0 / UNIT_DAYS[unit] for unit in units])
    return np.asarray(model.streams.mean * per_day[model.streams.source])


def _conditioned(model: Model, f: int, start: int, *, won: bool) -> tuple[Floats, Floats]:
    """Visits to each stage from `start`, and operational days of one visit, given the outcome (Doob transform)."""
    funnels = model.funnels
    S = funnels.stages
    reach = funnels.win_rate[first_state(funnels, f) : first_state(funnels, f + 1)]
    step, time = np.zeros((S, S)), np.zeros(S)
    for stage in range(S):
        row = f * S + stage
        exits = range(int(funnels.exit_start[row]), int(funnels.exit_start[row + 1]))
        weights = []
        for e in exits:
            w = 0.0 if funnels.exit_never[e] else float(reach[funnels.exit_to[e]])
            weights.append(float(funnels.probability[e]) * (w if won else 1.0 - w))
        total = sum(weights)
        if total <= 0:
            continue
        for e, weight in zip(exits, weights, strict=True):
            if funnels.exit_never[e] or weight <= 0:
                continue
            time[stage] += weight / total * model.distributions[funnels.exit_table[e]].mean
            if funnels.exit_to[e] < S:
                step[stage, funnels.exit_to[e]] += weight / total
    entered = np.zeros(S)
    entered[start] = 1.0
    return np.asarray(np.linalg.solve(np.eye(S) - step.T, entered), dtype=np.float64), time


def _winning_share(model: Model, i: int, winning: Floats, days: Floats) -> Floats:
    """Share of winners among the deals in each stage: sum of p m w / sum of p m over the exits (steady state).

    With shifts of the win rate of the stream, which leave timing alone, it is that of the times of winners and losers.
    """
    funnels, streams = model.funnels, model.streams
    S, f = funnels.stages, int(streams.funnel[i])
    if streams.operation_start[i + 1] > streams.operation_start[i]:
        return np.divide(winning, days, out=np.zeros(S), where=days > 0)
    share = np.zeros(S)
    for stage in range(S):
        row = f * S + stage
        won = found = 0.0
        for e in range(int(funnels.exit_start[row]), int(funnels.exit_start[row + 1])):
            if funnels.exit_never[e]:
                continue
            mass = float(funnels.probability[e]) * model.distributions[funnels.exit_table[e]].mean
            found += mass
            won += mass * float(funnels.win_rate[first_state(funnels, f) + funnels.exit_to[e]])
        share[stage] = won / found if found > 0 else 0.0
    return share
