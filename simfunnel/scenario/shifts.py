"""Shifts: one mechanism for variants, stress tests, levers and grids. A path and one operation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_serializer, model_validator

from simfunnel.scenario.base import Frozen, faults
from simfunnel.values.messages import show, unknown
from simfunnel.values.names import Name, clean
from simfunnel.values.numbers import Fraction, NonNegativeFraction, PositiveFraction

FILTERS = ("stage", "segment", "owner", "source")
RATES = ("win_rate", "conversion")
MARKET_FACTOR = "market_factor"
"""The market factor itself, a standard normal score: set to a number, every trial has that market."""
MOST_MARKET_FACTOR = 8.0
SHIFTABLE: Mapping[str, tuple[str, ...]] = {
    "win_rate": FILTERS,
    "conversion": FILTERS,
    "duration": FILTERS,
    "amount": FILTERS,
    "leads.rate": FILTERS,
    "leads.level_sd": ("stage", "segment", "source"),
    "leads.dispersion": ("stage", "segment", "source"),
    "leads.growth_per_year": ("stage", "segment", "source"),
    "correlation.market": (),
    "correlation.segment": (),
    "correlation.owner": (),
    "pace.sd": (),
    "amount_level.sd": ("segment",),
    "pipeline.tail": (),
    "market_factor": (),
}
"""What can be shifted -> the filters that may narrow it."""

_ITEM = re.compile(r'\s*([A-Za-z_]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^,"\]]*))\s*(,|$)')


@dataclass(frozen=True, slots=True)
class ShiftPath:
    """What a shift moves."""

    name: str
    """A key of `SHIFTABLE`."""
    filters: Mapping[str, str] = field(default_factory=dict)
    """Filter (stage, segment, owner, source) -> the name that must match."""

    def __str__(self) -> str:
        if not self.filters:
            return self.name
        items = (f"{key}={_quoted(value)}" for key, value in self.filters.items())
        return f"{self.name}[{','.join(items)}]"


def _quoted(name: str) -> str:
    if re.search(r'[,\]"\\]', name):
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return name


@lru_cache(maxsize=4096)
def parse_shift_path(text: str) -> ShiftPath:
    """Read ``conversion[stage=Proposal,segment=smb]``; raise ValueError with a sentence."""
    match = re.fullmatch(r"\s*([^\[\]\s]+)\s*(?:\[(.*)\])?\s*", text, re.DOTALL)
    if match is None:
        raise ValueError(f"expected a path such as win_rate or conversion[stage=Proposal], found {show(text)}")
    name, inside = match[1], match[2]
    if name not in SHIFTABLE:
        raise ValueError(unknown("path", name, SHIFTABLE))
    filters: dict[str, str] = {}
    rest = inside or ""
    if inside is not None and not inside.strip():
        raise ValueError(f"expected a filter such as stage=Proposal between the brackets, found {show(text)}")
    while rest:
        item = _ITEM.match(rest)
        if item is None:
            raise ValueError(f"expected filters such as [stage=Proposal,segment=smb], found {show(text)}")
        key = item[1]
        quoted = item[2]
        value = clean(re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else item[3])
        if key not in FILTERS:
            raise ValueError(unknown("filter", key, FILTERS))
        if key not in SHIFTABLE[name]:
            raise ValueError(f"{name} cannot be narrowed by {key}; remove [{key}=...]")
        if key in filters:
            raise ValueError(f"the filter {key} is given twice in {show(text)}")
        if not value:
            raise ValueError(f"the filter {key} has no name in {show(text)}")
        filters[key] = value
        rest = rest[item.end() :]
        if item[4] == "," and not rest.strip():
            raise ValueError(f"expected a filter after the comma in {show(text)}")
    return ShiftPath(name, MappingProxyType(filters))


Operation = Literal["scale", "add", "odds", "set"]


class Shift(Frozen):
    """A change of one assumption: a path and exactly one of `scale`, `add`, `odds`, `set`."""

    path: Name
    """What moves, such as ``win_rate`` or ``conversion[stage=Proposal,segment=smb]``."""
    scale: NonNegativeFraction | None = None
    """Multiply by this."""
    add: Fraction | None = None
    """Add this."""
    odds: PositiveFraction | None = None
    """Multiply the odds of a rate by this."""
    set_to: Fraction | None = Field(default=None, alias="set")
    """Replace by this."""

    @property
    def target(self) -> ShiftPath:
        """The path, parsed."""
        return parse_shift_path(self.path)

    @property
    def operation(self) -> Operation:
        """Which of the four operations it is."""
        return self._given()[0][0]

    @property
    def value(self) -> float:
        """The number of the operation."""
        return self._given()[0][1]

    def _given(self) -> list[tuple[Operation, float]]:
        pairs: list[tuple[Operation, float | None]] = [
            ("scale", self.scale), ("add", self.add), ("odds", self.odds), ("set", self.set_to)
        ]  # fmt: skip
        return [(name, value) for name, value in pairs if value is not None]

    @field_validator("path", mode="after")
    @classmethod
    def _known_path(cls, value: str) -> str:
        parse_shift_path(value)
        return value

    @model_validator(mode="after")
    def _one_operation(self) -> Self:
        given = self._given()
        if len(given) != 1:
            found = " and ".join(name for name, _ in given) or "none of them"
            raise ValueError(f"expected exactly one of scale, add, odds and set, found {found}")
        name = self.target.name
        if self.odds is not None and name not in RATES:
            raise faults("Shift", [(("odds",), f"odds are for rates ({' and '.join(RATES)}), found {name}")])
        if name == MARKET_FACTOR and self.set_to is None:
            raise faults("Shift", [((self.operation,), "market_factor is drawn in each trial: it can only be `set`")])
        if self.set_to is not None and name == MARKET_FACTOR and abs(self.set_to) > MOST_MARKET_FACTOR:
            text = f"market_factor is a standard normal score, at most {MOST_MARKET_FACTOR:g} from 0"
            raise faults("Shift", [(("set",), f"{text}, found {self.set_to:g}")])
        if self.set_to is not None and name in RATES and not 0 <= self.set_to <= 1:
            raise faults("Shift", [(("set",), f"a rate must lie between 0 and 1, found {self.set_to:g}")])
        return self

    @model_serializer(mode="plain")
    def _write(self) -> dict[str, Any]:
        return {"path": self.path, self.operation: self.value}
