"""How a duration that never ends is written: one word."""

from __future__ import annotations

from typing import Any, ClassVar

from simfunnel.families.written import Written


class Never(Written):
    """The duration never ends: the deal stays open for good."""

    COMPUTED: ClassVar[str] = "simfunnel.families.never.computed"

    @classmethod
    def spelled(cls, given: Any) -> Any:
        """Take the family's name alone, too."""
        return {} if given in (None, True) else given

    @classmethod
    def json_schema(cls) -> None:
        """Describe nothing: the word stands alone."""

    def write(self, family: str) -> Any:
        """Write the word."""
        return family
