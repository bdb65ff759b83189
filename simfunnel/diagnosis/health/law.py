"""What the scenario's laws say of single deals: within the periods, by a close date, and of one that just came in."""

from __future__ import annotations

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.engine.law.timing import Law
from simfunnel.funnel.model import Model

MOST_TIMES = 16
"""Close dates for which the law is asked; between more of them it is taken as straight."""


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
    if not len(ahead):
        return result
    time = operational(model, day[ahead] + 1.0)
    times = np.unique(time)
    if len(times) > MOST_TIMES:
        times = np.unique(np.quantile(times, np.linspace(0, 1, MOST_TIMES)))
    law = Law(model, float(times[-1]))
    before = law.deals_before(times).deals[ahead]
    right = np.clip(np.searchsorted(times, time), 1, max(len(times) - 1, 1))
    if len(times) == 1:
        share = before[:, 0]
    else:
        low, high = times[right - 1], times[right]
        part = np.clip((time - low) / (high - low), 0.0, 1.0)
        rows = np.arange(len(ahead))
        share = before[rows, right - 1] * (1 - part) + before[rows, right] * part
    result[ahead] = np.clip(share, 0.0, 1.0) * model.win_rate[ahead]
    return result


def entering(model: Model) -> Floats:
    """P(won within the periods) of a deal that enters each stage of each funnel now: (F, S)."""
    f = model.funnels
    end = float(model.grid.bound[-1])
    law = Law(model, end)
    result = np.zeros((len(f.uncertain), f.stages))
    for funnel in range(len(f.uncertain)):
        for stage in range(f.stages):
            won = float(f.win_rate[funnel * (f.stages + 2) + stage])
            if won > 0:
                result[funnel, stage] = won * float(law.leads(funnel, stage).before(np.array([end]))[0][0])
    return np.clip(result, 0.0, 1.0)


def operational(model: Model, day: Floats) -> Floats:
    """Operational time at calendar days; beyond the periods a day is a day."""
    g = model.grid
    inside = np.interp(day, g.clock_day, g.clock_time)
    return np.asarray(inside + np.maximum(day - g.clock_day[-1], 0.0))
