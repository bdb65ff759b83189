"""A distribution of a non-negative quantity as it is written: a number, or one family with its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import Any

from pydantic import GetJsonSchemaHandler, InstanceOf, ValidationError, model_serializer, model_validator
from pydantic_core import CoreSchema

from simfunnel.families.json_schema import mapping
from simfunnel.families.registry import FAMILIES, parameters_of
from simfunnel.families.written import Written
from simfunnel.values.frozen import Frozen, faults, prefixed
from simfunnel.values.messages import show, unknown
from simfunnel.values.numbers import NUMBER_PATTERN, comma_advice, parse_number


class Distribution(Frozen):
    """A distribution of a non-negative quantity: a number, or one family with its parameters."""

    family: str
    """Name of the family, such as ``lognormal``; always a key of `FAMILIES`."""
    parameters: InstanceOf[Written]
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
        model = parameters_of(family)
        if isinstance(parameters, model):
            return {"family": family, "parameters": parameters}
        try:
            return {"family": family, "parameters": model.model_validate(model.spelled(parameters))}
        except ValidationError as error:
            raise prefixed(error, (family,)) from None

    @model_serializer(mode="plain")
    def _write(self) -> Any:
        return self.parameters.write(self.family)

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Describe every spelling, for editors."""
        families = {name: parameters_of(name).json_schema() for name in FAMILIES}
        return {
            "title": "Distribution",
            "description": "A distribution of a non-negative quantity: a number (fixed), `never` (durations "
            "only), or one family with its parameters.",
            "oneOf": [
                {"type": "number", "minimum": 0},
                {"const": "never"},
                {"type": "string", "pattern": NUMBER_PATTERN},
                *(mapping({name: schema}, [name]) for name, schema in families.items() if schema is not None),
            ],
        }


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
