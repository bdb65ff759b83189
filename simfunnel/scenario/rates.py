"""Conversion and win rates: a number, ``{mean, n}`` or ``{alpha, beta}``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import GetJsonSchemaHandler, model_serializer, model_validator
from pydantic_core import CoreSchema

from simfunnel.values.frozen import Frozen, faults
from simfunnel.values.messages import show, unknown
from simfunnel.values.numbers import FRACTION_PATTERN, NUMBER_PATTERN, Positive, Probability, parse_number


class Rate(Frozen):
    """A probability, and optionally the sample size it rests on."""

    mean: Probability
    """The rate itself."""
    n: Positive | None = None
    """Sample size behind it; without it the rate counts as known exactly."""

    @model_validator(mode="before")
    @classmethod
    def _read(cls, data: Any) -> Any:
        if isinstance(data, Rate):
            return data
        if isinstance(data, Mapping):
            return _from_beta(data) if "alpha" in data or "beta" in data else data
        if data is None or isinstance(data, bool | list | tuple):
            raise ValueError(f"expected a rate such as 0.45, 45% or {{mean: 0.45, n: 120}}, found {show(data)}")
        return {"mean": data}

    @model_serializer(mode="plain")
    def _write(self) -> Any:
        return self.mean if self.n is None else {"mean": self.mean, "n": self.n}

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Describe the three spellings, for editors."""
        rate = [
            {"type": "number", "minimum": 0, "maximum": 1},
            {"type": "string", "pattern": FRACTION_PATTERN},
        ]
        size = {
            "anyOf": [
                {"type": "number", "exclusiveMinimum": 0},
                {"type": "string", "pattern": NUMBER_PATTERN},
            ]
        }

        def mapping(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
            return {
                "type": "object",
                "properties": properties,
                "required": required,
                "additionalProperties": False,
            }

        return {
            "title": "Rate",
            "description": "A probability: a number, {mean, n} or {alpha, beta}.",
            "anyOf": [
                *rate,
                mapping({"mean": {"anyOf": rate}, "n": {"anyOf": [*size["anyOf"], {"type": "null"}]}}, ["mean"]),
                mapping({"alpha": size, "beta": size}, ["alpha", "beta"]),
            ],
        }


def _from_beta(data: Mapping[Any, Any]) -> dict[str, float]:
    values: dict[str, float] = {}
    found: list[tuple[tuple[str | int, ...], str]] = []
    for key, value in data.items():
        if key not in ("alpha", "beta"):
            mixed = f"{{alpha, beta}} stands alone; remove '{key}'" if key in ("mean", "n") else None
            found.append(((key,), mixed or unknown("key", key, ("alpha", "beta"))))
            continue
        try:
            values[key] = parse_number(value)
        except ValueError as error:
            found.append(((key,), str(error)))
            continue
        if values[key] <= 0:
            found.append(((key,), f"must be above 0, found {show(value)}"))
    found += [
        ((), f"'{key}' is missing beside '{other}'")
        for key, other in (("alpha", "beta"), ("beta", "alpha"))
        if key not in data
    ]
    if found:
        raise faults("Rate", found)
    total = values["alpha"] + values["beta"]
    return {"mean": values["alpha"] / total, "n": total}
