"""How a fixed value is written: a number alone."""

from __future__ import annotations

from typing import Any, ClassVar

from simfunnel.families.json_schema import number
from simfunnel.families.written import Written
from simfunnel.values.numbers import NonNegative


class Fixed(Written):
    """Always the same value."""

    COMPUTED: ClassVar[str] = "simfunnel.families.fixed.computed"
    SHORT: ClassVar[str | None] = "value"
    value: NonNegative
    """The value."""

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """Describe the value."""
        return number(minimum=0)

    def write(self, family: str) -> Any:
        """Write the number alone."""
        return self.value
