"""How an exponential distribution is written: by its mean, named or not."""

from __future__ import annotations

from typing import Any, ClassVar

from simfunnel.families.json_schema import mapping, number
from simfunnel.families.written import Written
from simfunnel.values.numbers import Positive


class Exponential(Written):
    """Exponential with the given mean."""

    COMPUTED: ClassVar[str] = "simfunnel.families.exponential.computed"
    SHORT: ClassVar[str | None] = "mean"
    mean: Positive
    """Mean of the variable."""

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """Describe the mean."""
        positive = number(exclusiveMinimum=0)
        return {"oneOf": [*positive["anyOf"], mapping({"mean": positive}, ["mean"])]}
