"""P(attain) against the lead rate: the whole curve from one simulation, and the rate that a confidence needs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simfunnel.arrays import Floats, Ints
from simfunnel.engine.paths.lead_runs import critical_multipliers
from simfunnel.forecast.estimates import Estimate, order_interval, quantile_rank
from simfunnel.forecast.forecast import Forecast
from simfunnel.funnel.book import Compiled
from simfunnel.funnel.model import Model
from simfunnel.planning.pairs.differences import bookings, minor, of_period
from simfunnel.planning.pairs.goal import Goal

PILOT = 1_000
"""Trials that tell whether a confidence is out of reach, before many are spent on finding out how far."""
CLEARLY = 0.1
"""A confidence that the pilot misses by this much at the largest multiplier is out of reach (six standard errors)."""


@dataclass(frozen=True)
class LeadCurve:
    """For each trial, the smallest multiplier of the lead rates at which it reaches the target."""

    critical: Floats
    """(n,) sorted; infinite where no multiplier up to `highest` does it."""
    highest: float

    def p_attain(self, multiplier: float) -> Estimate:
        """P(attain) at a multiplier: rises with it in every trial."""
        n = len(self.critical)
        p = int(np.searchsorted(self.critical, multiplier, side="right")) / n
        return Estimate(p, math.sqrt(p * (1 - p) / n))

    def multiplier(self, confidence: float) -> float | None:
        """Smallest multiplier at which P(attain) is at least `confidence`; None if no multiplier considered is."""
        found = float(self.critical[quantile_rank(len(self.critical), confidence)])
        return found if math.isfinite(found) else None

    def interval(self, confidence: float) -> tuple[float, float | None]:
        """95 % interval of that multiplier, by order statistics; open above where the curve ends within it."""
        low, high = (float(self.critical[rank]) for rank in order_interval(len(self.critical), confidence))
        return low, high if math.isfinite(high) else None

    def needed(self, confidence: float, now: Estimate) -> tuple[float | None, tuple[float, float | None] | None]:
        """Multiplier and its interval, in keeping with P(attain) at the present rates from the forecast itself.

        The curve has draws of its own: where the present rate is about enough, it may say a little more or less than
        the forecast does. The forecast decides on which side of 1 the answer lies; the interval reaches as far as that.
        """
        found = self.multiplier(confidence)
        if now.mean >= confidence:
            found = 1.0 if found is None else min(1.0, found)
        if found is None:
            return None, None
        if now.mean < confidence:
            found = max(1.0, found)
        low, high = self.interval(confidence)
        return found, (min(low, found), None if high is None else max(high, found))

    @property
    def limit(self) -> Estimate:
        """P(attain) at the largest multiplier considered."""
        return self.p_attain(self.highest)


def shortfall(
    base: Forecast, goal: Goal, target: float, scaled: Sequence[str], group: tuple[str, str] | None = None, of: int = 0
) -> Ints:
    """Minor units that the scaled leads must bring in each trial: target less all that comes without them.

    Parameters
    ----------
    base, goal, target
        The forecast, by source (and by the dimension of `group`), the period and the amount.
    scaled
        Sources whose leads are scaled.
    group
        The leads scaled are those of a group instead, whatever their source.
    of
        Position of the group whose bookings are to reach the target; 0 is all.
    """
    rest = bookings(base, goal.index, of)
    groups = [("source", name) for name in scaled] if group is None else [group]
    for one in groups:
        rest = rest - of_period(base.samples.new[base.groups.index(one)], goal.index)
    return np.ascontiguousarray(minor(target, float(base.minor_units)) - rest)


def stream_flags(compiled: Compiled, sources: Sequence[str], group: tuple[str, str] | None = None) -> list[bool]:
    """For each stream of the model, whether it is of one of the sources (and in a group)."""
    s, book = compiled.model.streams, compiled.book
    g = None if group is None else book.groups.index(group)
    return [
        book.sources[int(s.source[i])] in sources
        and (g is None or g in s.group[s.group_start[i] : s.group_start[i + 1]])
        for i in range(len(s.source))
    ]


def lead_curve(
    compiled: Compiled, base: Forecast, goal: Goal, target: float, sources: Sequence[str], highest: float,
    confidence: float, threads: int | None = None, group: tuple[str, str] | None = None, *, own: bool = False,
) -> LeadCurve:  # fmt: skip
    """Find the curve of P(attain) against the rate of `sources`.

    Parameters
    ----------
    compiled
        What `base` was computed from.
    base
        The forecast at the present rates, by source.
    goal, target
        Period and amount.
    sources
        Whose rates are scaled, all in proportion.
    highest
        Largest multiplier considered.
    confidence
        What is asked for. Where it is clearly out of reach, the curve is that of `PILOT` trials: every trial would go
        all the way to `highest`.
    group
        Scale only the leads of a group (model and forecast have it).
    own
        The target is that of the group: its bookings alone count.
    """
    gap = shortfall(base, goal, target, sources, group, base.groups.index(group) if own and group is not None else 0)
    used = stream_flags(compiled, sources, group)

    def run(gap: Ints) -> LeadCurve:
        critical = critical_multipliers(
            compiled.model,
            gap,
            seed=base.provenance.seed,
            used=used,
            period=goal.index,
            highest=highest,
            threads=threads,
        )
        return LeadCurve(np.sort(critical), highest)

    if len(gap) > 2 * PILOT:
        pilot = run(gap[:PILOT])
        if pilot.limit.mean < confidence - CLEARLY:
            return pilot
    return run(gap)


def expected_leads(model: Model, end: float) -> Floats:
    """(sources,) leads expected from as_of to calendar day `end`, at the present rates."""
    a, s = model.arrivals, model.streams
    found = []
    for source in range(len(a.level_table)):
        pieces = slice(int(a.piece_start[source]), int(a.piece_start[source + 1]))
        inside = np.clip(end - a.piece_day[pieces], 0.0, a.piece_length[pieces])
        mean = float(s.mean[a.stream_start[source] : a.stream_start[source + 1]].sum())
        found.append(mean * float(a.piece_rate[pieces] @ inside))
    return np.array(found)
