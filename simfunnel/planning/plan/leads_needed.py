"""Leads needed: the lead rate at which a target is as safe as asked for, and all that follows from it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from simfunnel.engine.paths.lead_runs import lead_values
from simfunnel.errors import InputError
from simfunnel.forecast.estimates import Estimate, attainment
from simfunnel.forecast.forecast import Forecast
from simfunnel.forecast.inputs import Prepared, ScenarioLike
from simfunnel.funnel.book import Book, Compiled
from simfunnel.funnel.compile_leads import UNIT_DAYS
from simfunnel.funnel.copies import with_leads_only_of
from simfunnel.funnel.model import NONE_LABEL, Model
from simfunnel.planning.pairs.differences import bookings, minor
from simfunnel.planning.pairs.goal import (
    Amount,
    Goal,
    Share,
    resolve_confidence,
    resolve_goal,
    resolve_sources,
    unknown_name,
)
from simfunnel.planning.pairs.lead_curve import LeadCurve, expected_leads, lead_curve, stream_flags
from simfunnel.planning.pairs.needed import search_steps
from simfunnel.planning.pairs.paired import PairedForecasts, as_prepared, whole_trials
from simfunnel.planning.plan.fewest_deals import FewestDeals, fewest_deals
from simfunnel.planning.plan.ideal_funnel import IdealFunnel, ideal_funnel
from simfunnel.planning.plan.stocks import daily_leads, stream_stocks
from simfunnel.planning.plan.unknowns import Unknowns, solve_unknowns
from simfunnel.progress import Progress, Steps
from simfunnel.shown import Shown

if TYPE_CHECKING:
    pass

WEEK = 7.0
CURVE_POINTS = 41
CURVE_STEPS = 2.0
IDEAL_STEPS = 2.0
"""What the curve and an ideal funnel count as, in long forecasts."""


@dataclass(frozen=True, slots=True)
class SourceNeed:
    """What one lead source would have to bring. Rates are means before growth and season."""

    name: str
    scaled: bool
    current_per_week: float
    needed_per_week: float | None
    current_leads: float
    """Leads expected from as_of to the end of the period."""
    extra_leads: float | None
    """Leads that are missing until then; 0 where the target is safe already."""
    dispersion: float
    """Variance / mean of the count per unit of time of the source."""
    dispersion_needed: float | None
    """The same at the needed rate: the gamma factor of a source stays, so its dispersion grows with its rate."""


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """P(attain) at one multiple of the present lead rates."""

    multiplier: float
    leads: float
    """Of the scaled sources, expected from as_of to the end of the period."""
    p_attain: float
    stderr: float


@dataclass(frozen=True, slots=True)
class StageExtra:
    """What the extra leads mean for one stage."""

    stage: str
    per_week: float
    """Further deals that enter the stage in a week, once the flow has reached it."""
    value_per_week: float
    deals: float
    """Further deals that the stage then holds."""
    value: float


@dataclass(frozen=True, slots=True)
class LeadValue:
    """What one more lead of a source is worth if it arrives in a certain week."""

    source: str
    start: dt.date
    """First day of the week."""
    value: Estimate
    """Mean bookings in the period."""
    p_attain: Estimate
    """Added chance of reaching the target."""


@dataclass(frozen=True)
class Plan(Shown):
    """How many leads a target needs, and what the funnel should look like."""

    goal: Goal
    """Period and target."""
    target: float
    """Amount to reach, major units."""
    confidence: float
    """P(attain) that is asked for."""
    by: str
    """Unit of time in which rates are told: week, month or quarter."""
    owner: str | None
    """Whose plan it is: his target, deals and leads; None everybody's."""
    sources: tuple[SourceNeed, ...]
    """What each lead source would have to bring."""
    p_attain_now: Estimate
    """P(attain) at the present rates, with its standard error."""
    multiplier: float | None
    """Of the rates of the scaled sources; 1 where the target is safe already, None where it is out of reach."""
    multiplier_interval: tuple[float, float | None] | None
    """95 % interval, which holds the multiplier; None where the target is safe already or out of reach."""
    curve: LeadCurve
    """P(attain) against the multiple of the lead rates."""
    points: tuple[CurvePoint, ...]
    """Points of that curve, for tables and pictures."""
    extra: tuple[StageExtra, ...]
    """What the extra leads mean for each stage."""
    lead_values: tuple[LeadValue, ...]
    """What one more lead is worth, by source and week of arrival."""
    ideal: IdealFunnel
    """The funnel that would bring the target with the confidence."""
    owners: tuple[IdealFunnel, ...]
    """The same for each owner with a target of his own."""
    unknowns: Unknowns
    """What else would reach the target, if the leads stay as they are."""
    deals: FewestDeals | None
    """The fewest open deals that close the gap; None where nobody asked."""
    base: Forecast
    """The forecast at the present rates."""

    @property
    def reachable(self) -> bool:
        """Whether some lead rate up to the largest considered gives the confidence."""
        return self.multiplier is not None

    @property
    def safe_already(self) -> bool:
        """Whether no further leads are needed."""
        return self.p_attain_now.mean >= self.confidence

    @property
    def about_enough(self) -> bool:
        """Whether the present rate may be enough after all: it lies within the simulation error of the needed one."""
        return not self.safe_already and self.multiplier_interval is not None and self.multiplier_interval[0] <= 1


def leads_needed(
    scenario: ScenarioLike | Prepared,
    *,
    target: Amount | None = None,
    confidence: Share = 0.8,
    period: str | int | None = None,
    sources: Sequence[str] = (),
    owner: str | None = None,
    by: str = "week",
    max_multiplier: float = 100.0,
    deals: bool = False,
    to_drop: Collection[str] = (),
    variant: str | None = None,
    overrides: Sequence[str] = (),
    trials: int | None = None,
    seed: int | None = None,
    kernel: str = "auto",
    threads: int | None = None,
    progress: Progress | None = None,
) -> Plan:
    """Find the lead rate at which P(attain) is the confidence asked for.

    Parameters
    ----------
    scenario
        A scenario file, its content, or what `prepare` made of it.
    target
        Amount to reach, such as 3_000_000 or "3M"; default the scenario's.
    confidence
        Probability of reaching it, such as 0.8 or "80%".
    period
        Label, position, or ``total``; default the first that has a target.
    sources
        Lead sources whose rates may be raised, in proportion; default all.
    owner
        Plan for one owner: his target (default the scenario's for him), his bookings, his leads.
    by
        Unit of time in which rates are told: week, month or quarter.
    max_multiplier
        Largest multiple of the present rates considered.
    deals
        Whether the fewest open deals that close the gap are looked for, too.
    to_drop
        Ids of open deals that are to be dropped, as `simfunnel.diagnosis.health.deals_to_drop` finds them: of sets of
        equal size those with fewer of them are taken, and they are marked.
    variant, overrides, trials, seed, kernel, threads
        As `simulate` takes them; `PLANNING_TRIALS` trials unless told.
    progress
        Called with (done, in all).

    Returns
    -------
    Plan

    Raises
    ------
    InputError
        If the scenario cannot be used, has no target, or an option makes no sense.
    """
    prepared = as_prepared(scenario, overrides).under(variant)
    of = None if owner is None else ("owner", owner)
    base_shifts = prepared.variant(variant)
    if owner is not None:
        _check_owner(prepared.compiled(base_shifts, ("owner",)).book, owner, sources)
    goal = resolve_goal(prepared, period, target, of=of)
    wanted = resolve_confidence(confidence)
    scaled = resolve_sources(prepared, sources)
    if by not in ("week", "month", "quarter"):
        raise InputError(f"by: expected week, month or quarter, found '{by}'")
    if not 1 < max_multiplier <= 10_000:
        raise InputError(f"max multiplier: expected a number above 1 and at most 10,000, found {max_multiplier:g}")
    amount, k = goal.amount, goal.index

    owners = _owner_targets(prepared, goal) if owner is None else {}
    steps = Steps(progress, 2 + CURVE_STEPS + IDEAL_STEPS + 0.25 * len(owners) + 2 * search_steps(whole_trials(trials)))
    pairs = PairedForecasts(
        prepared, variant=variant, trials=trials, seed=seed, kernel=kernel, threads=threads, periods=k + 1,
        groups=("owner", "source") if owners or owner else ("source",), steps=steps,
    )  # fmt: skip
    base = pairs.base
    whole = pairs.prepared.compiled(pairs.base_shifts, pairs.groups)
    compiled = whole if of is None else _only_leads_of(whole, of)
    g = 0 if of is None else base.groups.index(of)
    units = [lead.rate.per for lead in prepared.scenario.leads]
    reached = attainment(bookings(base, k, g), amount, float(base.minor_units))
    now = Estimate(reached.probability, reached.stderr)
    curve = lead_curve(compiled, base, goal, amount, scaled, max_multiplier, wanted, threads, of, own=of is not None)
    steps(CURVE_STEPS)
    needed, interval = curve.needed(wanted, now)
    multiplier = None if needed is None else max(1.0, needed)
    book = compiled.book
    days = float((book.periods[min(k, len(book.periods) - 1)].end - book.as_of).days)
    values = _lead_values(compiled, base, goal, amount, days, threads, g)
    if of is not None:  # where a source has no leads for him, one more of it would be somebody else's
        his = expected_leads(compiled.model, days)
        values = tuple(value for value in values if his[book.sources.index(value.source)] > 0)
    steps()
    ideal = ideal_funnel(compiled, base, goal, amount, wanted, units, owner, threads)
    steps(IDEAL_STEPS)
    known_owners = {label for dimension, label in book.groups if dimension == "owner"}
    by_owner = []
    for name, quota in owners.items():
        if name in known_owners:
            by_owner.append(ideal_funnel(compiled, base, goal, quota, wanted, units, name, threads))
        steps(0.25)
    unknowns = solve_unknowns(pairs, whole, goal, wanted, of)
    fewest = None
    if deals:
        fewest = fewest_deals(whole, base, goal, wanted, group=g, to_drop=to_drop, threads=threads)
    steps.finish()
    return Plan(
        goal=goal, target=amount, confidence=wanted, by=by, owner=owner,
        sources=_needs(prepared, compiled.model, scaled, multiplier, days), p_attain_now=now, multiplier=multiplier,
        multiplier_interval=None if now.mean >= wanted else interval, curve=curve,
        points=_points(curve, needed, _scaled_leads(compiled, scaled, days)),
        extra=_extra(compiled, units, scaled, multiplier), lead_values=values, ideal=ideal, owners=tuple(by_owner),
        unknowns=unknowns, deals=fewest, base=base,
    )  # fmt: skip


def _check_owner(book: Book, owner: str, sources: Sequence[str]) -> None:
    if sources:
        raise InputError("give lead sources or an owner, not both")
    known = [label for dimension, label in book.groups if dimension == "owner" and label != NONE_LABEL]
    if owner not in known:
        raise unknown_name("owner", owner, known)


def _only_leads_of(compiled: Compiled, group: tuple[str, str]) -> Compiled:
    """Give the same with no leads but those of a group."""
    used = stream_flags(compiled, compiled.book.sources, group)
    return replace(compiled, model=with_leads_only_of(compiled.model, used))


def _owner_targets(prepared: Prepared, goal: Goal) -> dict[str, float]:
    return {
        t.group[1]: t.amount
        for t in prepared.scenario.targets
        if t.group is not None and t.group[0] == "owner" and t.period == goal.period
    }


def _needs(
    prepared: Prepared, model: Model, scaled: Sequence[str], multiplier: float | None, days: float
) -> tuple[SourceNeed, ...]:
    s, a = model.streams, model.arrivals
    leads = expected_leads(model, days)
    found = []
    for i, lead in enumerate(prepared.scenario.leads):
        mean = float(s.mean[a.stream_start[i] : a.stream_start[i + 1]].sum())
        factor = multiplier if lead.name in scaled else 1.0
        unit = UNIT_DAYS[lead.rate.per]
        excess = _excess_dispersion(model, i, mean, unit)
        found.append(
            SourceNeed(
                name=lead.name, scaled=lead.name in scaled, current_per_week=mean * WEEK / unit,
                needed_per_week=None if factor is None else factor * mean * WEEK / unit,
                current_leads=float(leads[i]), extra_leads=None if factor is None else (factor - 1) * float(leads[i]),
                dispersion=1 + excess, dispersion_needed=None if factor is None else 1 + factor * excess,
            )
        )  # fmt: skip
    return tuple(found)


def _excess_dispersion(model: Model, source: int, mean: float, unit: float) -> float:
    """Dispersion above 1 that the gamma factor gives the present rate, which a variant may have scaled already."""
    a = model.arrivals
    shape = float(a.unit_shape[a.unit_start[source]]) if a.unit_start[source + 1] > a.unit_start[source] else 0.0
    pieces = slice(int(a.piece_start[source]), int(a.piece_start[source + 1]))
    first = a.piece_unit[pieces] == 0
    season = float(np.average(a.piece_rate[pieces][first], weights=a.piece_length[pieces][first])) * unit
    return mean * season / shape if shape > 0 else 0.0


def _scaled_leads(compiled: Compiled, scaled: Sequence[str], days: float) -> float:
    leads = expected_leads(compiled.model, days)
    return float(sum(leads[i] for i, name in enumerate(compiled.book.sources) if name in scaled))


def _points(curve: LeadCurve, found: float | None, leads: float) -> tuple[CurvePoint, ...]:
    """Points from no leads to well beyond the answer (or to the end, where there is none)."""
    if leads <= 0:
        return ()
    top = curve.highest if found is None else min(curve.highest, max(2.0, 1.6 * found))
    points = []
    for multiplier in np.linspace(0.0, top, CURVE_POINTS).tolist():
        p = curve.p_attain(multiplier)
        points.append(CurvePoint(multiplier, multiplier * leads, p.mean, p.stderr))
    return tuple(points)


def _extra(
    compiled: Compiled, units: Sequence[str], scaled: Sequence[str], multiplier: float | None
) -> tuple[StageExtra, ...]:
    """Deals and value by stage that the extra leads bring, in steady state."""
    model, book = compiled.model, compiled.book
    if multiplier is None or multiplier <= 1 or not len(model.streams.source):
        return ()
    stocks = stream_stocks(compiled)
    used = np.array([book.sources[int(i)] in scaled for i in model.streams.source])
    more = np.where(used, (multiplier - 1) * daily_leads(model, list(units)), 0.0)[:, None]
    value = stocks.amount[:, None]
    flow, stock = more * stocks.visits, more * stocks.days
    return tuple(
        StageExtra(
            name, WEEK * float(flow[:, i].sum()), WEEK * float((flow * value)[:, i].sum()),
            float(stock[:, i].sum()), float((stock * value)[:, i].sum()),
        )
        for i, name in enumerate(book.stages)
    )  # fmt: skip


def _lead_values(
    compiled: Compiled, base: Forecast, goal: Goal, target: float, days: float, threads: int | None, g: int = 0
) -> tuple[LeadValue, ...]:
    gap = np.ascontiguousarray(minor(target, float(base.minor_units)) - bookings(base, goal.index, g))
    day = np.append(np.arange(0.0, days, WEEK), days)
    value, gain = lead_values(compiled.model, gap, day, seed=base.provenance.seed, period=goal.index, threads=threads)
    n, unit = len(gap), float(base.minor_units)

    def mean(values: np.ndarray[Any, np.dtype[np.float64]], scale: float) -> Estimate:
        return Estimate(float(values.mean()) / scale, float(values.std(ddof=1)) / n**0.5 / scale)

    return tuple(
        LeadValue(name, compiled.book.as_of + dt.timedelta(days=int(day[week])), mean(value[source, week], unit),
                  mean(gain[source, week], 1.0))
        for source, name in enumerate(compiled.book.sources)
        for week in range(len(day) - 1)
    )  # fmt: skip
