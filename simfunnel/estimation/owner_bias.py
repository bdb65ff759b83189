"""What owners said of periods against what came: each owner's bias, shrunk to what all owners have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simfunnel.estimation.biases import shrunk_biases
from simfunnel.estimation.shrinkage import shrink

SURE = 0.95
"""Probability from which on a bias is called one: its 90 % interval then lies on one side of 0."""
_Shrunk = list[tuple[float, float, float, float]]
"""Mean, ends and P(above 0) of the error of each owner, and last of what all have in common."""


@dataclass(frozen=True, slots=True)
class OwnerPeriod:
    """What one owner said of one period, on average over the days on which it was said."""

    owner: str
    """As owners are compared."""
    period: str
    n: int
    said: float
    came: float


@dataclass(frozen=True, slots=True)
class OwnerBias:
    """How far an owner's commits, or best cases, are from what came; shares of what came.

    Each period counts once, however often something was said of it.
    """

    owner: str | None
    """None: what all owners have in common."""
    kind: str
    n: int
    periods: int
    said: float
    """Mean over the periods."""
    came: float
    reached: int
    """Periods in which as much came as was said."""
    bias: float | None
    """The owner's own: said / came - 1; None where nothing came."""
    shrunk: float | None
    """The same, shrunk to what all owners have in common; None where it has no upper end, or nothing can be told."""
    interval: tuple[float | None, float | None] | None
    """90 %; None for an end that is not known. None altogether from one period alone."""
    p_high: float | None
    """P(what is said is too high in the long run); None from one period alone."""
    reach: float | None
    """Share of periods in which as much comes as was said, shrunk to that of all."""

    @property
    def verdict(self) -> str | None:
        """Of commits ``too optimistic``, ``too cautious``, or ``not told apart``; None where nothing can be told.

        A best case is to be above what comes as a rule: it has none.
        """
        if self.p_high is None or self.kind != "commit":
            return None
        if self.p_high >= SURE:
            return "too optimistic"
        return "too cautious" if self.p_high <= 1 - SURE else "not told apart"


def owner_biases(kind: str, cells: Sequence[OwnerPeriod]) -> list[OwnerBias]:
    """Estimate what all owners have in common, and then the bias of each.

    Parameters
    ----------
    kind
        ``commit`` or ``best_case``.
    cells
        One for each owner and period that is over.

    Notes
    -----
    Errors are in units of the mean of what an owner says and what comes, so that twice too much is as far off as half
    too little and a period in which nothing came has an error; they are shrunk by `shrunk_biases`, and told as shares
    of what came. The share of periods reached is shrunk as rates are (`shrink`).
    """
    owners = list(dict.fromkeys(cell.owner for cell in cells))
    if not owners:
        return []
    of = {owner: [cell for cell in cells if cell.owner == owner] for owner in owners}
    told = [owner for owner in owners if any(cell.said or cell.came for cell in of[owner])]
    found = _shrunk([of[owner] for owner in told])
    reach = _reach([of[owner] for owner in owners])
    result = [_bias(None, kind, cells, found, len(told), None)]
    for owner, share in zip(owners, reach, strict=True):
        at = told.index(owner) if owner in told else None
        result.append(_bias(owner, kind, of[owner], found if at is not None else None, at or 0, share))
    return result


def _shrunk(owners: Sequence[Sequence[OwnerPeriod]]) -> _Shrunk | None:
    """Errors in units of the mean of what an owner says and what comes: as far below 0 as above, and there at 0 too."""
    errors, group, periods = [], [], []
    for at, cells in enumerate(owners):
        unit = float(np.mean([(cell.said + cell.came) / 2 for cell in cells]))
        errors += [(cell.said - cell.came) / unit for cell in cells]
        group += [at] * len(cells)
        periods += [cell.period for cell in cells]
    if not errors:
        return None
    found = shrunk_biases(np.array(errors), np.array(group), np.unique(periods, return_inverse=True)[1])
    if found is None:
        return None
    return list(zip(*(x.tolist() for x in (found.mean, *found.interval(), found.above)), strict=True))


def _reach(owners: Sequence[Sequence[OwnerPeriod]]) -> list[float]:
    rates = [(float(np.mean([cell.came >= cell.said for cell in cells])), float(len(cells))) for cells in owners]
    n = sum(count for _, count in rates)
    whole = sum(rate * count for rate, count in rates) / n
    return [found.mean for found in shrink((whole, whole, n), [(rate, rate, count) for rate, count in rates])]


def _bias(
    owner: str | None, kind: str, cells: Sequence[OwnerPeriod], found: _Shrunk | None, at: int, reach: float | None
) -> OwnerBias:  # fmt: skip
    said, came = (float(np.mean([getattr(cell, name) for cell in cells])) for name in ("said", "came"))
    shrunk = interval = p_high = None
    if found is not None:
        mean, low, high, p_high = found[at]
        shrunk, interval = _of_came(mean), (_of_came(low), _of_came(high))
    return OwnerBias(
        owner=owner, kind=kind, n=sum(cell.n for cell in cells), periods=len({cell.period for cell in cells}),
        said=said, came=came, reached=sum(cell.came >= cell.said for cell in cells),
        bias=said / came - 1 if came > 0 else None, shrunk=shrunk, interval=interval, p_high=p_high, reach=reach,
    )  # fmt: skip


def _of_came(error: float) -> float | None:
    """An error in units of the mean of said and came, as said / came - 1; None where nothing would come."""
    return None if error >= 2 else max(error / (1 - error / 2), -1.0)
