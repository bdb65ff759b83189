"""Wins by month of the quarter: factors on the density of the win time, as win probabilities and shares kept.

With factors m and M the largest of them, a deal of win probability w is a candidate with min(1, M w), the last of its
shifts, and a candidate's win in month k is kept with min(1, m_k w) / min(1, M w). So the density of the win time is
times m_k while no m_k w passes 1, and the factors that deals share act on the candidates, whose mean they leave alone.
"""

from __future__ import annotations

import datetime as dt

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.funnel.calendar import month_of_quarter
from simfunnel.funnel.clock import BOUNDARY_TOLERANCE, OperationalClock
from simfunnel.funnel.model import Funnels, LeadStreams, WinMonths, every_win
from simfunnel.funnel.shift_arithmetic import OPERATION_CODES, shifted
from simfunnel.funnel.states import first_state
from simfunnel.funnel.week_calendar import DAY
from simfunnel.scenario.schema import Periods

Factors = tuple[float, float, float]


def largest_factor(factors: Factors | None) -> tuple[tuple[int, float], ...]:
    """Give the last shift of every win probability; none without factors."""
    return () if factors is None else ((OPERATION_CODES["scale"], max(factors)),)


def win_months(
    factors: Factors | None, spec: Periods, as_of: dt.date, horizon: int, clock: OperationalClock, deal: Floats,
    stream: Floats,
) -> WinMonths:  # fmt: skip
    """Compile the months from `as_of` until the end of the horizon.

    Parameters
    ----------
    factors
        None changes nothing.
    spec
        The fiscal calendar.
    horizon
        Calendar days.
    deal, stream
        Win probabilities before the factors, at the mean rates.
    """
    if factors is None:
        return every_win()
    of_day = np.array([month_of_quarter(as_of + d * DAY, spec) for d in range(max(horizon, 1))], dtype=np.int64)
    starts = np.flatnonzero(np.diff(of_day, prepend=-1))
    bounds = clock(np.append(starts, horizon).astype(np.float64)) - BOUNDARY_TOLERANCE
    return WinMonths(bounds, of_day[starts], np.array(factors), kept(factors, deal), kept(factors, stream))


def kept(factors: Factors, w: Floats) -> Floats:
    """(n, 3) share of the wins of candidates that is kept, for win probabilities (n,)."""
    wanted = np.minimum(1.0, w[:, None] * np.array(factors))
    most = np.minimum(1.0, w * max(factors))[:, None]
    plain = np.array(factors) / max(factors)
    return np.ascontiguousarray(np.where(most < 1.0, plain, wanted))


def stream_rates(funnels: Funnels, streams: LeadStreams) -> Floats:
    """(streams,) win probability of leads before the factors of months, which are their last shift."""
    rates = [
        shifted(
            streams.operations, int(streams.operation_start[i]), int(streams.operation_start[i + 1]) - 1,
            float(funnels.win_rate[first_state(funnels, int(f)) + int(s)]),
        )
        for i, (f, s) in enumerate(zip(streams.funnel, streams.stage, strict=True))
    ]  # fmt: skip
    return np.array(rates, dtype=np.float64)
