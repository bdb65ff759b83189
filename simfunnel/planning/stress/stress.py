"""Stress tests: what each assumption is worth, how far it may fall, which deals and which luck a target rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

from simfunnel.errors import InputError
from simfunnel.forecast.estimates import Estimate, estimate
from simfunnel.forecast.forecast import Forecast
from simfunnel.forecast.inputs import Prepared, ScenarioLike
from simfunnel.planning.pairs.by_deal import MustClose, Share, by_deal, must_close, shares_by
from simfunnel.planning.pairs.differences import Difference, bookings, closed, difference, p_attain
from simfunnel.planning.pairs.goal import Amount, Goal, resolve_goal, resolve_share
from simfunnel.planning.pairs.goal import Share as Fraction
from simfunnel.planning.pairs.needed import search_steps
from simfunnel.planning.pairs.paired import PairedForecasts, as_prepared, shift, whole_trials
from simfunnel.planning.stress.assumptions import Assumption, assumption, assumptions_of, resolve_by
from simfunnel.planning.stress.break_even import BreakEven, break_even
from simfunnel.planning.stress.events import Event, compared, market_at_quantile, owners_leave, without_biggest_deal
from simfunnel.planning.stress.grid import CELL_TRIALS, Grid, attain_grid, forecasts_of, resolve_axes
from simfunnel.planning.stress.misses import Miss, misses
from simfunnel.planning.stress.tornado import TORNADO_SHARE, Bar, tornado_bar
from simfunnel.planning.stress.variance import VarianceSplit, variance_split
from simfunnel.progress import Progress, Steps
from simfunnel.scenario.schema import Shift, Variant
from simfunnel.shown import Shown

if TYPE_CHECKING:
    pass

BREAK_EVEN_TRIALS = 2_560


@dataclass(frozen=True)
class Stress(Shown):
    """A stress test of one period."""

    goal: Goal
    """Period and target."""
    by: float
    """How far each assumption was moved: 0.1 is 10 %."""
    kind: str
    """How rates were moved: scale, add or odds."""
    threshold: float
    """P(attain) of the break-evens."""
    mean: Estimate
    """Mean bookings now, major units."""
    p_attain: Estimate | None
    """None without a target."""
    variants: tuple[Event, ...]
    """The variants of the scenario."""
    tornado: tuple[Bar, ...]
    """The assumptions, the largest swing first."""
    tornado_trials: int
    """Trials of each end of a bar."""
    break_even: tuple[BreakEven, ...]
    """In the order of the tornado; empty without a target."""
    grid: Grid | None
    """P(attain) over two assumptions; None where none was asked for."""
    market_quantile: float
    """How bad the bad market is: a quantile of the market factor."""
    events: tuple[Event, ...]
    """A market at its quantile, the biggest deal lost, owners who leave."""
    must_close: tuple[MustClose, ...]
    """All open deals, those whose loss costs most first."""
    concentration: dict[str, tuple[Share, ...]]
    """Dimension (deal, owner, segment) -> shares of the variance, each dimension summing to 1."""
    misses: tuple[Miss, ...]
    """What falls short more often in trials that miss the target; empty without a target, or where hardly any miss."""
    variance: VarianceSplit
    """Where the spread comes from."""
    stages: int
    """Stages a deal can pass: `conversion` moves the rate of every one of them."""
    base: Forecast
    """The forecast that nothing was moved in."""


def stress(
    scenario: ScenarioLike | Prepared,
    *,
    by: Fraction = 0.1,
    kind: str = "scale",
    assumptions: Sequence[str] = (),
    each: Sequence[str] = (),
    threshold: Fraction = 0.5,
    grid: Sequence[str] | None = (),
    market_quantile: Fraction = 0.05,
    owners: Sequence[str] = (),
    period: str | int | None = None,
    target: Amount | None = None,
    variant: str | None = None,
    shifts: Sequence[Shift] = (),
    overrides: Sequence[str] = (),
    trials: int | None = None,
    seed: int | None = None,
    kernel: str = "auto",
    threads: int | None = None,
    progress: Progress | None = None,
) -> Stress:
    """Stress-test a forecast.

    Parameters
    ----------
    scenario
        A scenario file, its content, or what `prepare` made of it.
    by
        How far each assumption is moved down and up, such as 0.1 or "10%".
    kind
        How rates are moved: ``scale`` (x 0.9 and x 1.1), ``add`` (points) or ``odds``. Everything else is scaled.
    assumptions
        Shift paths to move, in place of the usual ones.
    each
        Dimensions (stage, segment, owner, source) by whose names assumptions are moved one at a time as well.
    threshold
        P(attain) of the break-evens.
    grid
        Two assumptions, each with a range of factors or without: ``win_rate=0.5:1.5:21``; empty for the usual two
        (win rate and lead rate), None for no grid.
    market_quantile
        The quantile of the market factor that the bad market has; 0.05 is the worst of 20.
    owners
        Whose leaving is looked at; default, every owner.
    period
        Label, position, or ``total``; default the first that has a target.
    target
        Amount to reach; default the scenario's. Without any, all is told in money only, and there is no grid.
    variant, shifts, overrides, trials, seed, kernel, threads
        As `simulate` takes them; `PLANNING_TRIALS` trials unless told. Each end of a bar of the tornado has a quarter.
    progress
        Called with (steps done, steps in all).

    Raises
    ------
    InputError
        If the scenario cannot be used, or an option makes no sense.
    """
    prepared = as_prepared(scenario, overrides).under(variant)
    # a grid shows P(attain): who asks for one needs a target
    goal = resolve_goal(prepared, period, target, required=bool(grid))
    step, wanted = resolve_by(by), resolve_share("threshold", threshold, "a probability", "0.5 or 50%")
    quantile = resolve_share("market quantile", market_quantile, "a share", "5%")
    base_shifts = (*prepared.variant(variant), *shifts)
    chosen = _assumptions(prepared, base_shifts, step, kind, assumptions, each)
    axes = None
    if grid is not None and goal.target is not None and (chosen or grid):
        axes = resolve_axes(grid, default_grid(prepared, base_shifts))
        # raises where an axis matches nothing, before anything is computed
        prepared.model((*base_shifts, *(shift(axis.path, scale=axis.values[0]) for axis in axes)), ())

    n = whole_trials(trials)
    searched = 0.0 if goal.target is None else search_steps(n, BREAK_EVEN_TRIALS)
    cells = 0.0 if axes is None else forecasts_of(axes) * min(1.0, CELL_TRIALS / n)
    each_one = 2 / TORNADO_SHARE + searched
    steps = Steps(progress, 4 + len(prepared.scenario.variants) + each_one * len(chosen) + cells)
    pairs = PairedForecasts(
        prepared, variant=variant, shifts=shifts, trials=trials, seed=seed, kernel=kernel, threads=threads,
        groups=("owner", "segment", "source"), periods=goal.index + 1, steps=steps,
    )  # fmt: skip
    some, few = pairs.smaller(max(2, pairs.trials // TORNADO_SHARE)), pairs.smaller(BREAK_EVEN_TRIALS)
    base, k = pairs.base, goal.index
    now, mean = p_attain(base, k, goal.target), estimate(bookings(base, k), float(base.minor_units))
    compiled = pairs.prepared.compiled(pairs.base_shifts, pairs.groups)
    leaving = owners_leave(base, goal, owners)
    deals = by_deal(compiled.model, base, goal, threads)
    closing = must_close(compiled, deals, now)
    steps()
    split = variance_split(compiled, goal, pairs.seed)
    steps()
    variants = [
        compared("variant", name, _under(one, pairs, goal), mean, now)
        for name, one in prepared.scenario.variants.items()
    ]
    with steps.allotted(1.0):
        market = market_at_quantile(pairs, goal, compiled.model, quantile, NormalDist().inv_cdf(quantile), mean, now)
    bars = [tornado_bar(base, some, goal, one) for one in chosen]
    bars.sort(key=lambda bar: bar.swing, reverse=True)
    evens = []
    for bar in bars:
        with steps.allotted(searched):
            if goal.target is not None and bar.assumption.is_level and not bar.idle:
                evens.append(break_even(pairs, few, goal, wanted, bar))
    found = None
    if axes is not None:
        with steps.allotted(cells):
            found = attain_grid(pairs.smaller(CELL_TRIALS, ("source",)), goal, axes)
    steps.finish()
    return Stress(
        goal=goal, by=step, kind=kind, threshold=wanted, mean=mean, p_attain=now, variants=tuple(variants),
        tornado=tuple(bars), tornado_trials=some.trials, break_even=tuple(evens), grid=found,
        market_quantile=quantile, events=(*market, *without_biggest_deal(closing, mean), *leaving), must_close=closing,
        concentration={
            "deal": _by_deal_shares(closing, deals.new_business, mean.mean, base, goal),
            "owner": shares_by(base, goal, "owner"), "segment": shares_by(base, goal, "segment"),
        },
        misses=misses(compiled, base, goal, deals), variance=split, stages=len(prepared.scenario.stages), base=base,
    )  # fmt: skip


def _under(variant: Variant, pairs: PairedForecasts, goal: Goal) -> Difference:
    """Compare a variant with the base, each with its own target."""
    base, other = pairs.pair(variant.shifts)
    own = next((t.amount for t in variant.targets if t.group is None and t.period == goal.period), goal.target)
    k, unit = goal.index, float(base.minor_units)
    return difference(bookings(base, k), bookings(other, k), unit, (goal.target, own))


def default_grid(prepared: Prepared, shifts: Sequence[Shift]) -> tuple[str, str]:
    """The two assumptions of a grid unless told: the win rate, and the rate of new leads (else the amounts)."""
    return "win_rate", "leads.rate" if len(prepared.model(shifts, ()).streams.source) else "amount"


def _assumptions(
    prepared: Prepared, shifts: Sequence[Shift], by: float, kind: str, paths: Sequence[str], each: Sequence[str]
) -> tuple[Assumption, ...]:
    if not paths:
        return assumptions_of(prepared, shifts, by, kind, each)
    if each:
        raise InputError("give assumptions to move, or dimensions to move each name of, not both")
    found = tuple(assumption(path, by, kind) for path in dict.fromkeys(paths))
    for one in found:
        prepared.model((*shifts, *one.at(one.low)), ())  # raises where it matches nothing, before anything is computed
    return found


def _by_deal_shares(
    closing: Sequence[MustClose], new_business: float, mean: float, base: Forecast, goal: Goal
) -> tuple[Share, ...]:
    """Shares of the deals, the largest first, and of the leads to come last."""
    found = sorted((Share(d.id, -d.delta_mean.mean, d.share) for d in closing), key=lambda s: -s.share)
    rest = mean - closed(base, goal.index) / base.minor_units - sum(share.mean for share in found)
    return (*found, Share("new business", max(0.0, rest), new_business))
