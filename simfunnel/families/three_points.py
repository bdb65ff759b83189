"""Families that are written by their smallest, most likely and largest value."""

from __future__ import annotations

from typing import Any, Self

from pydantic import model_validator

from simfunnel.families.json_schema import mapping, number
from simfunnel.families.written import Written
from simfunnel.values.numbers import NonNegative


class ThreePoints(Written):
    """A family on an interval, with a most likely value."""

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

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """Describe the three points."""
        names = ["low", "mode", "high"]
        return mapping({name: number(minimum=0) for name in names}, names)
