"""Ways to Won: what makes the timing of a win depend on the rates, and how.

Where a stage has several exits that can lead to Won, a deal may skip stages or go round loops, and how often it does
depends on the rates. Given Won, it takes exit e of stage s with chance r_e = p_e w_to / w_s (Doob transform). Put the
paths together that take each of these exits equally often: such a *way* has a time to Won that depends on no rate, and
the chance count * product of r_e^uses. So the timing given any rates is a weighted mean of a few fixed distributions,
exact but for the long ways that are left out, whose share is stated.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from simfunnel.arrays import Floats, Ints
from simfunnel.engine.trial.shared import TrialBlock, new_block, solve_rates
from simfunnel.funnel.model import Funnels, Model
from simfunnel.funnel.states import first_state

LEAST_CHANCE = 1e-6
"""A way of less chance, in the mean over the rates, is left out."""
MOST_WAYS = 768
MOST_LEFT_OUT = 2e-4
"""Largest chance of all that are left out. The chances of the others are scaled up, so that the error is smaller."""
_DRAWS = 512
_Uses = tuple[int, ...]
_Counts = dict[_Uses, float]
"""Number of paths by how often they take each exit."""


@dataclass(frozen=True)
class Ways:
    """The ways from each stage of one funnel to Won."""

    funnel: int
    exits: Ints
    """(V,) exits of the stages that have several towards Won."""
    uses: Ints
    """(C, V) how often each way takes each of them, rising in their sum."""
    count: Floats
    """(S + 1, C) number of paths of each way from each stage, and from Won itself; 0 where there is none."""
    left_out: float
    """Largest mean chance, over the stages, of the ways that are left out."""

    def covered(self, funnels: Funnels, block: TrialBlock) -> Floats:
        """(S + 1, C, n) chance of each way given Won at the rates of n trials; what is left out is missing."""
        branch = _branches(funnels, self.funnel, self.exits, block)
        powers = np.ones((len(self.uses), block.win_rate.shape[0]))
        for v in range(len(self.exits)):
            power = np.ones_like(branch[v])
            for u in range(1, int(self.uses[:, v].max(initial=0)) + 1):
                power = power * branch[v]
                powers[self.uses[:, v] == u] *= power
        return np.asarray(self.count[:, :, None] * powers)

    def chances(self, funnels: Funnels, block: TrialBlock) -> Floats:
        """(S + 1, C, n) chance of each way given Won at the rates of n trials; sums to 1 over the ways."""
        S = funnels.stages
        base = first_state(funnels, self.funnel)
        w = block.win_rate[:, base : base + S + 1].T  # (S + 1, n), Won last
        result = self.covered(funnels, block)
        total = np.zeros((S + 1, 1, w.shape[1]))
        for c in range(len(self.uses)):  # in this order for any number of trials, so that the bits are the same
            total += result[:, c : c + 1]
        # a stage from which nothing can be won at these rates: any way will do
        first = (np.cumsum(self.count > 0, axis=1) == 1) & (self.count > 0)
        possible = (total > 0) & (w[:, None, :] > 0)
        return np.where(possible, result / np.where(total > 0, total, 1.0), first[:, :, None])

    def shorter(self, c: int, v: int) -> int:
        """Which way is way `c` without one use of exit `exits[v]`; -1 if there is none."""
        uses = self.uses[c].copy()
        uses[v] -= 1
        return self._number.get(tuple(uses.tolist()), -1)

    @cached_property
    def _number(self) -> dict[_Uses, int]:
        """Number of each way, by its uses."""
        return {tuple(row): c for c, row in enumerate(self.uses.tolist())}


def _branches(funnels: Funnels, f: int, exits: Ints, block: TrialBlock) -> Floats:
    """(V, n) chance that a deal that will be won takes each exit, from its stage."""
    base = first_state(funnels, f)
    row = np.searchsorted(funnels.exit_start, exits, side="right") - 1 - f * funnels.stages
    here = block.win_rate[:, base + row].T
    there = block.win_rate[:, base + funnels.exit_to[exits]].T
    won = block.probability[:, exits].T * there
    return np.asarray(np.where(here > 0, won / np.where(here > 0, here, 1.0), 0.0))


def winning_exits(funnels: Funnels, f: int, s: int) -> list[int]:
    """Exits of a stage by which a deal can be won in some trial."""
    S = funnels.stages
    return [
        e
        for e in range(funnels.exit_start[f * S + s], funnels.exit_start[f * S + s + 1])
        if not funnels.exit_never[e]
        and (funnels.exit_to[e] == S or (funnels.exit_to[e] < S and funnels.winnable[f * S + funnels.exit_to[e]]))
    ]


def has_choice(funnels: Funnels, f: int) -> bool:
    """Whether some stage of a funnel has several exits by which a deal can be won."""
    rows = slice(f * funnels.stages, (f + 1) * funnels.stages)
    return bool(np.any(funnels.winnable[rows] & (funnels.sole_exit[rows] < 0)))


def ways_to_won(funnels: Funnels, f: int, rates: TrialBlock) -> Ways | None:
    """Find the ways of one funnel; None where too many would be needed.

    Parameters
    ----------
    funnels
        The funnels.
    f
        Which one.
    rates
        Rates of some trials, over which the chances of ways are judged.
    """
    S = funnels.stages
    leaving = {s: winning_exits(funnels, f, s) for s in range(S) if funnels.winnable[f * S + s]}
    exits = np.array([e for found in leaving.values() if len(found) > 1 for e in found], dtype=np.int64)
    branch = _branches(funnels, f, exits, rates)
    place = {int(e): v for v, e in enumerate(exits)}
    every: list[_Counts] = [{} for _ in range(S + 1)]
    missing = np.ones(S + 1)
    before: list[_Counts] = []
    degree = 0
    while degree == 0 or any(before):
        here: dict[int, _Counts] = {S: {(0,) * len(exits): 1.0} if degree == 0 else {}}
        for s in range(S):
            _extend(s, funnels, leaving, place, before, here)
        before = []
        for s in range(S + 1):
            means = {uses: count * _mean_power(branch, uses) for uses, count in here[s].items()}
            before.append({uses: here[s][uses] for uses, mean in means.items() if mean >= LEAST_CHANCE})
            missing[s] -= sum(means[uses] for uses in before[s])
            every[s] |= before[s]
        degree += 1
        if len(set().union(*every)) > MOST_WAYS:
            return None
    uses = sorted(set().union(*every), key=lambda u: (sum(u), u))
    count = np.array([[every[s].get(u, 0.0) for u in uses] for s in range(S + 1)])
    left_out = max((float(missing[s]) for s in leaving), default=0.0)
    if left_out > MOST_LEFT_OUT:
        return None
    return Ways(f, exits, np.array(uses, dtype=np.int64).reshape(len(uses), len(exits)), count, max(left_out, 0.0))


def _extend(
    s: int,
    funnels: Funnels,
    leaving: dict[int, list[int]],
    place: dict[int, int],
    before: list[_Counts],
    here: dict[int, _Counts],
) -> _Counts:
    """Count the paths from stage `s` with one more exit chosen than in `before`; fill `here` on the way."""
    if s not in here:
        counted: _Counts = {}
        if len(leaving.get(s, ())) == 1:  # no choice is made here
            counted = dict(_extend(int(funnels.exit_to[leaving[s][0]]), funnels, leaving, place, before, here))
        elif before:
            for e in leaving.get(s, ()):
                v = place[e]
                for uses, count in before[int(funnels.exit_to[e])].items():
                    longer = (*uses[:v], uses[v] + 1, *uses[v + 1 :])
                    counted[longer] = counted.get(longer, 0.0) + count
        here[s] = counted
    return here[s]


def _mean_power(branch: Floats, uses: _Uses) -> float:
    powers = [branch[v] ** u for v, u in enumerate(uses) if u]
    return float(np.prod(powers, axis=0).mean()) if powers else 1.0


def some_rates(model: Model) -> TrialBlock:
    """Rates of some trials, the same for the same law of the rates."""
    u = np.random.Generator(np.random.Philox(1)).random((_DRAWS, len(model.rates.table)))
    drawn = [model.distributions[table].isf(u[:, i]) for i, table in enumerate(model.rates.table)]
    block = new_block(model.funnels, model.factors, _DRAWS)
    solve_rates(model.funnels, np.ascontiguousarray(np.column_stack(drawn)), block)
    return block
