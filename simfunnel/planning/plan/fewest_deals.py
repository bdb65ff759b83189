"""The fewest open deals that close the gap: won for sure, they bring P(attain) to the confidence.

That a deal is won is put into every trial in place of what happened there: where it was not won in the period, the
mean of what it brings if it is won is added, and nothing else changes. The chance that all deals of a set are won in
the period is counted in the trials as they were, so that what deals share is in it; that of a single deal is its own,
by the laws.

Sets of one, two and three of the deals that would add most are all looked at; larger ones grow one deal at a time, and
deals are then exchanged as long as that helps. Of sets of equal size the one is told that holds the fewest deals to
drop, and of these the likeliest to land. The fewest may be a large deal that will hardly be won: beside them stand the
fewest of deals that have a fair chance.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np

from simfunnel.arrays import Bools, Floats, Ints
from simfunnel.engine.exact.chances import chances_by_period, mean_amounts
from simfunnel.forecast.estimates import Estimate
from simfunnel.forecast.forecast import Forecast
from simfunnel.funnel.book import Compiled
from simfunnel.planning.pairs.by_deal import deal_ledgers
from simfunnel.planning.pairs.differences import bookings, minor, of_period
from simfunnel.planning.pairs.goal import Goal

CANDIDATES = 40
"""Deals that are looked at: those that would add most in the mean."""
FAIR = 0.2
"""Least chance of a deal to be won in the period for it to be counted on."""
ALL_SETS_OF = 3
"""Sizes up to which every set is looked at."""
MOST_DEALS = 25
"""A set of more is no plan."""


@dataclass(frozen=True, slots=True)
class Named:
    """An open deal of a set."""

    id: str
    name: str | None
    """What people call it, or its account."""
    p_win: float
    """P(won in the period)."""
    drop: bool = False
    """Whether it is to be dropped, or qualified again."""


@dataclass(frozen=True, slots=True)
class Without:
    """The fewest deals if one is left out."""

    without: str
    deals: tuple[Named, ...] | None
    """None where no set is enough."""
    p_all: float | None


@dataclass(frozen=True, slots=True)
class FewestDeals:
    """The smallest set of open deals that closes the gap."""

    deals: tuple[Named, ...] | None
    """Empty where the target is safe already; None where all that are looked at are not enough."""
    p_all: Estimate | None
    """Chance that all of them are won in the period."""
    p_attain: float | None
    """P(attain) if all of them are won."""
    alternatives: tuple[Without, ...]
    """For each of the deals, the smallest set without it."""
    fair: tuple[Named, ...] | None = None
    """The smallest set of deals that each have a fair chance; None where none is enough, or it is the first."""
    fair_p_all: float | None = None
    """Chance that all of those are won in the period."""


@dataclass(frozen=True)
class _Trials:
    """What the candidates bring, trial by trial."""

    missing: Ints
    """(n,) minor units that are missing to the target; 0 and less where it is reached."""
    added: Ints
    """(C, n) what winning each candidate for sure adds."""
    won: Bools
    """(C, n) whether it is won in the period."""
    p_win: Floats
    """(C,) how likely that is by the laws."""
    drop: Bools
    """(C,) whether it is to be dropped."""

    def reached(self, chosen: Sequence[int]) -> float:
        """P(attain) with these deals won."""
        return float(np.mean(self.added[list(chosen)].sum(axis=0) >= self.missing))

    def all_won(self, chosen: Sequence[int]) -> float:
        """Chance that they are all won as it is; of one deal the law says it without an error."""
        if len(chosen) == 1:
            return float(self.p_win[chosen[0]])
        return float(np.mean(self.won[list(chosen)].all(axis=0)))

    def estimate(self, chosen: Sequence[int]) -> Estimate:
        """The same with its error."""
        p = self.all_won(chosen)
        return Estimate(p, 0.0 if len(chosen) == 1 else math.sqrt(p * (1 - p) / self.won.shape[1]))

    def merit(self, chosen: Sequence[int]) -> tuple[int, float]:
        """What is larger for the better of two sets: fewer deals to drop, then the chance that all land."""
        return -int(self.drop[list(chosen)].sum()), self.all_won(chosen)


def fewest_deals(
    compiled: Compiled, base: Forecast, goal: Goal, confidence: float, *, group: int = 0,
    to_drop: Collection[str] = (), threads: int | None = None,
) -> FewestDeals:  # fmt: skip
    """Find the smallest set of open deals that, if won, bring P(attain) to the confidence.

    Parameters
    ----------
    compiled
        The scenario of `base`.
    base
        The forecast; its trials are run again by the same kernel.
    goal
        Period and target.
    confidence
        P(attain) that is asked for.
    group
        Group of the forecast whose target and deals it is; 0 is everything.
    to_drop
        Ids of deals that are to be dropped: of sets of equal size those with the fewest of them are taken.
    threads
        As `simulate` takes them.
    """
    missing = minor(goal.amount, float(base.minor_units)) - bookings(base, goal.index, group)
    if np.mean(missing <= 0) >= confidence:
        return FewestDeals((), None, float(np.mean(missing <= 0)), ())
    deals, trials, most = _candidates(compiled, base, goal, missing, group, to_drop, threads)

    def named(i: int) -> Named:
        d, book = int(deals[i]), compiled.book.deals
        return Named(book.id[d], book.name[d] or book.account[d], float(trials.p_win[i]), bool(trials.drop[i]))

    everyone = list(range(most))
    chosen = _smallest(trials, everyone, confidence)
    if chosen is None:
        return FewestDeals(None, None, None, ())
    alternatives = []
    for left_out in chosen:
        other = _smallest(trials, [i for i in everyone if i != left_out], confidence)
        found = None if other is None else tuple(named(i) for i in other)
        alternatives.append(Without(named(left_out).id, found, None if other is None else trials.all_won(other)))
    likely = [i for i in range(len(deals)) if trials.p_win[i] >= FAIR][:CANDIDATES]
    fair = _smallest(trials, likely, confidence)
    fair = None if fair is None or set(fair) == set(chosen) else fair
    return FewestDeals(
        tuple(named(i) for i in chosen), trials.estimate(chosen), trials.reached(chosen),
        tuple(alternatives), None if fair is None else tuple(named(i) for i in fair),
        None if fair is None else trials.all_won(fair),
    )  # fmt: skip


def _candidates(
    compiled: Compiled, base: Forecast, goal: Goal, missing: Ints, group: int, to_drop: Collection[str],
    threads: int | None,
) -> tuple[Ints, _Trials, int]:  # fmt: skip
    """Deals that would add most in the mean, then those that would of the likely ones; what they do in each trial.

    Returns
    -------
    tuple
        Numbers of the deals, the trials, and how many there are of the first.
    """
    model = compiled.model
    by_period = chances_by_period(model)
    chance = by_period[goal.index] if goal.index < len(by_period) else by_period.sum(axis=0)
    brings = mean_amounts(model)
    starts = model.deals.group_start
    mine = np.array([group in model.deals.group[a:b] for a, b in pairwise(starts.tolist())], bool)
    gain = np.where(mine & (chance > 0), brings * (1 - chance), 0.0)
    order = np.argsort(-gain, kind="stable")
    order = order[gain[order] > 0]
    first, rest = order[:CANDIDATES], order[CANDIDATES:]
    deals = np.concatenate([first, rest[chance[rest] >= FAIR][:CANDIDATES]])
    won = _won(compiled, base, goal, deals, threads)
    added = np.where(won, 0, np.rint(brings[deals]).astype(np.int64)[:, None])
    drop = np.array([compiled.book.deals.id[d] in to_drop for d in deals.tolist()], bool)
    return deals, _Trials(missing, added, won, chance[deals], drop), len(first)


def _won(compiled: Compiled, base: Forecast, goal: Goal, deals: Ints, threads: int | None) -> Bools:
    """(C, n) whether each of some deals is won in the period: the trials are run again."""
    won = np.zeros((len(deals), base.trials), dtype=np.bool_)
    for trials, ledger in deal_ledgers(compiled.model, base, threads):
        for i, d in enumerate(deals.tolist()):
            won[i, trials] = of_period(np.asarray(ledger.wins[d + 1], dtype=np.int64), goal.index) > 0
    return won


def _smallest(trials: _Trials, among: Sequence[int], confidence: float) -> tuple[int, ...] | None:
    """The smallest set that is enough, of equal ones the best; None where none is."""
    if not among or trials.reached(among) < confidence:
        return None
    for size in range(1, min(ALL_SETS_OF, len(among)) + 1):
        enough = [chosen for chosen, p in _sets(trials, among, size) if p >= confidence]
        if enough:
            return max(enough, key=trials.merit)
    return _grown(trials, among, confidence)


def _sets(trials: _Trials, among: Sequence[int], size: int) -> Iterator[tuple[tuple[int, ...], float]]:
    """Every set of a size with its P(attain)."""
    for head in combinations(among, size - 1):
        rest = [i for i in among if not head or i > head[-1]]
        if rest:
            lacking = trials.missing - trials.added[list(head)].sum(axis=0)
            p = (trials.added[rest] >= lacking).mean(axis=1)
            yield from (((*head, i), float(one)) for i, one in zip(rest, p, strict=True))


def _grown(trials: _Trials, among: Sequence[int], confidence: float) -> tuple[int, ...] | None:
    """A set grown by the deal that helps most, made smaller by exchanges where that is possible."""
    chosen: list[int] = []
    while not chosen or trials.reached(chosen) < confidence:
        rest = [i for i in among if i not in chosen]
        if not rest or len(chosen) == MOST_DEALS:
            return None
        lacking = trials.missing - trials.added[chosen].sum(axis=0)
        chosen.append(rest[int((trials.added[rest] >= lacking).mean(axis=1).argmax())])
    improved = True
    while improved:  # an exchange that keeps the target safe and is better, or lets a deal go
        improved = False
        for out in chosen:
            kept = [i for i in chosen if i != out]
            if trials.reached(kept) >= confidence:
                chosen, improved = kept, True
                break
            better = _exchange(trials, among, chosen, kept, confidence)
            if better is not None:
                chosen, improved = [*kept, better], True
                break
    return tuple(sorted(chosen))


def _exchange(
    trials: _Trials, among: Sequence[int], chosen: Sequence[int], kept: Sequence[int], confidence: float
) -> int | None:
    """A deal that keeps the target safe in place of the one left out, and makes the set a better one."""
    now, best = trials.merit(chosen), None
    for i in among:
        if i not in chosen and trials.merit([*kept, i]) > now and trials.reached([*kept, i]) >= confidence:
            best, now = i, trials.merit([*kept, i])
    return best
