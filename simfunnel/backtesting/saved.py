"""Saved forecasts scored by what a history says came of their periods."""

from __future__ import annotations

import datetime as dt
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from simfunnel.arrays import Bools, Floats
from simfunnel.backtesting.baselines.draws import of_sum
from simfunnel.backtesting.baselines.run_rates import LEAST_SEEN
from simfunnel.backtesting.past import Past
from simfunnel.backtesting.results import INTERVALS, LEVELS, Rival
from simfunnel.backtesting.scores import crps, pit
from simfunnel.errors import InputError, Problem
from simfunnel.estimation.book import has_amounts
from simfunnel.estimation.observation import observed_from
from simfunnel.forecast.forecast import Forecast
from simfunnel.forecast.sampled import Sampled
from simfunnel.forecast.storage import FORECAST_FILE
from simfunnel.history.history import DAY, History
from simfunnel.shown import Shown
from simfunnel.wording.language import tell

FINE = (np.arange(999) + 1) / 1_000
"""Levels by which an exact forecast is scored."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a forecast said of one period, of everything or of one group; money in major units."""

    path: str
    """Where it is kept."""
    as_of: dt.date
    period: str
    first: dt.date
    last: dt.date
    """The day after the period."""
    mean: float
    quantiles: Mapping[float, float]
    target: float | None
    p_attain: float | None
    group: tuple[str, str] | None = None
    made: str | None = None
    """ISO time at which it was recorded; None where nobody knows."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Scorable(Said):
    """What a forecast said, with what it is scored by."""

    draws: Floats
    """Trials, or quantiles at equal steps."""
    weighted: float | None = None
    """What a weighted pipeline said of the period at the same day."""


@dataclass(frozen=True, kw_only=True)
class TrackedForecast(Said):
    """One period of one saved forecast, and what came; money in major units."""

    actual: float | None
    """None where the period is not over in the history."""
    why: str | None
    """Why there is no actual."""
    pit: float | None
    crps: float | None
    rivals: Mapping[str, Rival]
    """``run_rate``: won so far in the period, and what as many days before brought as are left; ``weighted``: won so
    far and the weighted pipeline, where it was kept."""

    @property
    def inside_80(self) -> bool | None:
        """Whether the actual lies in the 80 % range."""
        low, high = INTERVALS[0.8]
        return None if self.actual is None else self.quantiles[low] <= self.actual <= self.quantiles[high]


@dataclass(frozen=True, eq=False)
class Track(Shown):
    """Saved forecasts against what came, by day and period."""

    file: str | None
    """File of the history."""
    currency: str
    """Of all amounts."""
    forecasts: tuple[TrackedForecast, ...]
    """By period, and then by the day they were made."""
    value: str = "amount"
    """``amount``, or ``count`` where the forecasts count wins."""

    @property
    def scored(self) -> tuple[TrackedForecast, ...]:
        """Those whose period is over."""
        return tuple(x for x in self.forecasts if x.actual is not None)


def track(history: History, folder: str | os.PathLike[str]) -> Track:
    """Score all forecasts that are saved in a folder, or below it.

    Parameters
    ----------
    history
        What is known of past deals: what was won when, for how much.
    folder
        A saved forecast, or a folder of saved forecasts.

    Raises
    ------
    InputError
        If there is none, one is damaged, or they are in other currencies or units than each other or the history.
    """
    root = Path(folder)
    if not root.is_dir():
        raise InputError(Problem("expected a folder of saved forecasts (`run --out`), found none", file=str(root)))
    paths = sorted(path.parent for path in root.rglob(FORECAST_FILE))
    if not paths:
        raise InputError(Problem(f"no {FORECAST_FILE} in it or below it: `run --out` saves a forecast", file=str(root)))
    found = [(path, Forecast.load(path)) for path in paths]
    currency, count = _unit(history, found)
    past, first = Past(history, count, unseen=False), observed_from(history)
    said = [one for path, forecast in found for one in _said(forecast, os.path.relpath(path, root))]
    rows = [scored(past, one, untold(history, first, one.first, one.last), one.last) for one in said]
    ordered = tuple(sorted(rows, key=lambda x: (x.first, x.period, x.as_of, x.path)))
    return Track(history.file, currency, ordered, "count" if count else "amount")


def _unit(history: History, found: Sequence[tuple[Path, Forecast]]) -> tuple[str, bool]:
    """Currency of all forecasts, and whether they count wins; refuse what cannot be compared or added up."""
    currency, there = history.currency or found[0][1].currency, history.currency is not None
    counted = [_counts_wins(forecast) for _, forecast in found]
    amounts = has_amounts(history)
    for (path, forecast), count in zip(found, counted, strict=True):
        if forecast.currency != currency:
            others = "the history" if there else f"that of {found[0][0]}"
            raise InputError(Problem(f"is in {forecast.currency}, {others} in {currency}", file=str(path)))
        if count != counted[0]:
            message = "one of this forecast and the first counts wins, the other is of money: score them apart"
            raise InputError(Problem(message, file=str(path)))
        if not count and not amounts:
            raise InputError(Problem(
                "is of money, and most won deals of the history have no amount: name its column under "
                "`history.columns.amount`", file=str(path)))  # fmt: skip
    return currency, counted[0]


def _counts_wins(forecast: Forecast) -> bool:
    """Whether every win brings 1, as in a scenario that was learned with ``--value count``."""
    found = forecast.known.numbers(0, len(forecast.periods), None)
    return found.wins.mean > 0 and math.isclose(found.wins.mean, found.bookings.mean, rel_tol=1e-6)


def _said(forecast: Forecast, path: str) -> Iterator[Scorable]:
    for k, period in enumerate(forecast.periods):
        target = forecast.targets.get((0, k))
        yield Scorable(
            path=path, as_of=forecast.as_of, period=period.label, first=period.start, last=period.end,
            mean=forecast.mean(k), draws=_draws(forecast, k), target=target,
            quantiles=dict(zip(LEVELS, forecast.quantiles(np.array(LEVELS), k).tolist(), strict=True)),
            p_attain=None if target is None else forecast.p_attain(target, k).probability,
        )  # fmt: skip


def scored(past: Past, said: Scorable, why: str | None, day: dt.date, own: Bools | None = None) -> TrackedForecast:
    """Score what was said of a period by what came.

    Parameters
    ----------
    past
        The history that tells what came.
    said
        Of one period, everything or a group.
    why
        Why nobody knows what came; None where it is known.
    day
        The day as of which what came is looked at.
    own
        (deals,) whether each deal of the history is of the group; default all are.
    """
    actual, rivals = None, {}
    if why is None:
        known = past.known(day)
        first, last = (past.history.midnight(x) / DAY for x in (said.first, said.last))
        won = known.won_between(first, last)
        actual = known.value(won if own is None else won & own)
        rivals = {} if own is not None else _run_rate(past, said, actual)
        if said.weighted is not None:
            rivals["weighted"] = Rival(said.weighted, abs(said.weighted - actual), None)
    return TrackedForecast(
        **{field.name: getattr(said, field.name) for field in fields(Said)}, actual=actual, why=why, rivals=rivals,
        pit=None if actual is None else pit(said.draws, actual),
        crps=None if actual is None else crps(said.draws, actual),
    )  # fmt: skip


def _draws(forecast: Forecast, k: int) -> Floats:
    """Trials, or of an exact forecast its quantiles, as fine as they are asked for."""
    return forecast.bookings(k) if isinstance(forecast.known, Sampled) else forecast.quantiles(FINE, k)


def untold(history: History, observed: float, start: dt.date, end: dt.date) -> str | None:
    """Why nobody knows what a period brought; None where the history tells all of it."""
    ends = history.day(history.last) + dt.timedelta(days=1)
    if end > ends:
        return tell("the history ends at {ends}, the period at {end}", ends=ends, end=end)
    late = math.isfinite(observed)  # observation began with deals long alive: what was won before is not told
    begins = history.day(int(observed * DAY) if late else int(history.deals.created.min()))
    if (start if late else end - dt.timedelta(days=1)) < begins:
        return tell("the history begins at {begins}, the period at {start}", begins=begins, start=start)
    return None


def _run_rate(past: Past, said: Said, actual: float) -> dict[str, Rival]:
    """Won so far, and what as many days before brought as are left, scaled up where they were seen in part only."""
    history, as_of = past.history, said.as_of
    if as_of >= said.last or as_of <= history.day(int(history.deals.created.min())):
        return {}
    known, days = past.known(as_of), (said.last - max(said.first, as_of)).days
    start, at, back = (history.midnight(x) / DAY for x in (said.first, as_of, as_of - dt.timedelta(days=days)))
    seen = max(min((at - past.standing(as_of).first) / days, 1.0), LEAST_SEEN)
    so_far = known.value(known.won_between(start, at)) if start < at else 0.0
    amounts = known.amount[known.won_between(back, at)]
    rng = np.random.default_rng([as_of.toordinal(), said.first.toordinal()])
    draws = so_far + of_sum(float(amounts.sum()) / seen, float((amounts**2).sum()), rng)
    ends = [float(x) for x in np.quantile(draws, LEVELS)]
    return {"run_rate": Rival(float(draws.mean()), crps(draws, actual), dict(zip(LEVELS, ends, strict=True)))}


def missed_by(rows: Sequence[TrackedForecast]) -> float | None:
    """Mean absolute error of the median, as a share of what came; None where nothing was won."""
    total = sum(x.actual or 0.0 for x in rows)
    return sum(abs(x.quantiles[0.5] - (x.actual or 0.0)) for x in rows) / total if total > 0 else None
