"""What was learned of groups of deals, as far as they differ from all."""

from __future__ import annotations

from dataclasses import dataclass

from simfunnel.arrays import Floats, Ints
from simfunnel.estimation.amounts import Amounts


@dataclass(frozen=True, eq=False)
class GroupRate:
    """The conversion of a stage in a group."""

    raw: float | None
    """The group's own; None where nothing is decided."""
    shrunk: float
    interval: tuple[float, float]
    n_effective: float
    odds: float
    """Factor on the odds of the conversion of all, as it is written; 1 where nothing is."""

    def apart_from(self, pool: float) -> int:
        """1 or -1 if the interval lies above or below the rate of all, else 0."""
        return 1 if self.interval[0] > pool else -1 if self.interval[1] < pool else 0


@dataclass(frozen=True, eq=False)
class LearnedGroup:
    """What was learned of one group."""

    label: str
    n: int
    """Deals of it."""
    decided: int
    open: int
    entry: Floats
    """(K,) share of all new deals that are of it and begin in each stage."""
    rates: tuple[GroupRate | None, ...]
    """By stage; None where no deal of anybody has left it."""
    amounts: Amounts | None
    """Of won deals, as written; None where they are those of all."""
    seen: int
    """Won amounts of its own."""
    own_amounts: bool
    """Whether these are enough to be written as they are."""

    @property
    def share(self) -> float:
        """Share of new deals."""
        return float(self.entry.sum())


@dataclass(frozen=True, eq=False)
class LearnedGroups:
    """What was learned of groups."""

    by: str
    undated: bool
    """Whether nobody knows since when the values held."""
    of: Ints
    """(D,) group of each deal, now."""
    members: tuple[LearnedGroup, ...]
    pool: tuple[float | None, ...]
    """(K,) the conversion of all; None where no deal has left the stage."""
    factor: Floats
    """(K,) by which all odds of a stage were scaled, so that groups add up to all."""
    amount_factor: float
    """The same of amounts."""

    def label_of(self, deal: int) -> str:
        """Segment of a deal."""
        return self.members[int(self.of[deal])].label
