"""The ideal funnel: what each stage should hold for a target at a confidence, against what it holds.

"Now" is the funnel whose steady flow would bring the rest of the target in the days that are left; "steady" the one
that brings a full target in every full period. Both are the flow of leads at which P(attain) is the confidence, times
the mean time in each stage (Little's law).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simfunnel.arrays import Floats, Ints
from simfunnel.engine.paths.lead_runs import critical_multipliers
from simfunnel.forecast.forecast import Forecast
from simfunnel.funnel.book import Compiled
from simfunnel.planning.pairs.differences import minor
from simfunnel.planning.pairs.goal import Goal
from simfunnel.planning.pairs.lead_curve import LeadCurve, stream_flags
from simfunnel.planning.plan.stocks import StreamStocks, daily_leads, deals_of, stream_stocks

OWNER_TRIALS = 5_000
"""Trials for the funnel of one owner: there may be many of them, and a count of deals needs no more."""
FEWEST_TRIALS = 500
MOST_DRAWS = 2e7
"""Deals drawn for one flow, all trials together."""
MOST_FLOW = 1000.0
"""Largest multiple of the present flow that an ideal funnel is looked for at."""


@dataclass(frozen=True, slots=True)
class IdealStage:
    """One stage of an ideal funnel."""

    stage: str
    ideal_count: float | None
    """Deals the stage should hold now; None where no flow in reach would do."""
    ideal_value: float | None
    ideal_count_by_cycle: float | None
    """The same from the sales cycle: winning deals in the stage over the share of its deals that win."""
    steady_count: float | None
    """Deals it should hold to reach a full target in every period."""
    steady_value: float | None
    actual_count: int
    actual_value: float
    beyond_support_count: int
    """How many of them count as lost, for no deal that left the stage was as old: they fill no gap."""
    beyond_support_value: float
    time_in_stage: float | None
    """Mean calendar days of a visit, over all exits; None where no lead comes through the stage."""

    @property
    def gap_count(self) -> float | None:
        """Deals that are missing now; negative where there are more than needed. None where nothing can be said."""
        if self.ideal_count is None or self.time_in_stage is None:
            return None
        return self.ideal_count - (self.actual_count - self.beyond_support_count)

    @property
    def gap_value(self) -> float | None:
        """The same in money."""
        if self.ideal_value is None or self.time_in_stage is None:
            return None
        return self.ideal_value - (self.actual_value - self.beyond_support_value)


@dataclass(frozen=True, slots=True)
class IdealFunnel:
    """What every stage should hold."""

    owner: str | None
    """Whose funnel; None everybody's."""
    target: float
    stages: tuple[IdealStage, ...]
    leads_per_week: float
    """At present, mean rates before growth and season."""
    flow_now: float | None
    """Multiple of the present flow of leads that the ideal funnel of now is fed by."""
    flow_steady: float | None
    wins_needed: float | None
    """Wins in what is left of the period at the flow of now."""
    sales_cycle: float | None
    """Mean calendar days from entering the funnel to Won."""
    undecided: bool

    @property
    def has_leads(self) -> bool:
        """Whether there are leads that say in which proportion the stages are to be filled."""
        return self.leads_per_week > 0


def ideal_funnel(
    compiled: Compiled,
    base: Forecast,
    goal: Goal,
    target: float,
    confidence: float,
    units: Sequence[str],
    owner: str | None = None,
    threads: int | None = None,
) -> IdealFunnel:
    """Work out the ideal funnel of everybody, or of one owner (of a model and forecast grouped by owner)."""
    group = None if owner is None else ("owner", owner)
    model, book = compiled.model, compiled.book
    used = np.array(stream_flags(compiled, book.sources, group), dtype=bool)
    g = 0 if group is None else base.groups.index(group)
    first, last = (goal.index, goal.index) if goal.index < len(base.periods) else (0, len(base.periods) - 1)
    closed = int(base.samples.closed[g, first : last + 1].sum())
    goal_minor = minor(target, float(base.minor_units))
    left = float((base.periods[last].end - max(base.periods[first].start, base.as_of)).days)
    full = float((base.periods[last].end - base.periods[first].start).days)

    trials = base.trials if owner is None else min(base.trials, OWNER_TRIALS)
    amounts = [
        model.distributions[t].mean for t, chosen in zip(model.streams.amount_table, used, strict=True) if chosen
    ]
    deals = goal_minor / max(float(np.mean(amounts)), 1.0) if amounts else 0.0
    # a sum of very many deals varies so little that few trials tell its quantile
    trials = min(trials, max(FEWEST_TRIALS, int(MOST_DRAWS / max(deals, 1.0))))

    def flow(gap: int, days: float) -> float | None:
        critical = critical_multipliers(
            model, np.full(trials, gap, dtype=np.int64), seed=base.provenance.seed, used=used.tolist(),
            period=goal.index, highest=MOST_FLOW, steady_days=days, units=units, threads=threads,
        )  # fmt: skip
        return LeadCurve(np.sort(critical), MOST_FLOW).multiplier(confidence)

    now, steady = flow(goal_minor - closed, left), flow(goal_minor, full)
    stocks = stream_stocks(compiled)
    leads = np.where(used, daily_leads(model, list(units)), 0.0)
    rows = _rows(book.stages, stocks, leads, now, steady, _actual(compiled, g))
    wins = float(leads @ stocks.win_rate)
    cycle = float(leads * stocks.win_rate @ (stocks.winning_days.sum(axis=1) / _positive(stocks.win_rate)))
    return IdealFunnel(
        owner=owner, target=target, stages=rows, leads_per_week=7 * float(leads.sum()), flow_now=now,
        flow_steady=steady, wins_needed=None if now is None else now * wins * left,
        sales_cycle=cycle / wins if wins > 0 else None, undecided=stocks.undecided,
    )  # fmt: skip


def _rows(
    stages: Sequence[str], stocks: StreamStocks, leads: Floats, now: float | None, steady: float | None,
    actual: tuple[_Held, _Held],
) -> tuple[IdealStage, ...]:  # fmt: skip
    # from the sales task: the flow into each stage times the mean time of a visit
    entering = leads[:, None] * stocks.visits
    visit = stocks.days / _positive(stocks.visits)
    count = (entering * visit).sum(axis=0)
    value = (entering * visit * stocks.amount[:, None]).sum(axis=0)
    # from the sales cycle: the winners in the stage (flow of wins x their time there) over the share of winners in it
    wins = leads * stocks.win_rate
    winners = wins[:, None] * stocks.winning_days / _positive(stocks.win_rate)[:, None]
    share = stocks.winning_share
    by_cycle = np.where(share > 0, winners / _positive(share), leads[:, None] * stocks.days).sum(axis=0)
    passing = entering.sum(axis=0)

    def times(values: Floats, i: int, factor: float | None) -> float | None:
        return None if factor is None else factor * float(values[i])

    return tuple(
        IdealStage(
            stage=name, ideal_count=times(count, i, now), ideal_value=times(value, i, now),
            ideal_count_by_cycle=times(by_cycle, i, now), steady_count=times(count, i, steady),
            steady_value=times(value, i, steady), actual_count=int(actual[0].count[i]),
            actual_value=float(actual[0].value[i]), beyond_support_count=int(actual[1].count[i]),
            beyond_support_value=float(actual[1].value[i]),
            time_in_stage=float(count[i] / passing[i]) if passing[i] > 0 else None,
        )
        for i, name in enumerate(stages)
    )  # fmt: skip


@dataclass(frozen=True)
class _Held:
    """Deals in each stage."""

    count: Ints
    value: Floats


def _actual(compiled: Compiled, g: int) -> tuple[_Held, _Held]:
    """Open deals of a group by stage; and those of them beyond support that count as lost."""
    model, book = compiled.model, compiled.book.deals
    inside = deals_of(model, g)
    lost = inside & model.beyond_support & ~model.judged & (model.deals.judged == 0)
    S = len(compiled.book.stages)

    def held(chosen: npt.NDArray[np.bool_]) -> _Held:
        stage, amount = book.stage[chosen], book.amount[chosen]
        return _Held(
            np.bincount(stage, minlength=S).astype(np.int64),
            np.bincount(stage, weights=amount, minlength=S).astype(np.float64),
        )

    return held(inside), held(lost)


def _positive(values: Floats) -> Floats:
    return np.where(values > 0, values, 1.0)
