"""Shifts: one mechanism for variants, stress tests, levers and grids. A path and one operation."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BeforeValidator,
    Field,
    GetJsonSchemaHandler,
    PlainValidator,
    PrivateAttr,
    TypeAdapter,
    WithJsonSchema,
    field_validator,
    model_serializer,
    model_validator,
)
from pydantic_core import CoreSchema

from simfunnel.scenario.periods import Target
from simfunnel.values.dates import parse_date
from simfunnel.values.frozen import Frozen, Loc, faults
from simfunnel.values.messages import show, unknown
from simfunnel.values.names import Name, clean
from simfunnel.values.numbers import FRACTION_PATTERN, Fraction, NonNegativeFraction, PositiveFraction, parse_fraction

FILTERS = ("stage", "segment", "owner", "source")
DEAL = "deal"
"""The filter of one open deal, by its id."""
NOT_BEFORE, IGNORE = "not_before", "ignore"
"""Judgements of one open deal, as a shift: they can only be `set`."""
RATES = ("win_rate", "conversion")
MARKET_FACTOR = "market_factor"
"""The market factor itself, a standard normal score: set to a number, every trial has that market."""
MOST_MARKET_FACTOR = 8.0
SHIFTABLE: Mapping[str, tuple[str, ...]] = {
    "win_rate": (*FILTERS, DEAL),
    "conversion": FILTERS,
    "duration": FILTERS,
    "amount": (*FILTERS, DEAL),
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
    NOT_BEFORE: (DEAL,),
    IGNORE: (DEAL,),
}
"""What can be shifted -> the filters that may narrow it."""

_ITEM = re.compile(r'\s*([A-Za-z_]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^,"\]]*))\s*(,|$)')


@dataclass(frozen=True, slots=True)
class ShiftPath:
    """What a shift moves."""

    name: str
    """A key of `SHIFTABLE`."""
    filters: Mapping[str, str] = field(default_factory=dict)
    """Filter (stage, segment, owner, source, deal) -> the name that must match."""

    @property
    def deal(self) -> str | None:
        """Id of the one open deal that it moves; None where it is narrowed to none."""
        return self.filters.get(DEAL)

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
        if key not in (*FILTERS, DEAL):
            raise ValueError(unknown("filter", key, (*FILTERS, DEAL)))
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
    if name in (NOT_BEFORE, IGNORE) and not filters:
        raise ValueError(f"{name} is of one open deal: write {name}[deal=ID]")
    return ShiftPath(name, MappingProxyType(filters))


Operation = Literal["scale", "add", "odds", "set"]


def _setting(value: object) -> float | dt.date | bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, dt.date) or (isinstance(value, str) and re.fullmatch(r"\s*\d{4}-\d{2}-\d{2}\s*", value)):
        return parse_date(value)
    return parse_fraction(value)


_SETTING_SCHEMA = {"anyOf": [{"type": "number"}, {"type": "string", "pattern": FRACTION_PATTERN},
                             {"type": "string", "format": "date"}, {"const": True}]}  # fmt: skip
Setting = Annotated[
    float | dt.date | bool,
    PlainValidator(_setting),
    WithJsonSchema(_SETTING_SCHEMA),
]
"""What a shift sets: a number, a date, or true."""


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
    set_to: Setting | None = Field(default=None, alias="set")
    """Replace by this: a number; of `not_before` a date, of `ignore` true."""

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
        """The number of the operation; of a date its ordinal."""
        written = self._given()[0][1]
        return float(written.toordinal()) if isinstance(written, dt.date) else float(written)

    @property
    def day(self) -> dt.date:
        """The date of `not_before`."""
        assert isinstance(self.set_to, dt.date)
        return self.set_to

    def _given(self) -> list[tuple[Operation, float | dt.date]]:
        pairs: list[tuple[Operation, float | dt.date | None]] = [
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
        self._must_fit_its_path()
        name = self.target.name
        if self.odds is not None and name not in RATES:
            raise faults("Shift", [(("odds",), f"odds are for rates ({' and '.join(RATES)}), found {name}")])
        if name == MARKET_FACTOR and self.set_to is None:
            raise faults("Shift", [((self.operation,), "market_factor is drawn in each trial: it can only be `set`")])
        if self.set_to is not None and name == MARKET_FACTOR and abs(self.value) > MOST_MARKET_FACTOR:
            text = f"market_factor is a standard normal score, at most {MOST_MARKET_FACTOR:g} from 0"
            raise faults("Shift", [(("set",), f"{text}, found {self.value:g}")])
        if self.set_to is not None and name in RATES and not 0 <= self.value <= 1:
            raise faults("Shift", [(("set",), f"a rate must lie between 0 and 1, found {self.value:g}")])
        return self

    def _must_fit_its_path(self) -> None:
        """Dates belong to `not_before`, true to `ignore`; what moves one deal is set, or its amount scaled."""
        path, written = self.target, self._given()[0]
        if path.name in (NOT_BEFORE, IGNORE) and written[0] != "set":
            raise faults("Shift", [((written[0],), f"{path.name} can only be `set`")])
        wanted = {NOT_BEFORE: (dt.date, "a date such as 2027-01-31"), IGNORE: (bool, "true")}
        kind, words = wanted.get(path.name, (float, "a number"))
        if not isinstance(written[1], kind) or written[1] is False:
            raise faults("Shift", [((written[0],), f"expected {words}, found {show(written[1])}")])
        allowed = ("set", "scale") if path.name == "amount" else ("set",)
        if path.deal is not None and written[0] not in allowed:
            raise faults("Shift", [((written[0],), f"{path.name} of one deal can only be {' or '.join(allowed)}")])
        if path.deal is not None and path.name == "amount" and not self.value >= 0:
            raise faults("Shift", [((written[0],), f"an amount must be at least 0, found {self.value:g}")])

    @model_serializer(mode="plain")
    def _write(self) -> dict[str, Any]:
        operation, written = self._given()[0]
        return {"path": self.path, operation: written.isoformat() if isinstance(written, dt.date) else written}


class Variant(Frozen):
    """A named what-if: shifts of assumptions, and targets of its own. A list is its shifts alone."""

    shifts: tuple[Shift, ...] = ()
    """What changes, in order."""
    targets: tuple[Target, ...] = ()
    """Amounts to reach in place of the scenario's for the same period and people, or besides them."""

    _listed: bool = PrivateAttr(default=False)

    @property
    def place(self) -> Loc:
        """Where its shifts stand, below it: a list is its shifts."""
        return () if self._listed else ("shifts",)

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        mapping = handler.resolve_ref_schema(handler(core_schema))
        return {"anyOf": [{"type": "array", "items": mapping["properties"]["shifts"]["items"]}, dict(mapping)]}

    @model_serializer(mode="plain")
    def _write(self) -> Any:
        shifts = [shift.model_dump(mode="json") for shift in self.shifts]
        if not self.targets:
            return shifts
        return {"shifts": shifts, "targets": [target.model_dump(mode="json") for target in self.targets]}

    def without_targets(self) -> Variant:
        """Give its shifts alone."""
        return self.model_copy(update={"targets": ()}) if self.targets else self

    def over(self, targets: Sequence[Target]) -> tuple[Target, ...]:
        """Give the targets of a scenario under the variant."""
        own = {(target.period, target.group) for target in self.targets}
        return (*(target for target in targets if (target.period, target.group) not in own), *self.targets)


_SHIFTS: TypeAdapter[tuple[Shift, ...]] = TypeAdapter(tuple[Shift, ...])


def _variant(value: object) -> Variant:
    if isinstance(value, Variant):
        return value
    if isinstance(value, Mapping):
        return Variant.model_validate(value)
    made = Variant(shifts=_SHIFTS.validate_python(value))
    made._listed = True
    return made


VariantSpelling = Annotated[Variant, BeforeValidator(_variant)]
"""A variant, or the list of its shifts."""
