"""What the age of an open deal, or what is known of it, says of the exits of its stage."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from simfunnel.arrays import Floats, Ints
from simfunnel.families.computed import Distribution
from simfunnel.families.never.computed import Never
from simfunnel.funnel.clock import BOUNDARY_TOLERANCE
from simfunnel.funnel.inflow import Inflow
from simfunnel.funnel.model import Funnels
from simfunnel.funnel.states import first_state

_NOBODY = 1e-12
"""Share of the ages of a stage; where a creation date leaves less, it leaves none."""


@dataclass(frozen=True)
class Weighed:
    """What the ages of the deals say of their exits."""

    start: Ints
    """(D + 1,) ranges of the two columns below."""
    weight: Floats
    share: Floats
    won: Floats
    """(D,) win probability given the age, if it is not beyond support."""
    support: Floats
    """(D,) probability of reaching the age; 1 for unknown ages, 0 where all of them are beyond support."""
    lost: Floats
    """(D,) of unknown ages, the share beyond support that counts as lost."""


@dataclass(frozen=True)
class _Stage:
    """The exits of one stage of one funnel."""

    durations: Sequence[Distribution]
    probability: Floats
    reach: Floats
    """Win probability where an exit leads to."""
    inflow: Inflow | None


def weigh(
    funnels: Funnels, durations: Sequence[Distribution], inflows: Mapping[int, Inflow | None], rows: Ints, age: Floats,
    created_age: Floats,
) -> Weighed:  # fmt: skip
    """Weigh the exits of every deal's stage by its age; an unknown age that can only be one is set to it.

    Parameters
    ----------
    funnels, durations
        The funnels, and the duration of each exit.
    inflows
        How the deals of unknown age of a stage (f * S + s) came in; None: steadily.
    rows
        (D,) stage of each deal, f * S + s.
    age, created_age
        (D,) operational days in the stage and since the creation; NaN where unknown.
    """
    count = np.diff(funnels.exit_start)[rows]
    start = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    D, S = len(rows), funnels.stages
    found = Weighed(start, np.ones(start[-1]), np.ones(start[-1]), np.zeros(D), np.ones(D), np.zeros(D))
    for row in np.unique(rows).tolist():
        exits = slice(int(funnels.exit_start[row]), int(funnels.exit_start[row + 1]))
        entered = funnels.win_rate[first_state(funnels, row // S) + funnels.exit_to[exits]]
        reach = np.where(funnels.exit_never[exits], 0.0, entered)
        stage = _Stage(durations[exits], funnels.probability[exits], reach, inflows.get(row))
        here = rows == row
        unknown = np.flatnonzero(here & np.isnan(age))
        if stage.inflow is None:
            _steadily(stage, unknown, age, created_age, found)
        else:
            _by_inflow(stage, stage.inflow, unknown, age, created_age, found)
        _aged(stage, np.flatnonzero(here & ~np.isnan(age)), age, found)
    return found


def _aged(stage: _Stage, members: Ints, age: Floats, found: Weighed) -> None:
    """Deals of known age: by P(duration >= age)."""
    at = np.maximum(age[members] - BOUNDARY_TOLERANCE, 0.0)
    reached = np.stack([np.asarray(d.sf(at), dtype=np.float64) for d in stage.durations], axis=1)
    found.weight[found.start[members][:, None] + np.arange(len(stage.durations))] = reached
    total = reached @ stage.probability
    found.support[members] = total
    chance = reached @ (stage.probability * stage.reach)
    found.won[members] = np.where(total > 0, chance / np.where(total > 0, total, 1.0), 0.0)


def _by_inflow(stage: _Stage, inflow: Inflow, unknown: Ints, age: Floats, created_age: Floats, found: Weighed) -> None:
    """Deals of unknown age of a stage whose ages are given: by what is open now of the inflow since their creation."""
    since = np.nan_to_num(created_age[unknown], nan=math.inf)
    cut, which = np.unique(since, return_inverse=True)
    everywhere = np.append(cut, math.inf)
    masses = np.stack([inflow.open_now(d, everywhere) for d in stage.durations], axis=1)
    shares = np.where(masses[-1] > 0, masses[:-1] / np.where(masses[-1] > 0, masses[-1], 1.0), 1.0)
    sole = not len(inflow.rate) and len(inflow.at) == 1 and not len(inflow.lost)
    for d, i in zip(unknown.tolist(), which.reshape(-1).tolist(), strict=True):
        p = stage.probability * masses[i]
        lost = inflow.lost_within(float(cut[i]))
        if sole and inflow.at[0] <= cut[i] + BOUNDARY_TOLERANCE:
            age[d] = inflow.at[0]
        elif p.sum() + lost <= _NOBODY:  # created after all ages that are given
            age[d] = cut[i]
        elif p.sum() <= _NOBODY:
            found.support[d] = 0.0
        else:
            span = slice(int(found.start[d]), int(found.start[d + 1]))
            found.weight[span], found.share[span] = masses[i], shares[i]
            found.won[d] = float(p @ stage.reach) / p.sum()
            found.lost[d] = lost / (lost + p.sum())


def _steadily(stage: _Stage, unknown: Ints, age: Floats, created_age: Floats, found: Weighed) -> None:
    """Deals of unknown age, found in steady state."""
    cache: dict[float, tuple[list[float], list[float]]] = {}
    for d in unknown.tolist():
        since = float(created_age[d])
        key = -1.0 if math.isnan(since) else since
        if key not in cache:
            cache[key] = _steady_weights(stage.durations, stage.probability, since)
        masses, shares = cache[key]
        p = stage.probability * np.array(masses)
        if p.sum() <= 0:  # all durations are 0: the deal has only just come in
            age[d] = 0.0
            continue
        span = slice(int(found.start[d]), int(found.start[d + 1]))
        found.weight[span], found.share[span] = masses, shares
        found.won[d] = float(p @ stage.reach) / p.sum()


def _steady_weights(
    durations: Sequence[Distribution], probability: Floats, created_age: float
) -> tuple[list[float], list[float]]:
    """Weights and shares of the exits of a stage for a deal of unknown age."""
    if math.isnan(created_age):
        if any(
            isinstance(d, Never) and p > 0 for d, p in zip(durations, probability, strict=True)
        ):  # in steady state they are all that is left
            return [1.0 if isinstance(d, Never) else 0.0 for d in durations], [1.0] * len(durations)
        return [0.0 if isinstance(d, Never) else d.mean for d in durations], [1.0] * len(durations)
    cut = np.array(created_age)
    masses = [created_age if isinstance(d, Never) else float(d.integrated_sf(cut)) for d in durations]
    return masses, [m / d.mean if 0 < d.mean < math.inf else 1.0 for m, d in zip(masses, durations, strict=True)]
