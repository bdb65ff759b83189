"""How a mixture is written: a list of distributions, each with its weight."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from pydantic import Field, ValidationError, model_validator

from simfunnel.families.distribution import Distribution
from simfunnel.families.json_schema import mapping, number
from simfunnel.families.registry import FAMILIES, parameters_of
from simfunnel.families.written import Written
from simfunnel.values.frozen import Frozen, faults, prefixed
from simfunnel.values.messages import show
from simfunnel.values.numbers import Positive


class MixtureComponent(Frozen):
    """One part of a mixture: ``{weight: 0.3, lognormal: {...}}``."""

    weight: Positive
    """Weight, relative to the others."""
    distribution: Distribution
    """What is drawn if this part is chosen."""

    @model_validator(mode="before")
    @classmethod
    def _read(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            raise ValueError(f"expected {{weight: ..., <distribution>}}, found {show(data)}")  # noqa: TRY004
        if "distribution" in data:
            return data
        rest = {key: value for key, value in data.items() if key != "weight"}
        try:
            distribution = Distribution.model_validate(rest)
        except ValidationError as error:
            raise prefixed(error, ()) from None
        return {**{key: data[key] for key in ("weight",) if key in data}, "distribution": distribution}

    def write(self) -> dict[str, Any]:
        """Write the part as a scenario has it."""
        written = self.distribution.model_dump()
        return {"weight": self.weight, **(written if isinstance(written, dict) else {"fixed": written})}


class Mixture(Written):
    """One of several distributions, chosen with the given weights."""

    COMPUTED: ClassVar[str] = "simfunnel.families.mixture.computed"
    SHORT: ClassVar[str | None] = "components"
    components: tuple[MixtureComponent, ...] = Field(min_length=1)
    """The parts."""

    @model_validator(mode="after")
    def _always_ends(self) -> Self:
        message = "a mixture cannot hold `never`; write a transition of its own with `duration: never`"
        found: list[tuple[tuple[str | int, ...], str]] = [
            (("components", i), message) for i, part in enumerate(self.components) if part.distribution.is_never
        ]
        if found:
            raise faults("Mixture", found)
        return self

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """Describe a list of parts, each of one family but this."""
        weight = number(exclusiveMinimum=0)
        models = {name: parameters_of(name) for name in FAMILIES}
        inside = {name: model.json_schema() for name, model in models.items() if model is not cls}
        parts = [
            mapping({"weight": weight, name: schema}, ["weight", name])
            for name, schema in inside.items()
            if schema is not None
        ]
        return {"type": "array", "minItems": 1, "items": {"oneOf": parts}}

    def write(self, family: str) -> Any:
        """Write each part."""
        return {family: [part.write() for part in self.components]}
