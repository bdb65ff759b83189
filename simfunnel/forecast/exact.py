"""Forecast a scenario without simulation: distributions by transforms, errors stated beside them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from simfunnel.arrays import Floats, Ints
from simfunnel.engine.exact.book import BOOKINGS, CASH, WINS
from simfunnel.engine.exact.payments import CashTiming, rough_cash
from simfunnel.engine.exact.pieces import OfPeriod
from simfunnel.engine.exact.shared import Part
from simfunnel.engine.exact.solve import WORK, Solved, shared_nodes, solve
from simfunnel.engine.exact.tables import Tabulated
from simfunnel.engine.exact.timing import WinTiming
from simfunnel.engine.runner import available_processors
from simfunnel.errors import InputError
from simfunnel.forecast.estimates import QUANTILES, Attainment, DistributionSummary, Estimate, ExactDetail
from simfunnel.forecast.forecast import Forecast, Samples
from simfunnel.forecast.inputs import Prepared, ScenarioLike, prepare
from simfunnel.forecast.parallel import side_by_side
from simfunnel.forecast.standing import closed_wins, known_groups, standing_fields, targets_of
from simfunnel.funnel.groups import DIMENSIONS
from simfunnel.funnel.model import ALL, Model
from simfunnel.scenario.schema import Shift

if TYPE_CHECKING:
    import pandas as pd

T95 = 2.364624251592785
"""Student's t, 7 degrees of freedom: 95 % interval from 8 replicates."""
GROUP_SHARE = 0.1
"""Of the work, for a distribution of a group without a target."""
NODE_POINTS = 32
"""The same where the timing law is computed at each node."""
SELF_CHECK = 1e-3
GOOD_STANDARD_ERROR = 0.005
GOOD_GRID = 1e-3
GOOD_GROUP, GROUP_CHECK = 0.01, 0.01
"""Of groups without a target, on which less work is spent."""
REPRESENTATIVES = 10_000


@dataclass(frozen=True)
class ExactForecast(Forecast):
    """A forecast without trials: the same questions, answered from distributions.

    Made by `exact_forecast`. It knows each period, the total and each group, not how they go together: it has no
    samples.
    """

    solved: Mapping[tuple[int, int, str], Solved]
    """(group, period, kind) -> distribution; the number of periods stands for the total."""

    def bookings(self, period: str | int = 0, *, group: tuple[str, str] | None = None) -> Floats:
        """10,000 equally likely values of a period's bookings, in rising order: its quantiles, not trials."""
        g, k = self._group_index(group), self._period_index(period)
        found, closed = self.solved[g, k, BOOKINGS], self._closed(g, k)
        at = (np.arange(REPRESENTATIVES) + 0.5) / REPRESENTATIVES
        return np.asarray((found.distribution.quantiles(at) + closed) / self.minor_units)

    def mean(self, period: str | int = 0, *, group: tuple[str, str] | None = None) -> float:
        """Mean bookings of a period."""
        return self._distribution_summary(self._group_index(group), self._period_index(period), BOOKINGS).mean

    def quantile(self, q: float, period: str | int = 0, *, group: tuple[str, str] | None = None) -> float:
        """Smallest x with P(bookings <= x) >= q."""
        if not 0 < q < 1:
            raise InputError(f"a quantile lies between 0 and 1, found {q:g}")
        g, k = self._group_index(group), self._period_index(period)
        return (self.solved[g, k, BOOKINGS].distribution.quantile(q) + self._closed(g, k)) / self.minor_units

    def _attainment(self, g: int, k: int, target: float) -> Attainment:
        found, unit = self.solved[g, k, BOOKINGS], self.minor_units
        goal = math.ceil(target * unit - 1e-6) - self._closed(g, k)
        rows = found.distribution.reaches(goal) if goal > 0 else np.ones(len(found.open))
        p, error = (float(x) for x in found.nodes.combine(rows))
        stderr = error if found.nodes.replicated else 0.0
        half = T95 * stderr
        shortfall, _ = found.nodes.combine(found.distribution.shortfall(goal) if goal > 0 else np.zeros(len(rows)))
        mean, _ = found.nodes.combine(found.open + found.new)
        return Attainment(
            probability=p, stderr=stderr, interval=(max(0.0, p - half), min(1.0, p + half)),
            mean_shortfall=float(shortfall) / unit, mean_ratio=(float(mean) + self._closed(g, k)) / unit / target,
        )  # fmt: skip

    def _distributions(self, g: int, k: int, target: float | None) -> dict[str, Any]:
        return {
            "bookings": self._distribution_summary(g, k, BOOKINGS),
            "wins": self._distribution_summary(g, k, WINS),
            "cash": self._distribution_summary(g, k, CASH) if (g, k, CASH) in self.solved else None,
            "by_origin": self._origins(g, k),
            "attainment": None if target is None else self._attainment(g, k, target),
        }

    def _distribution_summary(self, g: int, k: int, kind: str) -> DistributionSummary:
        found = self.solved[g, k, kind]
        unit = 1.0 if kind == WINS else float(self.minor_units)
        closed = self.samples.closed_wins[g] if kind == WINS else self.samples.closed[g]
        shift = 0 if kind == CASH else int(closed[k]) if k < len(self.periods) else int(closed.sum())
        mean, error = (float(x) for x in found.nodes.combine(found.open + found.new))
        variance, _ = found.nodes.combine(found.variance)
        values = {q: found.distribution.quantile(q) + shift for q in QUANTILES}
        return DistributionSummary(
            mean=(mean + shift) / unit,
            stderr=error / unit if found.nodes.replicated else 0.0,
            sd=math.sqrt(max(float(variance), 0.0)) / unit,
            quantiles={q: x / unit for q, x in values.items()},
            quantile_intervals={q: _interval(found, q, x - shift, shift, unit) for q, x in values.items()},
            exact=ExactDetail(
                bucket=found.distribution.buckets.width / unit, integration_error=found.integration_error,
                grid_error=found.grid_error, check=found.check, how=found.how,
            ),
        )  # fmt: skip

    def _origins(self, g: int, k: int) -> dict[str, Estimate]:
        found, unit = self.solved[g, k, BOOKINGS], float(self.minor_units)

        def part(rows: Floats) -> Estimate:
            mean, error = (float(x) for x in found.nodes.combine(rows))
            return Estimate(mean / unit, error / unit if found.nodes.replicated else 0.0)

        return {"closed": Estimate(self._closed(g, k) / unit, 0.0), "open": part(found.open), "new": part(found.new)}

    def samples_frame(self) -> pd.DataFrame:
        """Refuse: there are no trials."""
        raise InputError("an exact forecast has no trials to list; simulate for samples")


def _interval(found: Solved, q: float, value: float, shift: int, unit: float) -> tuple[float, float]:
    """95 % interval of a quantile: where P(X <= x) moves by 2.36 standard errors over the replicates."""
    if not found.nodes.replicated:
        return (value + shift) / unit, (value + shift) / unit
    _, error = found.nodes.combine(found.distribution.below(np.array([value])))
    half = T95 * float(error[0])
    low, high = (found.distribution.quantile(min(max(q + s * half, 1e-9), 1 - 1e-9)) for s in (-1, 1))
    return (low + shift) / unit, (high + shift) / unit


def exact_forecast(
    scenario: ScenarioLike | Prepared,
    *,
    seed: int | None = None,
    points: int | None = None,
    work: float = WORK,
    variant: str | None = None,
    shifts: Sequence[Shift] = (),
    overrides: Sequence[str] = (),
    pipeline: pd.DataFrame | None = None,
    groups: Iterable[str] = DIMENSIONS,
    progress: Callable[[int, int], None] | None = None,
) -> ExactForecast:
    """Forecast bookings without simulation.

    Given the factors, rates and levels that deals share, deals are independent and the transform of their sum is a
    product; what they share is integrated by a trapezoid rule where it has few dimensions, else by quasi-random
    draws in 8 replicates whose spread is reported as the standard error.

    Parameters
    ----------
    scenario
        A scenario file, a mapping with its content, a `Scenario`, or what `load_scenario` returned.
    seed
        Of the quasi-random shifts; default: the scenario's.
    points
        Quasi-random points of a replicate, a power of two; default as many as `work` allows.
    work
        Products of complex numbers that a distribution may cost, roughly; those of groups without a target a tenth.
    variant, shifts, overrides, pipeline, groups
        As for `simulate`.
    progress
        Called with (distributions done, distributions in all).

    Returns
    -------
    ExactForecast

    Raises
    ------
    InputError
        If the scenario or its pipeline cannot be used, or asks for what only a simulation can do.
    """
    ready = scenario if isinstance(scenario, Prepared) else prepare(scenario, overrides=overrides, pipeline=pipeline)
    seed = ready.scenario.simulation.seed if seed is None else seed
    moved = (*ready.variant(variant), *shifts)
    model = ready.model(moved, known_groups(groups))
    targets = targets_of(ready, model)
    closed, closed_count = closed_wins(model)
    solved, law_error, rough = _solve_all(model, targets, closed, seed, points, work, progress)
    G, K = closed.shape
    nothing = np.zeros((G, K, 0), dtype=np.int64)
    return ExactForecast(
        **standing_fields(
            ready,
            model,
            moved,
            variant=variant,
            method="exact",
            kernel=None,
            trials=0,
            seed=seed,
            law_error=law_error,
            notes=[*_doubts(solved), *_doubts_of_groups(solved, model.names.groups), *rough],
        ),
        samples=Samples(nothing, nothing, nothing.astype(np.int32), None, closed, closed_count),
        solved=solved,
    )


def _solve_all(
    model: Model,
    targets: Mapping[tuple[int, int], float],
    closed: Ints,
    seed: int,
    points: int | None,
    work: float,
    progress: Callable[[int, int], None] | None,
) -> tuple[dict[tuple[int, int, str], Solved], float, list[str]]:
    timing = WinTiming(model)
    cash = CashTiming(model) if len(model.payment.share) else None
    K = len(model.periods)
    kinds = (BOOKINGS, WINS) if cash is None else (BOOKINGS, WINS, CASH)
    parts = [Part.of_group(model, g) for g in range(len(model.names.groups))]
    given = None
    if timing.by_node:
        few = min(points or NODE_POINTS, NODE_POINTS)
        given = shared_nodes(parts[ALL], OfPeriod(timing, K), seed=seed, points=few)

    def distribution(g: int, k: int, kind: str) -> Solved:
        source = cash if cash is not None and kind == CASH else timing
        goal = targets.get((g, k)) if kind == BOOKINGS else None
        gap = None if goal is None else goal * model.minor_units - float(closed[g, k] if k < K else closed[g].sum())
        effort = work if g == ALL or goal else GROUP_SHARE * work
        return solve(
            parts[g],
            kind,
            OfPeriod(source, k),
            target=gap,
            seed=seed,
            points=points,
            work=effort,
            given=given,
        )

    # one period is the total
    asked = [(g, k, kind) for g in range(len(parts)) for kind in kinds for k in range(K + 1 if K > 1 else K)]
    # tables that grow with the nodes that are asked for depend on the order of asking, in their last digits
    ordered = not all(isinstance(t.tables, Tabulated) for t in (timing, *([] if cash is None else [cash.wins])))
    found = side_by_side(distribution, asked, workers=1 if ordered else available_processors(), progress=progress)
    solved = dict(zip(asked, found, strict=True))
    if K == 1:
        solved |= {(g, K, kind): s for (g, _, kind), s in solved.items()}
    if cash is None:
        return solved, timing.error, []
    return solved, max(timing.error, cash.error), rough_cash(cash)


def _doubts(solved: Mapping[tuple[int, int, str], Solved]) -> list[str]:
    """Say where the whole is known less well than an exact answer promises."""
    whole = [s for (g, _, _), s in solved.items() if g == ALL]
    found = []
    worst = max(s.check for s in whole)
    if not worst <= SELF_CHECK:
        found.append(
            f"exact: mean or sd of the computed distribution is {worst:.1g} sd off its closed form: do not rely on it, "
            "simulate instead"
        )
    drawn = max((s.integration_error for s in whole if s.nodes.replicated), default=0.0)
    if drawn > GOOD_STANDARD_ERROR:
        found.append(
            f"exact: quasi-random draws of what deals share leave a standard error of {drawn:.1g} in probabilities; "
            "a simulation may be the better choice"
        )
    step = max((s.integration_error for s in whole if not s.nodes.replicated), default=0.0)
    if step > 1e-5:
        found.append(f"exact: half as many nodes move a probability by {step:.1g}")
    grid = max(s.grid_error for s in whole)
    if grid > GOOD_GRID:
        found.append(f"exact: the buckets are coarse, probabilities may be off by {grid:.1g}")
    return found


def _doubts_of_groups(solved: Mapping[tuple[int, int, str], Solved], groups: Sequence[tuple[str, str]]) -> list[str]:
    """Say in one line that some groups are known less well than a user would think, and which least."""
    errors = {
        key: s.grid_error + s.integration_error + (1.0 if not s.check <= GROUP_CHECK else 0.0)
        for key, s in solved.items()
        if key[0] != ALL
    }
    rough = {g for (g, _, _), error in errors.items() if error > GOOD_GROUP}
    if not rough:
        return []
    worst = max(errors, key=lambda key: errors[key])
    dimension, name = groups[worst[0]]
    found = solved[worst]
    return [
        f"exact: in {len(rough)} {'group' if len(rough) == 1 else 'groups'} probabilities may be off by more than "
        f"{GOOD_GROUP:g}, most those of the {worst[2]} of {dimension} {name} "
        f"({found.grid_error + found.integration_error:.1g}); a target of its own buys a group more work, or simulate"
    ]
