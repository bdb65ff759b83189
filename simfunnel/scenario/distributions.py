"""A distribution of a non-negative quantity: one model that holds any family, and mixtures of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from numbers import Real
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    Field,
    GetJsonSchemaHandler,
    ValidationError,
    model_serializer,
    model_validator,
)
from pydantic_core import CoreSchema

from simfunnel.scenario.base import Frozen, faults, prefixed
from simfunnel.scenario.distribution_schema import distribution_schema
from simfunnel.scenario.families import (
    Empirical,
    Exponential,
    Fixed,
    Gamma,
    Lognormal,
    Never,
    Pert,
    Triangular,
    Uniform,
    Weibull,
)
from simfunnel.values.messages import show, unknown
from simfunnel.values.numbers import Positive, comma_advice, parse_number


class Mixture(Frozen):
    """One of several distributions, chosen with the given weights."""

    components: tuple[MixtureComponent, ...] = Field(min_length=1)
    """The parts."""

    @model_validator(mode="after")
    def _always_ends(self) -> Self:
        message = "a mixture cannot hold `never`; write a transition of its own with `duration: never`"
        found: list[tuple[tuple[str | int, ...], str]] = [
            (("components", i), message)
            for i, part in enumerate(self.components)
            if part.distribution.family == "never"
        ]
        if found:
            raise faults("Mixture", found)
        return self


Parameters = (
    Fixed | Exponential | Lognormal | Gamma | Weibull | Uniform | Triangular | Pert | Empirical | Mixture | Never
)


class Distribution(Frozen):
    """A distribution of a non-negative quantity: a number, or one family with its parameters."""

    family: str
    """Name of the family, such as ``lognormal``; always a key of `FAMILIES`."""
    parameters: Parameters
    """The parameters as they were written; their class belongs to the family."""

    @property
    def is_never(self) -> bool:
        """Whether this is the duration that never ends."""
        return self.family == "never"

    @model_validator(mode="before")
    @classmethod
    def _read(cls, data: Any) -> Any:
        if isinstance(data, Distribution):
            return data
        if isinstance(data, Real) and not isinstance(data, bool):
            data = {"fixed": data}
        elif isinstance(data, str):
            data = {"never": {}} if data.strip() == "never" else {"fixed": _number_or_family(data)}
        if not isinstance(data, Mapping):
            raise ValueError(f"expected a number or a distribution, found {show(data)}")  # noqa: TRY004
        if set(data) == {"family", "parameters"}:
            family, parameters = data["family"], data["parameters"]
        else:
            family, parameters = _one_family(data)
        if family not in FAMILIES:
            raise ValueError(unknown("distribution", family, FAMILIES))
        model = FAMILIES[family]
        if isinstance(parameters, model):
            return {"family": family, "parameters": parameters}
        spelled = _SHORT.get(family, _as_is)(parameters)
        try:
            return {"family": family, "parameters": model.model_validate(spelled)}
        except ValidationError as error:
            raise prefixed(error, (family,)) from None

    @model_serializer(mode="plain")
    def _write(self) -> Any:
        part = self.parameters
        if isinstance(part, Fixed):
            return part.value
        if isinstance(part, Never):
            return "never"
        if isinstance(part, Mixture):
            return {"mixture": [_write_component(component) for component in part.components]}
        if isinstance(part, Empirical):
            if part.values is not None:
                return {"empirical": list(part.values)}
            given = part.quantiles or {}
            return {"empirical": {"quantiles": dict(given) if isinstance(given, Mapping) else [*map(list, given)]}}
        return {self.family: part.model_dump(exclude_none=True)}

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Describe every spelling, for editors."""
        return distribution_schema()


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


FAMILIES: Mapping[str, type[Frozen]] = {
    "fixed": Fixed,
    "exponential": Exponential,
    "lognormal": Lognormal,
    "gamma": Gamma,
    "weibull": Weibull,
    "uniform": Uniform,
    "triangular": Triangular,
    "pert": Pert,
    "empirical": Empirical,
    "mixture": Mixture,
    "never": Never,
}
"""Family name -> the model of its parameters."""


def fixed(value: float) -> Distribution:
    """Make the distribution that is always `value`."""
    return Distribution(family="fixed", parameters=Fixed(value=value))


def _number_or_family(text: str) -> float:
    try:
        return parse_number(text)
    except ValueError:
        raise ValueError(
            f"expected a number or a distribution such as {{lognormal: {{median: 14, p90: 40}}}}, found {show(text)}"
            f"{comma_advice(text)}"
        ) from None


def _one_family(data: Mapping[Any, Any]) -> tuple[Any, Any]:
    if len(data) == 1:
        return next(iter(data.items()))
    known = [key for key in data if key in FAMILIES]
    if len(data) > len(known) and known:
        raise faults("Distribution", [((k,), unknown("key", k, FAMILIES)) for k in data if k not in FAMILIES])
    found = ", ".join(map(str, data)) or "none"
    raise ValueError(f"expected exactly one distribution ({', '.join(FAMILIES)}), found {found}")


def _as_is(value: Any) -> Any:
    return value


def _write_component(component: MixtureComponent) -> dict[str, Any]:
    written = component.distribution.model_dump()
    return {"weight": component.weight, **(written if isinstance(written, dict) else {"fixed": written})}


def _scalar(key: str) -> Callable[[Any], Any]:
    return lambda value: value if isinstance(value, Mapping) else {key: value}


_SHORT: Mapping[str, Callable[[Any], Any]] = {
    "fixed": _scalar("value"),
    "exponential": _scalar("mean"),
    "empirical": _scalar("values"),
    "mixture": _scalar("components"),
    "never": lambda value: {} if value in (None, True) else value,
}


def _finite(value: Distribution) -> Distribution:
    if value.is_never:
        raise ValueError("`never` is for durations only; expected a number or a distribution")
    return value


Duration = Distribution
"""Days between entering and leaving a stage; may be `never`."""
Quantity = Annotated[Distribution, AfterValidator(_finite)]
"""An amount, a factor or a delay: a distribution that is not `never`."""

Mixture.model_rebuild()
Distribution.model_rebuild()
