"""Amounts of groups as they are written: their own, or typical ones at a shrunken level."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from simfunnel.arrays import Floats, Ints
from simfunnel.calibration.group_flow import NEARLY, GroupFlow
from simfunnel.estimation.amounts import Amounts, estimate_amounts
from simfunnel.estimation.book import last_number
from simfunnel.estimation.group_amounts import log_levels
from simfunnel.estimation.grouping import Groups
from simfunnel.estimation.present import Present

OWN_AMOUNTS = 50
"""Won amounts of a group from which on they are written as they are; below, typical ones at the level of the group."""

MOST_LEVEL_SD = 1.0
"""Sd of the level of a group of which hardly an amount is known, among groups that are far apart."""


@dataclass(frozen=True, eq=False)
class GroupLaws:
    """Amounts by group."""

    laws: tuple[Amounts | None, ...]
    """As written; None where they are those of all."""
    seen: Ints
    """(G,) won amounts of each group."""
    factor: float
    """By which all were scaled, so that what is drawn is in all what it was."""


def group_laws(groups: Groups, present: Present, amounts: Amounts | None, flow: GroupFlow, odds: Floats) -> GroupLaws:
    """Give the amounts of each group.

    Parameters
    ----------
    groups, present
        Which deal is in which group; the view, laid out.
    amounts
        Those of all won deals; None where they are not of the history.
    flow, odds
        The deals that are open and to come, and the odds of the groups: what is drawn of them keeps its mean.
    """
    book, G = present.book, len(groups.labels)
    nothing = GroupLaws((None,) * G, np.zeros(G, dtype=np.int64), 1.0)
    if amounts is None or amounts.n == 0:
        return nothing
    listed = last_number(present.view, "amount")
    won = book.won & (book.closed >= present.since)
    levels = log_levels(listed[won], groups.of[won], G)
    typical = None if levels is None else estimate_amounts(levels.typical)
    if levels is None or typical is None:
        return nothing
    own = [estimate_amounts(listed[won & (groups.of == g)]) for g in range(G)]
    seen = np.array([0 if a is None else a.n for a in own], dtype=np.int64)
    level_sd = np.minimum(np.sqrt(np.expm1(levels.sd**2)), MOST_LEVEL_SD)
    laws = [
        mine if mine is not None and mine.n >= OWN_AMOUNTS else replace(times(typical, float(f)), level_sd=float(sd))
        for mine, f, sd in zip(own, levels.factor, level_sd, strict=True)
    ]
    given, rate = flow.wins(odds)
    drawn = np.isnan(listed[book.open])
    wins = (flow.new * rate).sum(axis=1) + np.bincount(flow.group[drawn], (flow.weight * given)[drawn], minlength=G)
    brought = float(wins @ [law.mean for law in laws])
    factor = float(wins.sum()) * amounts.mean / brought if brought > 0 else 1.0
    scaled = [times(law, factor) for law in laws]
    told = tuple(
        law if mine >= OWN_AMOUNTS or abs(law.mean / amounts.mean - 1) >= NEARLY else None
        for law, mine in zip(scaled, seen.tolist(), strict=True)
    )
    return GroupLaws(told, seen, factor)


def times(amounts: Amounts, factor: float) -> Amounts:
    """The same amounts times a factor."""
    written = amounts.written
    if isinstance(written, dict):
        points = [[p, float(f"{x * factor:.5g}")] for p, x in written["empirical"]["quantiles"]]
        scaled: object = {"empirical": {"quantiles": points}}
    else:
        scaled = float(f"{float(str(written)) * factor:.5g}")
    return replace(
        amounts, median=amounts.median * factor, mean=amounts.mean * factor, sd=amounts.sd * factor, written=scaled
    )
