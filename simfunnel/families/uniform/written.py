"""How a uniform distribution is written: by its ends."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from pydantic import model_validator

from simfunnel.families.json_schema import mapping, number
from simfunnel.families.written import Written
from simfunnel.values.numbers import NonNegative


class Uniform(Written):
    """Uniform between `low` and `high`."""

    COMPUTED: ClassVar[str] = "simfunnel.families.uniform.computed"
    low: NonNegative
    """Smallest value."""
    high: NonNegative
    """Largest value."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.low < self.high:
            raise ValueError(f"low must be below high, found low {self.low:g} and high {self.high:g}")
        return self

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """Describe the ends."""
        return mapping({name: number(minimum=0) for name in ("low", "high")}, ["low", "high"])
