"""What was noticed about input or result: made where it is found, worded here, parsed nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from simfunnel.wording.sentences import CAUTIONS, STORED, group, sentence

CLOSED_MISSING = "closed_missing"
"""Part of the first period lies before as_of and nothing says what was won in it: told in the leading sentence."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a user should know: a code that programs read, and the fields of its sentence."""

    code: str
    """One of `simfunnel.wording.sentences`; a contract, never renamed."""
    fields: Mapping[str, Any] = field(default_factory=dict)
    """What the sentence is made of: plain numbers, texts, dates."""
    row: int | None = None
    """Row of the table as a spreadsheet counts; None where it concerns no single row."""
    id: str | None = None
    """Deal it is about."""
    amount: float | None = None
    """Money it concerns, in the currency of the scenario."""
    key: str | None = None
    """Key of the scenario that changes it, such as ``pipeline.stage_map``."""

    @property
    def sentence(self) -> str:
        """The finding in words."""
        return sentence(self.code, self.fields)

    @property
    def group(self) -> str:
        """What findings of its kind are counted under."""
        return group(self.code, self.fields)

    @property
    def caution(self) -> bool:
        """Whether it may change the decision."""
        return self.code in CAUTIONS

    @classmethod
    def stored(
        cls, text: str, code: str = "stored", row: int | None = None, id: str | None = None,
        amount: float | None = None, key: str | None = None,
    ) -> Finding:  # fmt: skip
        """Take a finding that was read back from a file: what remains of its fields is the sentence."""
        return cls(code, {STORED: text}, row, id, amount, key)

    def __str__(self) -> str:
        return self.sentence
