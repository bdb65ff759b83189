"""A law of time to an exit from a few events: the better of two families, instead of a staircase of single deals."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import optimize
from scipy.special import ndtr, ndtri

from simfunnel.arrays import Floats
from simfunnel.estimation.laws import AT_ONCE

LEAST_EVENTS, MANY_EVENTS = 5, 50
"""Exits between which a family is fitted: with fewer nothing is known of a shape, with more it shows itself."""
FURTHEST = 0.886
"""Largest distance from the exits, times the root of their number, at which a family is kept."""
INSTANT = 1 / 96
"""Days to which an instant is taken to be known: a quarter of an hour either way."""
FAMILIES = ("lognormal", "weibull")
P90_SCORE = float(ndtri(0.9))
_SHAPES = (0.2, 10.0)
"""Of a Weibull law, between which it is looked for; and of 1 / sd of the log of a lognormal one."""


@dataclass(frozen=True)
class FittedLaw:
    """A law with two parameters."""

    family: str
    """``lognormal`` or ``weibull``."""
    parameters: dict[str, float]
    """As a scenario writes them: median and P90; shape and scale."""
    log_likelihood: float
    """Mean of an exit."""
    distance: float
    """Largest distance from the share of exits until an age."""

    @property
    def written(self) -> dict[str, float]:
        """Parameters as a scenario writes them, to four digits."""
        return {name: float(f"{value:.4g}") for name, value in self.parameters.items()}


def fit_family(age: Floats, mass: Floats, exits: float) -> FittedLaw | None:
    """Fit a lognormal and a Weibull law to the days to an exit, and take the one under which they are likelier.

    Parameters
    ----------
    age
        (m,) days to exits, rising.
    mass
        (m,) incidence at each: what censoring, late entry and weights by calendar time make of the exits.
    exits
        How many there are.

    Returns
    -------
    FittedLaw or None
        None where exits happen on entry, or all on one day: those are atoms, and no family has them; and where even the
        better family is further from them than one in twenty of its own samples would be.

    Notes
    -----
    The likelihood of an exit is the probability of the days, half days or half hours that it may have taken, so that a
    day of 0 is no logarithm of 0. How far a sample may lie from a law that was fitted to it: Lilliefors
    (1967), Journal of the American Statistical Association 62.
    """
    half = _half_step(age)
    if (half == INSTANT and (age < AT_ONCE).any()) or np.ptp(age) < 2 * half:
        return None
    low, high, weight = np.maximum(age - half, 0.0), age + half, mass / mass.sum()
    found = max((_fitted(name, low, high, weight) for name in FAMILIES), key=lambda law: law.log_likelihood)
    return found if found.distance * math.sqrt(exits) <= FURTHEST else None


def _half_step(age: Floats) -> float:
    """Half of the step in which ages are told."""
    told = (half for half in (0.5, 0.25) if np.all(np.abs(age / (2 * half) - np.rint(age / (2 * half))) < 1e-9))
    return next(told, INSTANT)


def _below(name: str, age: Floats, x: Floats) -> Floats:
    """P(X < age); `x` is the log of the scale, and of the shape (of a lognormal law 1 / sd of the log)."""
    with np.errstate(divide="ignore"):
        turned = np.exp(x[1]) * (np.log(age) - x[0])
    return np.asarray(ndtr(turned) if name == "lognormal" else -np.expm1(-np.exp(np.minimum(turned, 50.0))))


def _fitted(name: str, low: Floats, high: Floats, weight: Floats) -> FittedLaw:
    logs = np.log(0.5 * (low + high))
    centre = float(weight @ logs)
    spread = float(np.sqrt(weight @ (logs - centre) ** 2))

    def cost(x: Floats) -> float:
        return -float(weight @ np.log(np.maximum(_below(name, high, x) - _below(name, low, x), 1e-300)))

    ends = np.array([[centre - 5.0, math.log(_SHAPES[0])], [centre + 5.0, math.log(_SHAPES[1])]])
    start = np.clip([centre, -math.log(max(spread, 0.1))], *ends)
    best = optimize.minimize(cost, start, method="L-BFGS-B", bounds=optimize.Bounds(ends[0], ends[1]))
    scale, shape = math.exp(best.x[0]), math.exp(best.x[1])
    if name == "lognormal":
        parameters = {"median": scale, "p90": scale * math.exp(P90_SCORE / shape)}
    else:
        parameters = {"shape": shape, "scale": scale}
    there = np.cumsum(weight) - 0.5 * weight
    distance = float(np.max(np.abs(_below(name, 0.5 * (low + high), best.x) - there) + 0.5 * weight))
    return FittedLaw(name, parameters, -float(best.fun), distance)
