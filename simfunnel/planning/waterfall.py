"""Why a forecast moved: the sales progress between two dates, cause by cause."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simfunnel.forecast.estimates import Estimate, quantile_rank
from simfunnel.forecast.forecast import Forecast
from simfunnel.forecast.inputs import Prepared
from simfunnel.forecast.simulation import simulate
from simfunnel.planning.differences import bookings, difference, minor
from simfunnel.planning.two_dates import State, states


@dataclass(frozen=True, slots=True)
class Step:
    """What one cause did to the forecast of a period."""

    cause: str
    deals: int
    amount: float
    mean: Estimate
    """Change of mean bookings."""
    p50: float
    """Change of the median; the changes add up, for they telescope."""
    p_attain: float | None
    """Change of P(attain); likewise."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Sales progress: (estimate + done) after less (estimate + done) before."""

    done_before: float
    estimate_before: float
    done_after: float
    estimate_after: float

    @property
    def progress(self) -> float:
        """What the period has gained."""
        return self.done_after + self.estimate_after - self.done_before - self.estimate_before


@dataclass(frozen=True)
class Waterfall:
    """Two dated pipelines and what happened in between."""

    period: str
    days: int
    steps: tuple[Step, ...]
    forecast: Progress
    """By the forecast: mean bookings still to come in the period."""
    weighted: Progress
    """By the weighted pipeline, as a spreadsheet has it: amount x win rate of the stage, whenever it closes."""
    states: tuple[Forecast, ...]
    """The forecasts of all pipelines on the way, the first and the last being the two compared."""


def waterfall(
    before: Prepared, after: Prepared, k: int, targets: tuple[float | None, float | None], *, trials: int, seed: int,
    kernel: str = "auto", threads: int | None = None, ends: tuple[Forecast, Forecast] | None = None,
) -> Waterfall:  # fmt: skip
    """Explain the change of one period, under common random numbers.

    Parameters
    ----------
    before, after
        The two scenarios; `no_waterfall` has found nothing against them.
    k
        Position of the period in both; the number of periods stands for all of them.
    targets
        Of the period, before and after; a changed target is a changed assumption.
    ends
        The forecasts of the two scenarios themselves, where they are there already.
    """
    way = states(before, after)
    forecasts = _run_alike(way, trials=trials, seed=seed, kernel=kernel, threads=threads, ends=ends)
    steps = [
        _step(state, forecasts[i], forecasts[i + 1], k, (targets[0], targets[1] if i + 2 == len(way) else targets[0]))
        for i, state in enumerate(way[1:])
    ]
    first, last = forecasts[0], forecasts[-1]
    return Waterfall(
        period=first.periods[k].label if k < len(first.periods) else "total",
        days=(after.scenario.as_of - before.scenario.as_of).days, steps=tuple(steps),
        forecast=_progress(first, last, k, weighted=False), weighted=_progress(first, last, k, weighted=True),
        states=tuple(forecasts),
    )  # fmt: skip


def _run_alike(
    way: Sequence[State], *, trials: int, seed: int, kernel: str, threads: int | None,
    ends: tuple[Forecast, Forecast] | None,
) -> list[Forecast]:  # fmt: skip
    """Forecast all states with one kernel; a cause that concerns nothing leaves the forecast before it as it is."""

    def run(kernel: str, ends: tuple[Forecast, Forecast] | None) -> list[Forecast]:
        found: list[Forecast] = []
        for i, state in enumerate(way):
            if ends is not None and i in (0, len(way) - 1):
                found.append(ends[0 if i == 0 else 1])
            elif found and state.nothing:
                found.append(found[-1])
            else:
                made = simulate(state.prepared, trials=trials, seed=seed, kernel=kernel, threads=threads, groups=())
                found.append(made)
        return found

    found = run(kernel, ends)
    if len({f.provenance.kernel for f in found}) > 1:
        return run("paths", None)
    return found


def _step(state: State, a: Forecast, b: Forecast, k: int, targets: tuple[float | None, float | None]) -> Step:
    x, y, unit = bookings(a, k), bookings(b, k), float(a.minor_units)
    p = None
    if targets[0] is not None and targets[1] is not None:
        p = float(np.mean(y >= minor(targets[1], unit))) - float(np.mean(x >= minor(targets[0], unit)))
    rank = quantile_rank(len(x), 0.5)
    p50 = float(np.partition(y, rank)[rank] - np.partition(x, rank)[rank]) / unit
    return Step(state.cause, state.deals, state.amount, difference(x, y, unit, quantiles=()).mean, p50, p)


def _progress(a: Forecast, b: Forecast, k: int, *, weighted: bool) -> Progress:
    values = []
    for forecast in (a, b):
        overall = forecast.summary.overall
        period = (*overall.periods, overall.total)[k]
        done = period.by_origin["closed"].mean
        values += [done, period.weighted_pipeline if weighted else period.bookings.mean - done]
    return Progress(*values)
