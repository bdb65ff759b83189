"""The difference of two forecasts, whichever way each is known."""

from __future__ import annotations

import math

import numpy as np

from simfunnel.forecast.estimates import Z95, Estimate
from simfunnel.forecast.forecast import Forecast
from simfunnel.forecast.sampled import Sampled
from simfunnel.forecast.solved import Solved
from simfunnel.planning.pairs.differences import SHOWN_QUANTILES, Difference, bookings, difference


def are_paired(a: Forecast, b: Forecast) -> bool:
    """Whether both have the same seed, trials and kernel, so that luck cancels; distributions have no luck."""
    x, y = a.provenance, b.provenance
    sampled = isinstance(a.known, Sampled) and isinstance(b.known, Sampled)
    return sampled and (x.seed, x.trials, x.kernel) == (y.seed, y.trials, y.kernel)


def are_solved(a: Forecast, b: Forecast) -> bool:
    """Whether the distributions of both are known, so that a difference has the errors that are stated of them."""
    return isinstance(a.known, Solved) and isinstance(b.known, Solved)


def known_difference(
    base: Forecast, i: int, other: Forecast, j: int, targets: tuple[float | None, float | None]
) -> Difference:
    """Compare period `i` of the base with period `j` of another forecast.

    Where the trials of both are known, the errors are those of `difference`. A distribution instead has stated errors,
    which are bounds: two of them add up, and they are added to the standard error of a side that has trials.
    """
    if isinstance(base.known, Sampled) and isinstance(other.known, Sampled):
        return difference(bookings(base, i), bookings(other, j), float(base.minor_units), targets)
    if base is other and i == j and targets[0] == targets[1]:
        nothing = Estimate(0.0, 0.0)
        p = None if targets[0] is None else nothing
        return Difference(nothing, dict.fromkeys(SHOWN_QUANTILES, nothing), p, paired=False)
    sides = ((base, i), (other, j))
    p = None
    if targets[0] is not None and targets[1] is not None:
        p = _apart(*(_chance(f, k, t) for (f, k), t in zip(sides, targets, strict=True) if t is not None))
    return Difference(
        mean=_apart(*(_Value(f.known.mean(0, k), stated=isinstance(f.known, Solved)) for f, k in sides)),
        quantiles={q: _apart(*(_quantile(f, k, q) for f, k in sides)) for q in SHOWN_QUANTILES},
        p_attain=p,
        paired=False,
    )


class _Value:
    """A figure of one side: its standard error, or its stated one."""

    def __init__(self, value: Estimate, *, stated: bool) -> None:
        self.value, self.stated = value, stated


def _apart(a: _Value, b: _Value) -> Estimate:
    stated = sum(x.value.stderr for x in (a, b) if x.stated)
    drawn = math.hypot(*(x.value.stderr for x in (a, b) if not x.stated), 0.0)
    return Estimate(b.value.mean - a.value.mean, stated + drawn)


def _chance(forecast: Forecast, k: int, target: float) -> _Value:
    known = forecast.known
    found = known.attainment(0, k, target)
    if isinstance(known, Solved):
        return _Value(Estimate(found.probability, known.stated_error(0, k)), stated=True)
    return _Value(Estimate(found.probability, found.stderr), stated=False)


def _quantile(forecast: Forecast, k: int, q: float) -> _Value:
    """A quantile, with half of what its interval spans; of trials, a standard error."""
    known = forecast.known
    value = float(known.quantiles(np.array([q]), 0, k)[0])
    low, high = known.quantile_interval(q, 0, k)
    half = 0.5 * (high - low)
    solved = isinstance(known, Solved)
    return _Value(Estimate(value, half if solved else half / Z95), stated=solved)
