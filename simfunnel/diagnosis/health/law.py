"""What the scenario's laws say of single deals: within the periods, by a close date, and of one that just came in."""

from __future__ import annotations

import math

import numpy as np

from simfunnel.arrays import Floats, Ints
from simfunnel.engine.law.timing import Law
from simfunnel.funnel.clock import BOUNDARY_TOLERANCE
from simfunnel.funnel.model import Model
from simfunnel.funnel.states import first_state

MOST_TIMES = 16
"""Close dates for which the law is asked; between more of them it is taken as straight."""
NEAR = 365.0
"""Operational days, or the periods where these are longer, up to which close dates are looked at together."""


def won_by(model: Model, day: Floats) -> Floats:
    """P(won by the end of a day) of each open deal, at the mean rates and pace; NaN where there is no day.

    Parameters
    ----------
    model
        The model.
    day
        (D,) days relative to as_of.
    """
    result = np.full(len(day), np.nan)
    asked = ~np.isnan(day)
    result[asked & (day < 0)] = 0.0
    ahead = np.flatnonzero(asked & (day >= 0))
    time = operational(model, np.floor(day[ahead]) + 1.0) - BOUNDARY_TOLERANCE
    far = time > max(NEAR, float(model.grid.bound[-1]))
    for part in (~far, far):  # apart: one date in the year 2099 would take all others from a lattice of months
        if part.any():
            result[ahead[part]] = _won_before(model, ahead[part], time[part])
    return result


def _won_before(model: Model, which: Ints, time: Floats) -> Floats:
    """P(won before an operational time) of some open deals, each with a time of its own."""
    times = np.unique(time)
    if len(times) > MOST_TIMES:
        times = np.unique(np.quantile(times, np.linspace(0, 1, MOST_TIMES)))
    before = _kept_before(model, Law(model, float(times[-1])), times)[which]
    if len(times) == 1:
        share = before[:, 0]
    else:
        right = np.clip(np.searchsorted(times, time), 1, len(times) - 1)
        low, high = times[right - 1], times[right]
        part = np.clip((time - low) / (high - low), 0.0, 1.0)
        rows = np.arange(len(which))
        share = before[rows, right - 1] * (1 - part) + before[rows, right] * part
    return np.clip(share, 0.0, 1.0) * model.win_rate[which]


def _kept_before(model: Model, law: Law, times: Floats) -> Floats:
    """(D, T) P(won before each time | candidate), wins thinned by month; of months beyond the periods at their mean."""
    m = model.months
    if not len(m.month):
        return np.asarray(law.deals_before(times).deals)
    # what is asked for last: the periods may end before or after it
    ends = np.unique(np.concatenate([m.bound[(m.bound > 0) & (m.bound < times[-1])], times]))
    month = np.searchsorted(m.bound[1:], ends)
    of_month = np.column_stack([m.deal, m.deal.mean(axis=1)])[:, np.append(m.month, 3)[month]]
    inside = np.diff(law.deals_before(ends).deals, axis=1, prepend=0.0) * of_month
    return np.asarray(np.cumsum(inside, axis=1)[:, np.searchsorted(ends, times)])


def entering(model: Model) -> Floats:
    """P(won within the periods) of a deal that enters each stage of each funnel now: (F, S)."""
    f = model.funnels
    end = float(model.grid.bound[-1])
    law, m = Law(model, end), model.months
    ends, factor = np.array([end]), np.ones(1)
    if len(m.month):
        ends = np.unique(np.append(m.bound[(m.bound > 0) & (m.bound < end)], end))
        factor = m.factor[m.month[np.minimum(np.searchsorted(m.bound[1:], ends), len(m.month) - 1)]]
    result = np.zeros((len(f.uncertain), f.stages))
    for funnel in range(len(f.uncertain)):
        for stage in range(f.stages):
            won = float(f.win_rate[first_state(f, funnel) + stage])
            if won > 0:
                before = np.diff(law.leads(funnel, stage).before(ends)[0], prepend=0.0)
                result[funnel, stage] = float(np.minimum(won * factor, 1.0) @ before)
    return np.clip(result, 0.0, 1.0)


def operational(model: Model, day: Floats) -> Floats:
    """Operational time at calendar days; beyond the periods a day is a day."""
    g = model.grid
    inside = np.interp(day, g.clock_day, g.clock_time)
    return np.asarray(inside + np.maximum(day - g.clock_day[-1], 0.0))


def calendar_days(model: Model, age: float, days: float | None) -> float | None:
    """Calendar days in which so many operational days pass, for a deal that is so old; its age is NaN if unknown."""
    if days is None:
        return None
    g = model.grid
    speed = float((g.clock_time[-1] - g.clock_time[0]) / (g.clock_day[-1] - g.clock_day[0]))
    if math.isnan(age):
        return days / speed
    reached = float(np.interp(-age, g.clock_day, g.clock_time)) + days
    beyond = max(reached - float(g.clock_time[-1]), 0.0) / speed
    return float(np.interp(reached, g.clock_time, g.clock_day)) + beyond + age
