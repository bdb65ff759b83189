"""The assumptions of a scenario that a stress test moves, and how far."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from simfunnel.errors import InputError
from simfunnel.forecast.inputs import Prepared
from simfunnel.funnel.book import Book, Compiled
from simfunnel.funnel.model import NONE_LABEL
from simfunnel.funnel.shifting import UnmatchedShiftError
from simfunnel.planning.pairs.goal import Share, resolve_share
from simfunnel.planning.pairs.paired import shift
from simfunnel.scenario.schema import Shift
from simfunnel.scenario.shifts import FILTERS, MARKET_FACTOR, RATES, ShiftPath, parse_shift_path
from simfunnel.values.messages import nearest, show

KINDS = ("scale", "add", "odds")
LEVELS = (*RATES, "duration", "amount", "leads.rate")
"""Paths that say how good things are, not how uncertain they are: these have a break-even."""
USUAL = {"stage": ("conversion",), "segment": ("win_rate",), "source": ("leads.rate",)}
"""What is moved stage by stage, segment by segment and source by source unless more is asked for."""
FULL = {
    "stage": ("conversion", "duration"),
    **dict.fromkeys(("segment", "owner", "source"), ("win_rate", "duration", "amount", "leads.rate")),
}
"""What is moved by each name of a dimension that is asked for."""


@dataclass(frozen=True, slots=True)
class Assumption:
    """One assumption and the two places it is moved to."""

    path: str
    """A shift path, such as ``conversion[stage=Proposal]``."""
    operation: str
    """scale, add or odds."""
    low: float
    high: float

    @property
    def is_level(self) -> bool:
        """Whether it has a break-even."""
        return parse_shift_path(self.path).name in LEVELS

    def at(self, value: float) -> tuple[Shift, ...]:
        """Give the shifts that move it."""
        return (shift(self.path, **{self.operation: value}),)


def resolve_by(by: Share) -> float:
    """Read how far assumptions are moved: a share strictly between 0 and 1."""
    return resolve_share("by", by, "a share", "10%", span="above 0 and below 100%")


def assumption(path: str, by: float, kind: str = "scale") -> Assumption:
    """Make an assumption moved down and up by `by`; only rates can be moved by points or odds, the rest is scaled.

    Raises
    ------
    InputError
        For a path that no shift knows, or a kind that does not exist.
    """
    if kind not in KINDS:
        raise InputError(f"kind: expected one of {', '.join(KINDS)}, found {show(kind)}")
    try:
        parsed = parse_shift_path(path)
    except ValueError as error:
        raise InputError(f"assumption: {error}") from None
    if parsed.name == MARKET_FACTOR:
        raise InputError("assumption: market_factor can only be set; see the quantile of the market factor")
    if parsed.name in RATES and kind == "add":
        return Assumption(str(parsed), "add", -by, by)
    if parsed.name in RATES and kind == "odds":
        return Assumption(str(parsed), "odds", 1 / (1 + by), 1 + by)
    return Assumption(str(parsed), "scale", 1 - by, 1 + by)


def assumptions_of(
    prepared: Prepared, shifts: Sequence[Shift], by: float, kind: str = "scale", each: Sequence[str] = ()
) -> tuple[Assumption, ...]:
    """List the assumptions of a scenario that have something to act on.

    Parameters
    ----------
    prepared, shifts
        The scenario and the shifts that belong to its base.
    by, kind
        As for `assumption`.
    each
        Dimensions (stage, segment, owner, source) by whose names win rates, durations, amounts and lead rates are
        moved one at a time, beyond `USUAL`.
    """
    for dimension in each:
        if dimension not in FILTERS:
            best = nearest(dimension, FILTERS)
            hint = f"; did you mean '{best}'?" if best else ""
            raise InputError(f"each: expected one of {', '.join(FILTERS)}, found {show(dimension)}{hint}")
    paths = (*_paths(prepared.compiled(shifts, FILTERS[1:]), each, by), *_spreads(prepared))
    found = [assumption(path, by, kind) for path in dict.fromkeys(paths)]
    return tuple(
        a for a in found if ("[" not in a.path and not a.path.startswith("leads")) or _acts(prepared, shifts, a)
    )


def _paths(compiled: Compiled, each: Sequence[str], by: float) -> Iterator[str]:
    model, f = compiled.model, compiled.model.factors
    if not len(model.deals.stage) and not len(model.streams.source):
        return
    yield from ("win_rate", "conversion", "duration", "amount", "leads.rate")
    for dimension in FILTERS:
        names = names_of(compiled.book, dimension)
        if len(names) > 1 or dimension in each:
            for path in FULL[dimension] if dimension in each else USUAL.get(dimension, ()):
                yield from (str(ShiftPath(path, {dimension: name})) for name in names)
    loads = {"market": f.market_load, "segment": f.segment_load, "owner": f.owner_load}
    shares = {name: load * load for name, load in loads.items()}
    within = (name for name, share in shares.items() if share > 0 and sum(shares.values()) + by * share < 1)
    yield from (f"correlation.{name}" for name in within)
    if f.pace_table >= 0:
        yield "pace.sd"


def _spreads(prepared: Prepared) -> Iterator[str]:
    """What the scenario says of how leads and amounts vary, beyond their mean."""
    scenario = prepared.scenario
    rates = [lead.rate for lead in scenario.leads]
    if rates and (scenario.leads_level or any(rate.level_sd > 0 for rate in rates)):
        yield "leads.level_sd"
    if any(rate.dispersion > 1 for rate in rates):
        yield "leads.dispersion"
    if any(rate.growth_per_year != 0 for rate in rates):
        yield "leads.growth_per_year"
    levels = (scenario.amount_level, *(segment.amount_level for segment in scenario.segments.values()))
    if any(level is not None and level.sd > 0 for level in levels):
        yield "amount_level.sd"


def names_of(book: Book, dimension: str) -> list[str]:
    """Names that occur in a dimension of what was compiled with groups of it."""
    if dimension == "stage":
        return list(book.stages)
    return [label for of, label in book.groups if of == dimension and label != NONE_LABEL]


def _acts(prepared: Prepared, shifts: Sequence[Shift], a: Assumption) -> bool:
    """Whether the path matches anything: not every owner has leads, not every source open deals."""
    from simfunnel.funnel.compile import compile_scenario

    try:
        compile_scenario(prepared.scenario, prepared.table, [*shifts, *a.at(1.0 if a.operation != "add" else 0.0)], ())
    except UnmatchedShiftError:
        return False
    return True
