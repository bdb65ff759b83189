"""Any number of forecasts side by side, their differences with errors of their own."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from simfunnel.errors import InputError
from simfunnel.forecast.exact import exact_forecast
from simfunnel.forecast.forecast import Forecast
from simfunnel.forecast.inputs import Prepared, ScenarioLike
from simfunnel.forecast.simulation import simulate
from simfunnel.forecast.storage import FORECAST_FILE
from simfunnel.planning.compare.known import are_paired, known_difference
from simfunnel.planning.compare.two_dates import no_waterfall, same_deals
from simfunnel.planning.compare.waterfall import SalesProgress, Waterfall, position, sales_progress, waterfall
from simfunnel.planning.pairs.differences import Difference
from simfunnel.planning.pairs.goal import Amount, listed, resolve_target
from simfunnel.planning.pairs.paired import (
    PLANNING_TRIALS,
    as_prepared,
    bookings_only,
    planning_kernel,
    whole_trials,
    with_source,
)
from simfunnel.progress import Progress
from simfunnel.scenario.schema import TOTAL
from simfunnel.shown import Shown
from simfunnel.wording.language import tell
from simfunnel.wording.numbers import period_told

if TYPE_CHECKING:
    pass

Comparable = ScenarioLike | Prepared | Forecast
"""A scenario, or a forecast; a path may name a scenario file or the folder of a saved forecast."""


@dataclass(frozen=True, slots=True)
class PeriodComparison:
    """One period of a forecast against the same period of the base."""

    label: str
    mean: float
    p_attain: float | None
    target: float | None
    difference: Difference


@dataclass(frozen=True)
class Compared:
    """A forecast against the base."""

    name: str
    forecast: Forecast
    periods: tuple[PeriodComparison, ...]
    """Periods that both have, then ``total`` where they are all the same."""
    paired: bool
    """Whether both had the same seed, trials and kernel, so that luck cancels."""
    waterfall: Waterfall | None
    no_waterfall: str | None
    """Why there is no waterfall although the dates or the pipelines differ."""
    progress: SalesProgress | None = None
    """Sales progress of a period that both have, where the dates or the pipelines differ."""


@dataclass(frozen=True)
class Comparison(Shown):
    """Forecasts side by side."""

    name: str
    """Of the base."""
    base: Forecast
    """The forecast that the others are compared with."""
    base_periods: tuple[PeriodComparison, ...]
    """The base against itself: its means and P(attain), and differences of exactly zero."""
    others: tuple[Compared, ...]
    """Each of the others against the base."""


@dataclass(frozen=True)
class _Side:
    """One of the things compared."""

    name: str
    prepared: Prepared | None
    forecast: Forecast | None
    variant: str | None = None


def compare(
    base: Comparable,
    *others: Comparable,
    variants: Sequence[str] = (),
    period: str | None = None,
    target: Amount | None = None,
    overrides: Sequence[str] = (),
    trials: int | None = None,
    seed: int | None = None,
    kernel: str = "auto",
    threads: int | None = None,
    named: bool = False,
    progress: Progress | None = None,
) -> Comparison:
    """Compare scenarios or saved forecasts with the first of them.

    Parameters
    ----------
    base, *others
        Scenario files, their content, forecasts, or folders of saved forecasts. Scenarios are run with one seed and one
        number of trials (those of the saved forecasts, if there are any and they agree), so that luck cancels in the
        differences.
    variants
        Variants of the base to compare with it, besides `others`.
    period
        Period of the waterfall; default the first that both have.
    target
        Amount to reach in every period; default each scenario's own.
    overrides
        ``path=value`` texts, applied to every scenario.
    trials, seed, kernel, threads
        As `simulate` takes them; `PLANNING_TRIALS` trials and the base's seed unless told.
    named
        Whether each cause of a waterfall tells its deals one by one.
    progress
        Called with (done, in all).

    Raises
    ------
    InputError
        If something cannot be read, nothing is given to compare with, currencies differ, or no period is in common.
    """
    sides = _named([_side(item, overrides) for item in (base, *others)])
    first = sides[0]
    if variants and first.prepared is None:
        raise InputError("variants need the scenario; a saved forecast does not hold them")
    sides += [_Side(name, first.prepared, None, name) for name in variants]
    if len(sides) < 2:
        raise InputError("give something to compare with: another scenario, a saved forecast, or a variant")
    amount = None if target is None else resolve_target(target)
    trials, seed = _settings(sides, trials, seed)
    forecasts = _forecasts(sides, trials, seed, kernel, threads, progress)
    _check(sides, forecasts, period)
    start = forecasts[0]
    compared = []
    for side, forecast in zip(sides[1:], forecasts[1:], strict=True):
        why, steps, gained = _waterfall(first, side, start, forecast, period, amount, threads, named=named)
        rows = _periods(start, forecast, amount)
        compared.append(Compared(side.name, forecast, rows, are_paired(start, forecast), steps, why, gained))
    return Comparison(first.name, start, _periods(start, start, amount), tuple(compared))


def _side(item: Comparable, overrides: Sequence[str]) -> _Side:
    if isinstance(item, Forecast):
        return _Side(item.provenance.scenario_name or item.provenance.scenario_path or "forecast", None, item)
    if isinstance(item, str | os.PathLike):
        path = Path(item)
        if path.is_dir() or path.name == FORECAST_FILE:
            return _Side(str(item), None, Forecast.load(path))
    prepared = as_prepared(item, overrides)
    return _Side(prepared.loaded.source or prepared.scenario.name or "scenario", prepared, None)


def _named(sides: list[_Side]) -> list[_Side]:
    """Tell things of one name apart by a number."""
    names: list[str] = []
    for side in sides:
        count = sum(name == side.name or name.startswith(f"{side.name} (") for name in names)
        names.append(f"{side.name} ({count + 1})" if count else side.name)
    return [dataclasses.replace(side, name=name) for side, name in zip(sides, names, strict=True)]


def _settings(sides: Sequence[_Side], trials: int | None, seed: int | None) -> tuple[int, int]:
    """Trials and seed of what has to be run: those of the saved forecasts, where they agree, to be paired with them."""
    saved = [side.forecast.provenance for side in sides if side.forecast is not None]
    lengths = {p.trials for p in saved if p.trials}
    if trials is None and len(lengths) == 1:
        trials = lengths.pop()
    if seed is None:
        run = [side.prepared.scenario.simulation.seed for side in sides if side.prepared is not None]
        seed = saved[0].seed if saved else run[0]
    return whole_trials(PLANNING_TRIALS if trials is None else trials), seed


def _forecasts(
    sides: Sequence[_Side], trials: int, seed: int, kernel: str, threads: int | None, progress: Progress | None
) -> list[Forecast]:
    """Run what has to be run, all with one kernel: that of the saved forecasts, if there are any."""
    saved = [side.forecast for side in sides if side.forecast is not None]
    kernels = {forecast.provenance.kernel for forecast in saved if forecast.trials}
    prepared = [side.prepared for side in sides if side.prepared is not None]
    # a scenario beside saved forecasts that are all exact is computed as they were
    exact = bool(saved) and not any(forecast.trials for forecast in saved)
    if kernel == "auto" and (kernels == {"paths"} or any(planning_kernel(p, kernel) == "paths" for p in prepared)):
        kernel = "paths"
    done = 0

    def run(side: _Side, kernel: str) -> Forecast:
        nonlocal done
        if side.forecast is not None or side.prepared is None:
            return side.forecast  # type: ignore[return-value]
        source = side.prepared.under(side.variant)
        before, whole = done, len(sides) * trials
        report = None if progress is None else (lambda n, _: progress(min(before + n, whole), whole))
        if exact:
            return exact_forecast(source, seed=seed, variant=side.variant, groups=(), progress=progress)
        found = simulate(bookings_only(source), trials=trials, seed=seed, variant=side.variant, kernel=kernel,
                         threads=threads, groups=(), progress=report)  # fmt: skip
        done += trials
        return with_source(found, source, source.variant(side.variant))

    found = [run(side, kernel) for side in sides]
    if len({f.provenance.kernel for f in found if f.trials}) > 1:
        found = [
            f if f.provenance.kernel == "paths" or not f.trials else run(side, "paths")
            for side, f in zip(sides, found, strict=True)
        ]  # fmt: skip
    return found


def _check(sides: Sequence[_Side], forecasts: Sequence[Forecast], period: str | None) -> None:
    base = forecasts[0]
    labels = [p.label for p in base.periods]
    if period is not None and period not in (*labels, TOTAL):
        raise InputError(f"no period '{period}' in {sides[0].name}; known: {listed(labels)}, {TOTAL}")
    for side, forecast in zip(sides, forecasts, strict=True):
        if (forecast.currency, forecast.minor_units) != (base.currency, base.minor_units):
            raise InputError(f"{side.name} is in {forecast.currency}, {sides[0].name} in {base.currency}")
        own = [p.label for p in forecast.periods]
        if not set(own) & set(labels):
            raise InputError(
                f"no period in common: {sides[0].name} has {listed(labels)}, {side.name} has {listed(own)}"
            )


def _target(forecast: Forecast, k: int, given: float | None) -> float | None:
    return given if given is not None else forecast.targets.get((0, k))


def _periods(base: Forecast, other: Forecast, target: float | None) -> tuple[PeriodComparison, ...]:
    labels, own = [p.label for p in base.periods], [p.label for p in other.periods]
    pairs = [(label, labels.index(label), own.index(label)) for label in labels if label in own]
    if labels == own and len(labels) > 1:
        pairs.append((TOTAL, len(labels), len(own)))
    found = []
    for label, i, j in pairs:
        goals = _target(base, i, target), _target(other, j, target)
        reached = None if goals[1] is None else other.known.attainment(0, j, goals[1]).probability
        apart = known_difference(base, i, other, j, goals)
        found.append(PeriodComparison(label, other.known.mean(0, j).mean, reached, goals[1], apart))
    return tuple(found)


def _waterfall(
    first: _Side,
    side: _Side,
    a: Forecast,
    b: Forecast,
    period: str | None,
    target: float | None,
    threads: int | None,
    *,
    named: bool,
) -> tuple[str | None, Waterfall | None, SalesProgress | None]:
    """Give the waterfall and the sales progress of two dated pipelines, or why there is no waterfall.

    All are None where nothing asks for them: one date and the same deals.
    """
    if side.variant is not None:
        return None, None, None
    before, after = first.prepared, side.prepared
    moved = a.as_of != b.as_of
    if before is None or after is None:
        if not moved:
            return None, None, None
        why, label = _in_common(a, b, period, side.name)
        progress = None if label is None or a.as_of > b.as_of else sales_progress(a, b, label)
        return why or tell("a saved forecast does not hold the deals"), None, progress
    if not moved and same_deals(before, after):
        return None, None, None
    why, label = _in_common(a, b, period, side.name)
    if label is None or a.as_of > b.as_of:
        return no_waterfall(before, after) or why, None, None
    if why := no_waterfall(before, after):
        return why, None, sales_progress(a, b, label)
    p = a.provenance
    found = waterfall(
        bookings_only(before), bookings_only(after), label,
        (_target(a, position(a, label), target), _target(b, position(b, label), target)),
        trials=p.trials or PLANNING_TRIALS, seed=p.seed, kernel="paths" if p.kernel == "paths" else "auto",
        threads=threads,
        ends=(a, b) if are_paired(a, b) else None, named=named,
    )  # fmt: skip
    return None, found, found.progress


def _in_common(a: Forecast, b: Forecast, period: str | None, name: str) -> tuple[str | None, str | None]:
    """Period to explain (default the first that both have), or why there is none."""
    labels, own = [p.label for p in a.periods], [p.label for p in b.periods]
    if period is None:
        return None, next(label for label in labels if label in own)
    if period == TOTAL:
        return (None, TOTAL) if labels == own else (tell("their periods differ, so there is no total in common"), None)
    if period not in own:
        ended = b.as_of > a.periods[labels.index(period)].start
        if ended:
            return tell("{period} ended in between", period=period_told(period)), None
        return tell("{name} has no period {period}", name=name, period=period_told(period)), None
    return None, period
