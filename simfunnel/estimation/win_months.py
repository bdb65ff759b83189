"""How many deals are won in each month of a quarter: the wins that came against those that ages alone would bring."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.estimation.incidence import CENSORED
from simfunnel.estimation.present import Present
from simfunnel.estimation.quarters import MONTHS, Months
from simfunnel.estimation.risk import Risk
from simfunnel.estimation.weekdays import NEGLIGIBLE, Days, by_date

_ENOUGH, _ROUNDS = 1e-10, 1_000
"""Change of a factor at which rounds end, and how many there are at most."""


@dataclass(frozen=True, eq=False)
class WinsByMonth:
    """Wins of a past, all of it alike, month by month."""

    months: Months
    came: Floats
    """(n,) wins."""
    expected: Floats
    """(n,) wins that the ages of the deals of a month would have brought by the law of all months together."""
    whole: tuple[int, ...]
    """Quarters seen from their first day until their last in which something was won."""

    def by_month(self) -> Floats:
        """(3,) wins."""
        return np.asarray(np.bincount(self.months.month, self.came, minlength=MONTHS))

    def factors(self, without: Collection[int] = ()) -> Floats | None:
        """(3,) factors on the chance of a win, 1 on the mean of the wins; None where some month says nothing.

        Parameters
        ----------
        without
            Numbers of quarters that are left out.
        """
        quarter = self.months.quarter
        used = ~np.isin(quarter, list(without))
        rows = np.unique(quarter, return_inverse=True)[1]
        came, expected = np.zeros((2, rows.max(initial=0) + 1, MONTHS))
        np.add.at(came, (rows[used], self.months.month[used]), self.came[used])
        np.add.at(expected, (rows[used], self.months.month[used]), self.expected[used])
        kept = (came.sum(axis=1) > 0) & (expected.sum(axis=1) > 0)
        return shrunken_factors(came[kept], expected[kept])


def shrunken_factors(came: Floats, expected: Floats) -> Floats | None:
    """Factors of the months of a quarter, each quarter at a level of its own.

    Parameters
    ----------
    came, expected
        (quarters, 3) wins, and those expected without factors; months that were not seen have 0 of both.

    Returns
    -------
    (3,) array or None
        None where nothing was expected of some month.

    Notes
    -----
    Wins of quarter q in month k are counts of mean a_q m_k e_qk. Given the level a_q of each quarter, whatever it is, a
    trend from quarter to quarter is no month. The factors are those of the maximum of the likelihood, shrunk towards 1
    by the part of their spread that luck alone brings: with X² the statistic of months that are all alike (2 degrees of
    freedom) and D the dispersion of the counts around the fit, by 2 D / X² (DerSimonian & Laird 1986).
    """
    if (expected.sum(axis=0) <= 0).any():
        return None
    of_quarter, of_month = came.sum(axis=1), came.sum(axis=0)
    factor = np.ones(MONTHS)
    for _ in range(_ROUNDS):
        level = _ratio(of_quarter, expected @ factor)
        before, factor = factor, of_month / np.maximum(level @ expected, 1e-300)
        factor = factor * of_month.sum() / max(float(level @ expected @ factor), 1e-300)
        if np.abs(factor - before).max() < _ENOUGH:
            break
    fit = _ratio(of_quarter, expected @ factor)[:, None] * expected * factor
    alike = _ratio(of_quarter, expected.sum(axis=1)) @ expected
    apart = float(((of_month - alike) ** 2 / np.maximum(alike, 1e-300)).sum())
    free = int(np.maximum((expected > 0).sum(axis=1) - 1, 0).sum()) - (MONTHS - 1)
    left = float((_ratio((came - fit) ** 2, fit)).sum())
    dispersion = max(left / free, 1.0) if free > 0 else 1.0
    kept = max(1.0 - (MONTHS - 1) * dispersion / apart, 0.0) if apart > 0 else 0.0
    mean = float(alike @ factor) / float(alike.sum())
    return np.asarray(1.0 + kept * (factor / mean - 1.0))


def levelled(factors: Floats, exposed: Floats) -> Floats:
    """Put factors on the level of a law: on the mean of the wins (3,) that it was learned from they are 1."""
    return np.asarray(factors * (float(exposed.sum()) / max(float(factors @ exposed), 1e-300)))


def wins_by_month(present: Present, months: Months) -> WinsByMonth:
    """Count the wins of a view by month, and those that the ages alone would have brought.

    A win at age u in month k has the hazard m_k h(u): with h that of all months together, the expected wins of a month
    are the sum of h over the ages that deals spent at risk in it, as for weekdays.
    """
    came, expected = _counted(present.risk, present.risk.shares, months)
    won = {int(q) for q in months.quarter[came > 0]}
    whole = tuple(q for q in months.whole(present.started, present.end) if q in won)
    return WinsByMonth(months, came, expected, whole)


def exposed_wins(present: Present, months: Months) -> Floats:
    """(3,) wins by month of the quarter that the weighted law of a view was learned from, as it expects them."""
    _, expected = _counted(present.risk, present.weight, months)
    return np.asarray(np.bincount(months.month, expected, minlength=MONTHS))


def _counted(risk: Risk, weight: Floats, months: Months) -> tuple[Floats, Floats]:
    wins = replace(risk, cause=np.where(risk.cause == risk.won, risk.cause, CENSORED))
    days = Days(months.at, np.append(months.month, 0), ())
    came, expected = np.zeros((2, len(months.at)))
    for k in range(risk.stages):
        of = (risk.stage == k) & (weight > NEGLIGIBLE * weight.max())
        if of.any():
            found = by_date(wins.of(of), days, weight[of])
            came, expected = came + found[0], expected + found[1]
    return came[:-1], expected[:-1]


def _ratio(some: Floats, of: Floats) -> Floats:
    return np.asarray(np.where(of > 0, some / np.where(of > 0, of, 1.0), 0.0))
