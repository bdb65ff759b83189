"""Rates, inflow and amounts of groups of deals, learned so that together they bring what all deals do."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.calibration.expectation import eventual_wins
from simfunnel.calibration.group_flow import GroupFlow
from simfunnel.calibration.group_inflow import group_inflow
from simfunnel.calibration.group_laws import OWN_AMOUNTS, group_laws
from simfunnel.calibration.groups import GroupRate, LearnedGroup, LearnedGroups
from simfunnel.estimation.amounts import Amounts
from simfunnel.estimation.book import Book
from simfunnel.estimation.group_rates import Funnel, absorbed, funnel_of
from simfunnel.estimation.grouping import Groups
from simfunnel.estimation.outcomes import Outcomes, outcomes_of
from simfunnel.estimation.passage import passage_of
from simfunnel.estimation.present import Present
from simfunnel.estimation.shrinkage import Posterior, shrink
from simfunnel.estimation.transitions import StageExits
from simfunnel.history.history import DAY


def learn_groups(
    groups: Groups, present: Present, written: Sequence[StageExits], inflow: tuple[float, Floats],
    amounts: Amounts | None, days: int,
) -> LearnedGroups:  # fmt: skip
    """Learn how groups differ from all deals.

    Parameters
    ----------
    groups
        Which deal is in which group.
    present
        The view, laid out.
    written
        Exits of each stage as the scenario has them.
    inflow
        New deals a day, and the share of them that begins in each stage.
    amounts
        Those of all won deals, to be divided; None where they are not of the history.
    days
        From the day on to the end of the forecast, in which groups together shall bring what all deals do.

    Notes
    -----
    A stay in a stage belongs to the group known as it began, as in `metrics`; the rates of a group are completed and
    shrunk as there, all of the past alike: a level moves for all groups at once, and what lies between groups needs
    more deals to be told. The odds of a shrunk rate over the odds of the rate of all are scaled by one factor a stage:
    of the deals that are open and those to come, each as far as it is won within the forecast, as many then go on as
    without groups, so that groups divide the forecast and do not change it.
    """
    deals, G, K = outcomes_of(present.view), len(groups.labels), len(written)
    rates, pool = _rates(groups, present, deals)
    entry = group_inflow(groups, present, inflow[1])
    book = present.book
    within, coming = _within(written, book, days)
    flow = GroupFlow(
        tuple(written), book.open_stage, book.open_age, groups.of[book.open], within, inflow[0] * coming * entry
    )
    factor, odds = flow.balanced(_odds(rates, pool))
    laws = group_laws(groups, present, amounts, flow, odds)
    decided = np.bincount(groups.of, deals.decided, minlength=G)
    n, still = (np.bincount(x, minlength=G) for x in (groups.of, groups.of[book.open]))
    members = tuple(
        LearnedGroup(
            label=groups.labels[g], n=int(n[g]), decided=int(decided[g]), open=int(still[g]), entry=entry[g],
            rates=tuple(_rate(rates[g][k], float(odds[g, k])) for k in range(K)),
            amounts=laws.laws[g], seen=int(laws.seen[g]), own_amounts=bool(laws.seen[g] >= OWN_AMOUNTS),
        )
        for g in range(G)
    )  # fmt: skip
    assert groups.by is not None
    return LearnedGroups(groups.by, groups.undated, groups.of, members, tuple(pool), factor, laws.factor)


def _within(stages: Sequence[StageExits], book: Book, days: int) -> tuple[Floats, Floats]:
    """What of the wins of each open deal falls into so many days, and (K,) of one that comes in a day, of its wins."""
    curves = [stage.incidence for stage in stages]
    chances = passage_of(curves, max(curve.oldest for curve in curves), days)
    rate = absorbed(np.stack([stage.probability for stage in stages]))[:, 0]
    final = eventual_wins(stages, rate, book)
    inside = chances.open(book.open_stage, book.open_age)
    left: Floats = np.arange(days, dtype=np.float64) + 0.5
    coming = np.array([chances.entered(np.full(days, k), left).sum() for k in range(len(stages))])
    return (
        np.where(final > 0, np.clip(inside / np.where(final > 0, final, 1.0), 0.0, 1.0), 0.0),
        np.where(rate > 0, coming / np.where(rate > 0, rate, 1.0), 0.0),
    )


_Own = tuple[float | None, float, Posterior]
"""Own rate, effective n, and what is known of it."""


def _rates(groups: Groups, present: Present, deals: Outcomes) -> tuple[list[list[_Own | None]], list[float | None]]:
    """Conversion by group and stage, and that of all; the whole past weighs alike."""
    risk, weight = present.risk, present.risk.shares
    of_spell = groups.at(risk.deal, np.rint(risk.entered * DAY).astype(np.int64))
    whole = funnel_of(risk, weight, deals.decided)
    members = [
        funnel_of(risk.of(of_spell == g), weight[of_spell == g], deals.decided, whole.exits)
        for g in range(len(groups.labels))
    ]
    columns = [_stage(whole, members, k) for k in range(risk.stages)]
    return [[column[g] for column in columns] for g in range(len(members))], [
        whole.conversion(k)[1] if whole.counted(k) else None for k in range(risk.stages)
    ]


def _stage(whole: Funnel, members: Sequence[Funnel], k: int) -> list[_Own | None]:
    if not whole.counted(k):
        return [None] * len(members)
    own = [member.conversion(k) for member in members]
    known = shrink(whole.conversion(k), own)
    return [(raw, n, posterior) for (raw, _, n), posterior in zip(own, known, strict=True)]


def _odds(rates: Sequence[Sequence[_Own | None]], pool: Sequence[float | None]) -> Floats:
    """(G, K) odds of the shrunk rates over those of all; 1 where all or nobody go on."""
    odds = np.ones((len(rates), len(pool)))
    for g, row in enumerate(rates):
        for k, (own, p) in enumerate(zip(row, pool, strict=True)):
            if own is not None and p is not None and 0 < p < 1:
                q = own[2].mean
                odds[g, k] = q / (1 - q) * (1 - p) / p
    return odds


def _rate(own: _Own | None, odds: float) -> GroupRate | None:
    if own is None:
        return None
    raw, n, known = own
    return GroupRate(raw, known.mean, known.interval(), n, odds)
