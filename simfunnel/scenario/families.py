"""The parameters of each family of distributions, as they are written and checked."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, ClassVar, Self

from pydantic import Field, model_validator

from simfunnel.scenario.base import Frozen, faults
from simfunnel.values.messages import show
from simfunnel.values.numbers import NonNegative, Number, Positive, parse_fraction, parse_number


class Fixed(Frozen):
    """Always the same value."""

    value: NonNegative
    """The value."""


class Exponential(Frozen):
    """Exponential with the given mean."""

    mean: Positive
    """Mean of the variable."""


class _Paired(Frozen):
    """A family that can be written with one of several pairs of parameters."""

    PAIRS: ClassVar[tuple[tuple[str, str], ...]] = ()

    @property
    def spelling(self) -> tuple[str, str]:
        """The pair of parameters that is given."""
        return next(pair for pair in self.PAIRS if getattr(self, pair[0]) is not None)

    @model_validator(mode="after")
    def _one_pair(self) -> Self:
        given = {name for name in type(self).model_fields if getattr(self, name) is not None}
        if not any(given == set(pair) for pair in self.PAIRS):
            pairs = " or ".join(f"{{{a}, {b}}}" for a, b in self.PAIRS)
            found = ", ".join(name for name in type(self).model_fields if name in given) or "none of them"
            raise ValueError(f"expected exactly one of the pairs {pairs}, found {found}")
        median, p90 = getattr(self, "median", None), getattr(self, "p90", None)
        if median is not None and p90 is not None and p90 <= median:
            raise faults(type(self).__name__, [(("p90",), f"must be above the median {median:g}, found {p90:g}")])
        return self


class Lognormal(_Paired):
    """Lognormal: the logarithm is normal with mean `mu` and standard deviation `sigma`."""

    PAIRS = (("mu", "sigma"), ("mean", "sd"), ("median", "p90"))
    mu: Number | None = None
    """Mean of the logarithm."""
    sigma: Positive | None = None
    """Standard deviation of the logarithm."""
    mean: Positive | None = None
    """Mean of the variable itself."""
    sd: Positive | None = None
    """Standard deviation of the variable itself."""
    median: Positive | None = None
    """Median of the variable."""
    p90: Positive | None = None
    """Value that 90 % of cases do not exceed."""


class _ShapeScale(_Paired):
    PAIRS = (("shape", "scale"), ("mean", "sd"), ("median", "p90"))
    shape: Positive | None = None
    """Shape parameter."""
    scale: Positive | None = None
    """Scale parameter, in the unit of the variable."""
    mean: Positive | None = None
    """Mean of the variable itself."""
    sd: Positive | None = None
    """Standard deviation of the variable itself."""
    median: Positive | None = None
    """Median of the variable."""
    p90: Positive | None = None
    """Value that 90 % of cases do not exceed."""


class Gamma(_ShapeScale):
    """Gamma with density proportional to x^(shape-1) exp(-x/scale)."""


class Weibull(_ShapeScale):
    """Weibull with survival exp(-(x/scale)^shape)."""


class Uniform(Frozen):
    """Uniform between `low` and `high`."""

    low: NonNegative
    """Smallest value."""
    high: NonNegative
    """Largest value."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.low < self.high:
            raise ValueError(f"low must be below high, found low {self.low:g} and high {self.high:g}")
        return self


class _ThreePoints(Frozen):
    low: NonNegative
    """Smallest value."""
    mode: NonNegative
    """Most likely value."""
    high: NonNegative
    """Largest value."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not (self.low <= self.mode <= self.high and self.low < self.high):
            found = f"found low {self.low:g}, mode {self.mode:g}, high {self.high:g}"
            raise ValueError(f"expected low <= mode <= high and low < high, {found}")
        return self


class Triangular(_ThreePoints):
    """Triangular with peak at `mode`."""


class Pert(_ThreePoints):
    """PERT (a beta between `low` and `high`) with lambda 4."""


class Empirical(Frozen):
    """Observed values (step ECDF), or quantiles with straight lines between them; exactly one is given."""

    values: tuple[NonNegative, ...] | None = Field(default=None, min_length=1)
    """Observed values, each equally likely; sorted when read."""
    quantiles: dict[float, NonNegative] | tuple[tuple[float, NonNegative], ...] | None = None
    """Probability -> value, at least two points, rising; or a list of such pairs, which may jump: two values of one
    probability leave a gap between them, two probabilities of one value make it an atom."""

    @property
    def points(self) -> tuple[tuple[float, float], ...]:
        """(probability, value) of each quantile, rising."""
        given = self.quantiles or {}
        return tuple(given.items()) if isinstance(given, Mapping) else given

    @model_validator(mode="before")
    @classmethod
    def _read_points(cls, data: Any) -> Any:
        if not isinstance(data, Mapping) or not isinstance(data.get("quantiles"), Mapping | list | tuple):
            return data
        given = data["quantiles"]
        named = isinstance(given, Mapping)
        points: list[tuple[float, float]] = []
        found: list[tuple[tuple[str | int, ...], str]] = []
        for i, pair in enumerate(given.items() if named else given):
            if not isinstance(pair, list | tuple) or len(pair) != 2:
                found.append((("quantiles", i), f"expected a pair [probability, value], found {show(pair)}"))
                continue
            key, value = pair
            at = ("quantiles", key if named else i)
            try:
                probability = parse_fraction(key)
            except ValueError as error:
                found.append((at, f"a quantile is named by its probability: {error}"))
                continue
            if not (0 < probability <= 1 or (probability == 0 and not named)):
                found.append((at, f"a probability must lie in (0, 1], found {show(key)}"))
            if named and any(probability == p for p, _ in points):
                found.append((at, f"the probability {show(key)} is given twice"))
            try:
                number = parse_number(value)
            except ValueError as error:
                found.append((at, str(error)))
                continue
            if number < 0:
                found.append((at, f"must be at least 0, found {show(value)}"))
            points.append((probability, number))
        if found:
            raise faults("Empirical", found)
        return {**data, "quantiles": dict(points) if named else tuple(points)}

    @model_validator(mode="after")
    def _rising(self) -> Self:
        if (self.values is None) == (self.quantiles is None):
            raise ValueError("expected a list of values, or {quantiles: {0.5: 10, 0.9: 30}}")
        if self.values is not None:
            object.__setattr__(self, "values", tuple(sorted(self.values)))
        if self.quantiles is not None:
            points = self.points
            if len(points) < 2:
                raise faults("Empirical", [(("quantiles",), "expected at least two quantiles")])
            for (p, x), (q, y) in pairwise(points):
                if q < p or y < x or (q, y) == (p, x):
                    message = f"quantiles must rise, found {x:g} at {p:g} and then {y:g} at {q:g}"
                    raise faults("Empirical", [(("quantiles",), message)])
            if points[-1][1] <= 0:
                raise faults("Empirical", [(("quantiles",), "the last quantile must be above 0")])
            if points[-1][0] == points[-2][0]:
                message = f"the last two quantiles need different probabilities, found {points[-1][0]:g} twice"
                raise faults("Empirical", [(("quantiles",), message)])
        return self


class Never(Frozen):
    """The duration never ends: the deal stays open for good."""
