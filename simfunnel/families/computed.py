"""What every distribution of a non-negative quantity can tell."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np

from simfunnel.arrays import Floats

NO_POINTS: Floats = np.empty((0, 2))


def special_functions() -> Any:
    """SciPy's, imported when a law first needs them: that takes longer than a small run."""
    from scipy import special

    return special


class Distribution(ABC):
    """A distribution of X >= 0.

    `sf` is P(X >= x), left-continuous, because that is what an age conditions on: a deal seen at age `a` has a
    duration of at least `a`. Arrays in, arrays of the same shape out.
    """

    piecewise_linear: ClassVar[bool] = False
    """Whether the quantile function is straight between its kinks."""
    steps: ClassVar[bool] = False
    """Whether all mass is in atoms."""

    @property
    @abstractmethod
    def mean(self) -> float:
        """E[X]; infinite for `Never`."""

    @property
    @abstractmethod
    def variance(self) -> float:
        """Var[X]."""

    @abstractmethod
    def sf(self, x: Floats) -> Floats:
        """P(X >= x)."""

    @abstractmethod
    def isf(self, v: Floats) -> Floats:
        """Largest x with P(X >= x) >= v: the value whose survival is `v`, for v in (0, 1]."""

    @abstractmethod
    def isf_low(self, u: Floats) -> Floats:
        """The same value by its lower tail, u = 1 - v, exact for u near 0 where 1 - u would lose digits."""

    @abstractmethod
    def partial_mean(self, x: Floats) -> Floats:
        """E[X; X < x]."""

    def integrated_sf(self, x: Floats) -> Floats:
        """Integral of P(X >= t) over t from 0 to x, which is E[min(X, x)]."""
        return self.partial_mean(x) + x * self.sf(x)

    @property
    def smooth_sd(self) -> float:
        """Standard deviation of what has a survival function with all derivatives above 0: of its narrowest part.

        0 where there is a step, a kink or an end.
        """
        return 0.0

    def atoms(self) -> tuple[Floats, Floats]:
        """Values of positive probability, and those probabilities."""
        return np.empty(0), np.empty(0)

    def kinks(self) -> Floats:
        """Points (v, x) at which the quantile function jumps, or starts or ends a plateau, by falling v.

        A jump is two points of one v; a plateau two points of one x. Between them the quantile function is smooth.
        """
        return NO_POINTS
