"""How to integrate over what a part shares: which rule, with how many nodes."""

from __future__ import annotations

import math
from collections.abc import Callable, Container
from dataclasses import dataclass, replace

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.engine.exact.distribution.buckets import power_of_two
from simfunnel.engine.exact.nodes.nodes import Nodes, no_dimension, quasi_random, trapezoid, turned
from simfunnel.engine.exact.nodes.panels import panels, scanned
from simfunnel.engine.exact.nodes.shared import (
    AMOUNT_LEVEL,
    FACTORS,
    MARKET,
    OWNER,
    PACE,
    SEGMENT,
    TOGETHER,
    Dimension,
    Part,
)
from simfunnel.engine.trial.shared import FACTOR_RANGE
from simfunnel.wording.language import joined, tell
from simfunnel.wording.numbers import plural

SINGLE, TRAPEZOID, NESTED, QUASI_RANDOM = "single", "trapezoid", "nested", "quasi-random"
FEWEST, MOST = 32, 4096
STEP = 0.55
"""Of conditional sd / slope of the conditional mean. The error falls as exp(-2 pi^2 / step^2): 1e-28 for this step, and
8e-8 for its double, which is what the check compares with."""
LARGEST_PRODUCT = 8_000
LONG_RULE, PANELS_PAY = 512, 0.4
"""Nodes of a trapezoid rule, and share of them, below which panels are taken instead: of a wide dimension the smallest
step is needed at one end only."""
SCAN = 129
_SCANNED = 6.5
"""Standard deviations within which the step is chosen by the slope of the conditional mean."""

ConditionalMoments = Callable[[Floats], tuple[Floats, Floats]]
"""Normal scores (n, dimensions) -> conditional mean and sd (n,)."""


@dataclass(frozen=True)
class Scheme:
    """A rule for the dimensions of a part."""

    kind: str
    dimensions: tuple[Dimension, ...]
    inner: tuple[Dimension, ...] = ()
    """NESTED: dimensions of which each deal has at most one, integrated inside the market factor."""
    apart: tuple[Dimension, ...] = ()
    """Amount levels in closed form."""

    def describe(self, nodes: Nodes, inner_nodes: int) -> str:
        """Say in words what is integrated how."""
        found = [self._describe(nodes, inner_nodes)] if self.dimensions or self.inner or not self.apart else []
        levels = _counted(AMOUNT_LEVEL, len(self.apart))
        return joined(found + [tell("{levels} in closed form", levels=levels)] * bool(self.apart), "; ")

    def _describe(self, nodes: Nodes, inner_nodes: int) -> str:
        if self.kind == SINGLE:
            return tell("nothing is shared")
        names = list(dict.fromkeys(d.kind for d in self.dimensions))
        counted = joined([_counted(name, sum(d.kind == name for d in self.dimensions)) for name in names])
        n = len(nodes.z)
        if nodes.replicated:
            return tell("{counted} by {n} quasi-random draws in 8 replicates", counted=counted, n=n)
        by_rule = tell("{counted} by the trapezoid rule, {n} nodes", counted=counted, n=n)
        if nodes.in_panels:
            by_rule = tell("{counted} by Fejér's rule in panels, {n} nodes", counted=counted, n=n)
        outer = by_rule if self.dimensions else tell("no market factor")
        if self.kind != NESTED:
            return outer
        inside = _counted(self.inner[0].kind, len(self.inner))
        nested = tell("{inside} inside, {n} nodes each", inside=inside, n=inner_nodes)
        return joined([outer, nested], "; ")


def _counted(name: str, count: int) -> str:
    return tell(name) if count == 1 else plural(count, name)


def choose_scheme(part: Part, *, money: bool, apart: Container[int] = ()) -> Scheme:
    """Choose by the dimensions of a part; the amount levels `apart` are none."""
    every = part.dimensions(money=money)
    levels = tuple(d for d in every if d.kind == AMOUNT_LEVEL and d.index in apart)
    return replace(_scheme(part, tuple(d for d in every if d not in levels), nests=not levels), apart=levels)


def _scheme(part: Part, dimensions: tuple[Dimension, ...], *, nests: bool) -> Scheme:
    if not dimensions:
        return Scheme(SINGLE, ())
    if all(d.kind in FACTORS for d in dimensions):
        # the sum of the factors is one normal of their whole share, unless the market factor is given
        if len(part.combinations) == 1 and math.isnan(part.model.factors.market_given):
            return Scheme(TRAPEZOID, (Dimension(TOGETHER, int(part.combinations[0])),))
        seconds = tuple(d for d in dimensions if d.kind in (SEGMENT, OWNER))
        if nests and len({d.kind for d in seconds}) == 1 and not _unit_shared(part):
            return Scheme(NESTED, tuple(d for d in dimensions if d.kind == MARKET), seconds)
    if len(dimensions) <= 2:
        return Scheme(TRAPEZOID, dimensions)
    return Scheme(QUASI_RANDOM, dimensions)


def _unit_shared(part: Part) -> bool:
    """Whether a dispersed unit of a source feeds several combinations, and so ties them together."""
    m = part.model
    for source in np.unique(m.streams.source[part.streams]):
        units = slice(int(m.arrivals.unit_start[source]), int(m.arrivals.unit_start[source + 1]))
        mine = part.streams[m.streams.source[part.streams] == source]
        if m.arrivals.unit_shape[units].any() and len(np.unique(m.streams.combination[mine])) > 1:
            return True
    return False


def intervals(moments: ConditionalMoments, dimensions: int, j: int) -> int:
    """Intervals for dimension `j`: a step by conditional sd / slope of the conditional mean."""
    at = np.linspace(-_SCANNED, _SCANNED, SCAN)
    z = np.zeros((SCAN, dimensions))
    z[:, j] = at
    mean, sd = moments(z)
    slope = np.abs(np.gradient(mean, at))
    weight = np.exp(-0.5 * at * at)
    counts = (slope > 1e-9 * max(slope.max(), 1e-300)) & (weight > 1e-10)
    ratio = float(np.min(np.where(counts, sd / np.where(counts, slope, 1.0), np.inf), initial=np.inf))
    step = min(STEP * ratio, 0.5)
    return even(2 * FACTOR_RANGE / max(step, 1e-6))


def _in_panels(moments: ConditionalMoments, jumps: Floats, refined: int) -> Nodes:
    at = scanned(SCAN)
    mean, sd = moments(at[:, None])
    least = 1e-9 * max(float(np.abs(mean).max()), 1e-300)
    pull = np.abs(np.diff(mean)) / np.diff(at) / np.maximum(0.5 * (sd[1:] + sd[:-1]), least)
    for i in np.searchsorted(at, jumps) - 1:  # a jump is no slope: what is beside it goes on
        if 0 <= i < len(pull):
            pull[i] = max(pull[max(i - 1, 0)], pull[min(i + 1, len(pull) - 1)])
    return panels(at, pull, jumps, refined)


def even(n: float) -> int:
    """Even number of intervals within bounds."""
    return int(min(max(2 * math.ceil(n / 2), FEWEST), MOST))


def rule(
    scheme: Scheme, moments: ConditionalMoments, points: int, seed: int, refined: int, jumps: Floats | None = None
) -> Nodes:
    """Nodes of the outer (or only) dimensions; `refined` doublings of the step that the moments suggest.

    `jumps` are the scores of the pace at which the timing jumps, None where they are too many or not known.
    """
    n = len(scheme.dimensions)
    if scheme.kind == QUASI_RANDOM:
        return _drawn(moments, n, points, seed)
    if n == 0:
        return no_dimension()
    paced = n == 1 and scheme.dimensions[0].kind == PACE
    if paced and jumps is not None:
        return _in_panels(moments, jumps, refined)
    wanted = [min(intervals(moments, n, j) << refined, MOST) for j in range(n)]
    if n == 1 and not paced and scheme.kind == TRAPEZOID and wanted[0] > LONG_RULE:
        found = _in_panels(moments, np.zeros(0), refined)
        if len(found.z) < PANELS_PAY * wanted[0]:
            return found
    # nodes of the pace are among those of the finest rule, for which the law may have been computed
    wanted = [power_of_two(w) if d.kind == PACE else w for w, d in zip(wanted, scheme.dimensions, strict=True)]
    if n > 1 and math.prod(wanted) > LARGEST_PRODUCT:
        return _drawn(moments, n, points, seed)
    return trapezoid(wanted)


def _drawn(moments: ConditionalMoments, dimensions: int, points: int, seed: int) -> Nodes:
    """Quasi-random nodes, those alike beside each other, by conditional sd: they need the same frequencies."""
    nodes = turned(quasi_random(dimensions, points, seed), steepest(moments, dimensions))
    order = np.argsort(moments(nodes.z)[1], kind="stable")
    return Nodes(nodes.z[order], np.ascontiguousarray(nodes.weights[:, order]), nodes.replicated)


def steepest(moments: ConditionalMoments, dimensions: int) -> Floats:
    """Direction in which the conditional mean changes most, by differences over +-1 in each dimension."""
    z = np.vstack([np.eye(dimensions), -np.eye(dimensions)])
    mean, _ = moments(z)
    return np.asarray(mean[:dimensions] - mean[dimensions:])
