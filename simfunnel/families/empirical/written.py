"""How an empirical distribution is written: observed values, or quantiles."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, ClassVar, Self

from pydantic import Field, model_validator

from simfunnel.families.json_schema import mapping, number
from simfunnel.families.written import Written
from simfunnel.values.frozen import faults
from simfunnel.values.messages import show
from simfunnel.values.numbers import FRACTION_PATTERN, NonNegative, parse_fraction, parse_number


class Empirical(Written):
    """Observed values (step ECDF), or quantiles with straight lines between them; exactly one is given."""

    COMPUTED: ClassVar[str] = "simfunnel.families.empirical.computed"
    SHORT: ClassVar[str | None] = "values"
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

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """Describe the list of values, and both ways to write quantiles."""
        low = number(minimum=0)
        quantiles = {
            "type": "object",
            "propertyNames": {"pattern": FRACTION_PATTERN},
            "additionalProperties": low,
            "minProperties": 2,
        }
        pair = {"type": "array", "prefixItems": [number(minimum=0, maximum=1), low], "minItems": 2, "maxItems": 2}
        pairs = {"type": "array", "minItems": 2, "items": pair}
        return {
            "oneOf": [
                {"type": "array", "items": low, "minItems": 1},
                mapping({"quantiles": {"oneOf": [quantiles, pairs]}}, ["quantiles"]),
            ]
        }

    def write(self, family: str) -> Any:
        """Write the values as a list, quantiles as they were given."""
        if self.values is not None:
            return {family: list(self.values)}
        given = self.quantiles or {}
        return {family: {"quantiles": dict(given) if isinstance(given, Mapping) else [*map(list, given)]}}
