"""Why a forecast moved: the sales progress between two dates, cause by cause."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from simfunnel.arrays import Ints
from simfunnel.forecast.estimates import Estimate, quantile_rank
from simfunnel.forecast.forecast import Forecast
from simfunnel.forecast.inputs import Prepared
from simfunnel.forecast.simulation import simulate
from simfunnel.planning.compare.named import UNNAMED, NamedDeal, Setting, named_deals
from simfunnel.planning.compare.two_dates import State, states
from simfunnel.planning.pairs.differences import bookings, difference, minor
from simfunnel.scenario.schema import TOTAL


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
    note: str | None = None
    """What the counts cannot tell, or which data were corrected."""
    named: tuple[NamedDeal, ...] | None = None
    """What each deal did, where that was asked for; empty for causes that concern all alike."""


@dataclass(frozen=True, slots=True)
class Movement:
    """Sales progress: (estimate + done) after less (estimate + done) before."""

    done_before: float
    estimate_before: float
    done_after: float
    estimate_after: float

    @property
    def progress(self) -> float:
        """What the period has gained."""
        return self.done_after + self.estimate_after - self.done_before - self.estimate_before


@dataclass(frozen=True, slots=True)
class SalesProgress:
    """What one period has gained between two dates."""

    period: str
    days: int
    forecast: Movement
    """By the forecast: mean bookings still to come in the period."""
    weighted: Movement
    """By the weighted pipeline, as a spreadsheet has it: amount x win rate of the stage, whenever it closes."""


@dataclass(frozen=True)
class Waterfall:
    """Two dated pipelines and what happened in between."""

    progress: SalesProgress
    steps: tuple[Step, ...]
    states: tuple[Forecast, ...]
    """The forecasts of all pipelines on the way, the first and the last being the two compared."""
    bookings: tuple[Ints, ...]
    """(n,) for each state: bookings of the period, minor units."""

    @property
    def period(self) -> str:
        """Label of the period, or ``total``."""
        return self.progress.period

    @property
    def days(self) -> int:
        """Days between the two dates."""
        return self.progress.days

    @property
    def forecast(self) -> Movement:
        """Sales progress by the forecast."""
        return self.progress.forecast

    @property
    def weighted(self) -> Movement:
        """Sales progress by the weighted pipeline."""
        return self.progress.weighted


def waterfall(
    before: Prepared, after: Prepared, period: str, targets: tuple[float | None, float | None], *, trials: int,
    seed: int, kernel: str = "auto", threads: int | None = None, ends: tuple[Forecast, Forecast] | None = None,
    named: bool = False,
) -> Waterfall:  # fmt: skip
    """Explain the change of one period, under common random numbers.

    Parameters
    ----------
    before, after
        The two scenarios; `no_waterfall` has found nothing against them.
    period
        Label of a period of both, or ``total``.
    targets
        Of the period, before and after; a changed target is a changed assumption.
    ends
        The forecasts of the two scenarios themselves, where they are there already.
    named
        Whether each cause tells its deals one by one.
    """
    way = states(before, after)
    forecasts = _run_alike(way, trials=trials, seed=seed, kernel=kernel, threads=threads, ends=ends)
    first_new = period == after.periods[0].label
    values = []
    for state, forecast in zip(way, forecasts, strict=True):
        since = state.won_since if first_new else 0.0
        values.append(bookings(forecast, position(forecast, period)) + round(since * forecast.minor_units))
    unit = float(forecasts[0].minor_units)
    steps = [
        _step(state, values[i], values[i + 1], unit, (targets[0], targets[1] if i + 2 == len(way) else targets[0]))
        for i, state in enumerate(way[1:])
    ]
    if named:
        own = dict(zip(after.table.won.id, after.table.won.amount.tolist(), strict=True)) if first_new else {}
        own = {key: amount for key, amount in own.items() if key not in before.table.won.id}
        steps = [
            replace(step, named=_named(way[i], way[i + 1], values[i], forecasts[i], period, targets[0], threads, own))
            for i, step in enumerate(steps)
        ]
    progress = sales_progress(forecasts[0], forecasts[-1], period)
    return Waterfall(progress, tuple(steps), tuple(forecasts), tuple(values))


def _named(
    before: State, after: State, total: Ints, forecast: Forecast, period: str, target: float | None,
    threads: int | None, won: Mapping[str, float],
) -> tuple[NamedDeal, ...]:  # fmt: skip
    if after.cause in UNNAMED or not after.keys:
        return ()
    p = forecast.provenance
    setting = Setting(
        position(forecast, period), target, p.trials, p.seed, p.kernel or "paths", float(forecast.minor_units), threads
    )  # fmt: skip
    return named_deals(before, after, total, setting, won)


def sales_progress(before: Forecast, after: Forecast, period: str) -> SalesProgress:
    """Compare what is done and what is estimated in a period at two dates."""
    return SalesProgress(
        period, (after.as_of - before.as_of).days,
        *(_progress(before, after, period, weighted=weighted) for weighted in (False, True)),
    )  # fmt: skip


def position(forecast: Forecast, period: str) -> int:
    """Position of a period in a forecast; the number of its periods for ``total``."""
    labels = [p.label for p in forecast.periods]
    return len(labels) if period == TOTAL else labels.index(period)


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


def _step(state: State, x: Ints, y: Ints, unit: float, targets: tuple[float | None, float | None]) -> Step:
    p = None
    if targets[0] is not None and targets[1] is not None:
        p = float(np.mean(y >= minor(targets[1], unit))) - float(np.mean(x >= minor(targets[0], unit)))
    rank = quantile_rank(len(x), 0.5)
    p50 = float(np.partition(y, rank)[rank] - np.partition(x, rank)[rank]) / unit
    mean = difference(x, y, unit, quantiles=()).mean
    return Step(state.cause, state.deals, state.amount, mean, p50, p, state.note)


def _progress(before: Forecast, after: Forecast, label: str, *, weighted: bool) -> Movement:
    values = []
    for forecast in (before, after):
        overall = forecast.summary.overall
        period = (*overall.periods, overall.total)[position(forecast, label)]
        done = period.by_origin["closed"].mean
        values += [done, period.weighted_pipeline if weighted else period.bookings.mean - done]
    return Movement(*values)
