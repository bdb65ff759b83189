"""What every family declares of how it is written: parameters, spellings, JSON Schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from simfunnel.values.frozen import Frozen


class Written(Frozen):
    """The parameters of one family, as they are written and checked."""

    COMPUTED: ClassVar[str]
    """Module whose `build` makes of them a distribution that can compute; imported when that is asked for."""
    SHORT: ClassVar[str | None] = None
    """Parameter that a bare value stands for; None where every parameter is named."""

    @classmethod
    def spelled(cls, given: Any) -> Any:
        """Name the parameters of what stands behind the family's name."""
        return given if cls.SHORT is None or isinstance(given, Mapping) else {cls.SHORT: given}

    @classmethod
    def json_schema(cls) -> dict[str, Any] | None:
        """Describe what may stand behind the family's name; None where nothing may."""
        raise NotImplementedError

    def write(self, family: str) -> Any:
        """Write the distribution as a scenario has it."""
        return {family: self.model_dump(exclude_none=True)}
