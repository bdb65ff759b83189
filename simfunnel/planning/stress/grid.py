"""P(attain) over any two assumptions: a grid of forecasts under common random numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.engine.paths.lead_runs import critical_multipliers
from simfunnel.errors import InputError
from simfunnel.forecast.forecast import Forecast
from simfunnel.planning.pairs.differences import closed, minor, p_attain, to_come
from simfunnel.planning.pairs.goal import Goal
from simfunnel.planning.pairs.lead_curve import shortfall, stream_flags
from simfunnel.planning.pairs.paired import PairedForecasts, shift
from simfunnel.scenario.shifts import MARKET_FACTOR, parse_shift_path
from simfunnel.values.messages import show
from simfunnel.values.numbers import parse_fraction

CELL_TRIALS = 2_560
"""Keeps the standard error of P(attain) below 0.01 wherever it lies: 0.5 / sqrt(2,560) = 0.0099."""
LOW, HIGH, COUNT = 0.5, 1.5, 21
MOST_CELLS = 101 * 101

_RANGE = re.compile(r"(?s)(.*\S)\s*=\s*([^=:\]]+):([^:]+?)(?::\s*(\d+)\s*)?")


@dataclass(frozen=True, slots=True)
class Axis:
    """One assumption and the factors it is moved by."""

    path: str
    values: tuple[float, ...]


@dataclass(frozen=True)
class Grid:
    """P(attain) under two assumptions moved together."""

    rows: Axis
    columns: Axis
    p_attain: Floats
    """(rows, columns)"""
    stderr: Floats
    """(rows, columns)"""
    trials: int
    """Of each cell."""


def parse_axis(text: str) -> Axis:
    """Read ``win_rate``, ``win_rate=0.5:1.5`` or ``win_rate=0.5:1.5:21``: a path, a range of factors, how many."""
    match = _RANGE.fullmatch(text.strip())
    path, low, high, count = (text, LOW, HIGH, COUNT) if match is None else _bounds(text, match)
    try:
        parsed = parse_shift_path(path)
    except ValueError as error:
        raise InputError(f"grid: {error}") from None
    if parsed.name == MARKET_FACTOR:
        raise InputError("grid: market_factor can only be set; choose an assumption that can be scaled")
    return Axis(str(parsed), tuple(float(x) for x in np.linspace(low, high, count)))


def _bounds(text: str, match: re.Match[str]) -> tuple[str, float, float, int]:
    try:
        low, high = parse_fraction(match[2].strip()), parse_fraction(match[3].strip())
    except ValueError as error:
        raise InputError(f"grid: {error}; write a range of factors such as win_rate=0.5:1.5:21") from None
    count = int(match[4][:9]) if match[4] else COUNT
    if count > MOST_CELLS // 2:
        raise InputError(f"grid: expected at most {MOST_CELLS // 2:,} factors, found {show(text)}")
    if not 0 <= low < high or count < 2:
        raise InputError(
            f"grid: expected factors from 0 up, the lower one first, and at least 2 of them, such as "
            f"win_rate=0.5:1.5:21, found {show(text)}"
        )
    return match[1], low, high, count


def resolve_axes(grid: Sequence[str], default: Sequence[str]) -> tuple[Axis, Axis]:
    """Read the two axes of a grid; none given means the default ones."""
    given = [parse_axis(text) for text in (grid or default)]
    if len(given) != 2:
        raise InputError(
            f"grid: a grid has two assumptions, such as --grid win_rate --grid leads.rate; found {len(given)}"
        )
    if given[0].path == given[1].path:
        raise InputError(f"grid: expected two different assumptions, found {show(given[0].path)} twice")
    cells = len(given[0].values) * len(given[1].values)
    if cells > MOST_CELLS:
        raise InputError(f"grid: {cells:,} cells are more than the {MOST_CELLS:,} a picture can show; take fewer")
    return given[0], given[1]


def attain_grid(pairs: PairedForecasts, goal: Goal, axes: tuple[Axis, Axis]) -> Grid:
    """Forecast every cell of a grid.

    Where one axis is the rate of new leads, a whole row comes from one simulation of leads that are thinned; where one
    is all amounts, from one forecast whose bookings are multiplied (to a cent a deal). Other cells are forecasts of
    their own.

    Parameters
    ----------
    pairs
        Pairs of `CELL_TRIALS` trials (or fewer, if the caller wants so).
    goal
        Period and target.
    axes
        Rows and columns.
    """
    rows, columns = axes
    if _ease(rows) > _ease(columns):
        flipped = attain_grid(pairs, goal, (columns, rows))
        return Grid(rows, columns, flipped.p_attain.T, flipped.stderr.T, flipped.trials)
    p = np.empty((len(rows.values), len(columns.values)))
    sources = _thinned(columns)
    for i, value in enumerate(rows.values):
        if sources is not None:
            p[i] = _thinned_row(pairs, goal, rows, value, columns, sources)
        elif columns.path == "amount":
            p[i] = _scaled_row(pairs, goal, rows, value, columns)
        else:
            for j, other in enumerate(columns.values):
                found = pairs.shifted((shift(rows.path, scale=value), shift(columns.path, scale=other)))
                estimate = p_attain(found, goal.index, goal.target)
                p[i, j] = 0.0 if estimate is None else estimate.mean
    return Grid(rows, columns, p, np.sqrt(p * (1 - p) / pairs.trials), pairs.trials)


def forecasts_of(axes: tuple[Axis, Axis]) -> int:
    """Count the forecasts that a grid takes: one a row where a row comes from one, else one a cell."""
    rows, columns = sorted(axes, key=_ease)
    return len(rows.values) * (1 if _ease(columns) else len(columns.values))


def _ease(axis: Axis) -> int:
    """How much of a row one simulation gives: nothing, or all of it, by multiplying or by thinning."""
    return 2 if _thinned(axis) is not None else 1 if axis.path == "amount" else 0


def _scaled_row(pairs: PairedForecasts, goal: Goal, rows: Axis, value: float, columns: Axis) -> Floats:
    """P(attain) along all amounts: what is not closed yet is multiplied."""
    found = pairs.shifted((shift(rows.path, scale=value),))
    rest = to_come(found, goal.index)
    gap = minor(goal.amount, float(found.minor_units)) - closed(found, goal.index)
    return np.array([float(np.mean(np.rint(rest * factor) >= gap)) for factor in columns.values])


def _thinned(axis: Axis) -> str | None:
    """Source whose leads the axis thins, "" for all; None where it is something else than their rate."""
    path = parse_shift_path(axis.path)
    if path.name != "leads.rate" or set(path.filters) - {"source"}:
        return None
    return path.filters.get("source", "")


def _thinned_row(pairs: PairedForecasts, goal: Goal, rows: Axis, value: float, columns: Axis, source: str) -> Floats:
    """P(attain) along the lead rate: in each trial the smallest multiplier at which it reaches the target."""
    shifts = (shift(rows.path, scale=value),)
    base: Forecast = pairs.shifted(shifts)
    compiled = pairs.prepared.compiled((*pairs.base_shifts, *shifts), pairs.groups)
    chosen = [source] if source else list(dict.fromkeys(compiled.book.sources))
    if not any(("source", name) in base.groups for name in chosen):
        raise InputError(f"the shift '{columns.path}' matches nothing: no deal, lead source or stage has these names")
    present = [name for name in chosen if ("source", name) in base.groups]
    gap = shortfall(base, goal, goal.amount, present)
    critical = critical_multipliers(
        compiled.model, gap, seed=pairs.seed, used=stream_flags(compiled, present), period=goal.index,
        highest=max(columns.values), threads=pairs.threads,
    )  # fmt: skip
    return np.searchsorted(np.sort(critical), columns.values, side="right") / len(critical)
