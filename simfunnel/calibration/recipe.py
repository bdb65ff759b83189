"""Learn a scenario from a history: everything that a forecast of its future needs, by one stated recipe."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace
from typing import Literal

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.calibration.anchor import run_rates, stack
from simfunnel.calibration.blend import blend_of
from simfunnel.calibration.calibration import Calibration, Counts
from simfunnel.calibration.dependence import Dependence, correlation_of, error_interval, error_sd, stated_dependence
from simfunnel.calibration.expectation import expected_wins, spread_of_rates
from simfunnel.calibration.group_labels import AUTO, groups_of
from simfunnel.calibration.group_learning import learn_groups
from simfunnel.calibration.learned import Learned
from simfunnel.calibration.months import in_months, periods_of, quarters_of
from simfunnel.calibration.pace import learn_pace
from simfunnel.calibration.pipeline_file import pipeline_rows
from simfunnel.calibration.prior import Prior, read_prior
from simfunnel.calibration.reproduced import apart, reproduced_error
from simfunnel.calibration.thin import beyond_seen, is_thin, refuse_stuck, refuse_thin, refuse_unusable, thin_cautions
from simfunnel.calibration.written import scenario_text
from simfunnel.errors import InputError
from simfunnel.estimation.amounts import estimate_amounts
from simfunnel.estimation.arrivals import daily_counts
from simfunnel.estimation.book import book_of, with_amounts
from simfunnel.estimation.halves import Halves, past_halves
from simfunnel.estimation.hindcast import Hindcasts
from simfunnel.estimation.holiday_gain import holiday_gain
from simfunnel.estimation.month_gain import month_gain, months_told
from simfunnel.estimation.panel.unseen import unseen_deals
from simfunnel.estimation.passage import passage_of
from simfunnel.estimation.present import present_of
from simfunnel.estimation.transitions import stage_exits
from simfunnel.estimation.weekday_gain import weekday_gain
from simfunnel.estimation.weights import FixedHalfLife, default_half_life
from simfunnel.estimation.win_rates import win_rates
from simfunnel.estimation.windows import past_windows
from simfunnel.forecast.inputs import ScenarioLike
from simfunnel.funnel.calendar import fiscal_periods
from simfunnel.history.history import DAY, LOST, UNSEEN, VOID, WON, History
from simfunnel.progress import Progress
from simfunnel.scenario.periods import Periods
from simfunnel.wording.findings import Finding

LEAST_WINS = 10
"""Wins of a window below which its run-rate is luck, and no second opinion."""
A_YEAR = 365.0
"""Days observed from which on days of the year are looked at."""
NOMINAL = {"week": 7, "month": 30, "quarter": 91, "year": 365}
"""Days of a window that past errors are learned over, by unit of the periods."""


def calibrate(
    history: History,
    *,
    as_of: dt.date | None = None,
    unit: Literal["week", "month", "quarter", "year"] = "quarter",
    count: int = 2,
    horizon: int | None = None,
    half_life: float | Literal["auto"] | None = "auto",
    value: Literal["auto", "amount", "count"] = "auto",
    name: str | None = None,
    currency: str | None = None,
    pipeline: str = "pipeline.csv",
    check: bool = True,
    speeds: bool = True,
    prior: ScenarioLike | None = None,
    by: str | None = AUTO,
    fiscal: Periods | None = None,
    hindcasts: Hindcasts | None = None,
    progress: Progress | None = None,
) -> Calibration:
    """Estimate rates, times, inflow, amounts and dependence, and write the scenario that holds them.

    Parameters
    ----------
    history
        What is known of past deals.
    as_of
        Day at whose start the world is known; default: the day after the last thing that the history tells.
    unit, count
        Periods of the scenario.
    horizon
        Days of the windows over which past errors are learned; default: those of a period.
    half_life
        Days after which what happened weighs half; None weighs all alike; "auto": 45, and 90 from two years on.
    value
        What is forecast: money, or the number of wins; "auto": money where most won deals have an amount, or the
        prior says what they bring.
    name, currency
        Of the scenario; the currency defaults to that of the history, else USD.
    pipeline
        Name of the pipeline file in the scenario.
    check
        Whether the written scenario is simulated to see that it misses windows as the past was missed.
    speeds
        Whether speeds of weekdays, and of days of the year, are fitted, and written where past windows prove a gain.
    prior
        A scenario whose rates are believed, for a history that is thin: each counts as `n` deals (20 where it gives no
        `n`) beside those of the history. Its stages are those of the history.
    by
        Groups whose rates are learned, as segments of the scenario: a field such as ``owner``, or a column that stands
        beside each deal; None: none; "auto": the field ``segment``, where it has two values or more. Together they
        bring what all deals do without them.
    fiscal
        Whose fiscal year it is: the periods of another scenario, whose unit and count do not matter; default: the
        calendar year. Wins by month of the quarter are learned of its quarters.
    hindcasts
        Where forecasts of past windows are kept, for calls that have windows in common.
    progress
        Called with past windows done and in all.

    Raises
    ------
    InputError
        If nothing is known before `as_of`, the half-life is not above 0, too few deals are decided and there is no
        prior, the prior has other stages, or `by` is no column, or one of more than 30 values.

    Notes
    -----
    Within each stage the clock starts on entry; exits are competing risks with right censoring, late entry and weights
    by calendar time (`simfunnel.estimation`). What stays undecided at the oldest age seen is written as `never`. With a
    prior the chances of a stage are (n prior + m found) / (n + m), m the independent deals that the history is worth.
    """
    if half_life is not None and half_life != "auto" and half_life <= 0:
        raise InputError(f"half_life: expected days above 0, or none, found {half_life:g}")
    day = as_of or history.day(history.last) + dt.timedelta(days=1)
    view = history.as_of(day)
    if not len(view.deals):
        first = history.day(int(history.deals.created.min())) if len(history.deals) else None
        told = f"the first deal is of {first}" if first else "the history holds no deal"
        raise InputError(f"nothing is known before {day}: {told}; choose a later --as-of")
    refuse_unusable(view)
    grouping, left_out = groups_of(view, by)
    deals, used = _counts(view), _decided_since(view)
    believed = None if prior is None else read_prior(prior, history.stages)
    if believed is None:
        refuse_stuck(view)
        refuse_thin(deals, used, view)
    counted = value == "count" or (value == "auto" and not _in_money(view, believed))
    days = horizon or NOMINAL[unit]

    spec = periods_of(unit, count, fiscal)
    life = default_half_life if half_life == "auto" else FixedHalfLife(half_life)
    present = present_of(view, life, count=counted)
    book, risk, since, started, end = present.book, present.risk, present.since, present.started, present.end
    stages = tuple(stage_exits(risk, present.weight, k, times=True) for k in range(risk.stages))
    arrivals, entry, chances = present.arrivals(days), present.entry, present.chances(days)
    amounts = None if counted else estimate_amounts(book.amount[book.won & (book.closed >= since)])
    blend = None
    if believed is not None:
        known = _known_amounts(view, since)
        blend = blend_of(
            believed, stages, thin=is_thin(used), counted=counted, amounts=known, arrivals=arrivals,
            currency=history.currency,
        )  # fmt: skip
        stages = blend.exits
        chances = passage_of([s.incidence for s in stages], max(s.incidence.oldest for s in stages), days)
        arrivals, entry = blend.inflow or (arrivals, entry)
        if blend.amounts is not None:
            amounts = blend.amounts
            if not known:
                book = with_amounts(book_of(view), amounts.mean)
            square = amounts.mean**2 + amounts.sd**2
            present = replace(present, book=book, won_mean=amounts.mean, won_square=square)
    rates = win_rates(stages)
    kept = hindcasts or Hindcasts()
    if blend is None and view.form == "snapshots":
        quarterly = months_told(present, days, life, quarters_of(spec), hindcasts=kept)
        if quarterly.differ:  # each past view is then completed once for both, with months and without
            quarterly.past(days)
    windows = past_windows(view, days, life, count=counted, hindcasts=kept, stop=progress)

    weekdays = None
    if speeds:
        weekdays = weekday_gain(present, windows, days, life, error_sd(windows, end - started), kept)
    if weekdays is not None and weekdays.proved:
        windows = weekdays.windows
    clocked = weekdays is not None and weekdays.proved
    holidays = None
    if speeds and end - started >= A_YEAR:
        holidays = holiday_gain(present, days, life, error_sd(windows, end - started), weekdays=clocked)
    months = None
    if blend is None:
        spread = error_sd(windows, end - started)
        months = month_gain(present, windows, days, life, spread, quarters_of(spec), weekdays=clocked, hindcasts=kept)
    by_month = months is not None and months.proved
    if months is not None and by_month and months.windows is not None:
        windows = months.windows
    expected = expected_wins(stages, rates[:, 0], present, chances, (arrivals.per_day, entry), days)
    expected = in_months(expected, months)
    sd = error_sd(windows, end - started)
    own = spread_of_rates(stages, rates[:, 0], book, expected, entry)
    now = (expected.mean, float(run_rates(book, np.array([end]), days, started)[0]))
    anchor = None
    thin = blend is not None and is_thin(used)
    if not thin and windows.usable.any() and float(np.median(windows.wins)) >= LEAST_WINS:
        past = run_rates(book, windows.origin, days, started)
        share = expected.new / max(expected.mean, 1e-12)
        model_sd = math.hypot(sd, arrivals.error_sd * share)
        anchor = stack(windows.actual, windows.unknown, past, windows.n, now, model_sd)
    spread = anchor.spread if anchor else 1.0
    anchored = expected.times(anchor.factor) if anchor else expected

    def halves() -> Halves:
        return past_halves(view, windows, days, life, count=counted, weekdays=clocked, hindcasts=kept)

    pace = None
    if blend is None and not by_month:
        pace = learn_pace(present, (arrivals.per_day, entry), days, (sd, spread), windows.independent, halves)
    brought = own**2 + (math.expm1(pace.error**2) if pace else 0.0)

    def solved(s: float) -> float:
        return correlation_of(math.expm1((spread * s) ** 2) - brought, anchored)

    low, high = error_interval(windows, sd)
    dependence = Dependence(sd, solved(sd), (solved(low), solved(high)), own, len(windows.errors), windows.n, pace)
    if blend is not None and blend.correlation is not None:
        dependence = stated_dependence(blend.correlation.market, expected, own)
    periods = fiscal_periods(spec, day)
    groups = None
    if grouping is not None:
        ahead = (periods[-1].end - day).days
        drawn = None if blend is not None and blend.amounts is not None else amounts
        groups = learn_groups(grouping, present, stages, (arrivals.per_day, entry), drawn, ahead)
    learned = Learned(
        view=view, day=day, book=book, stages=stages, win_rate=rates, entry=entry, arrivals=arrivals,
        amounts=amounts, dependence=dependence, anchor=anchor, blend=blend, groups=groups,
        realization=present.realization,
        half_life=present.half_life, horizon=days, observed_from=view.day(int(started * DAY)),
        counted=counted, currency=currency or history.currency or _currency(believed),
        currency_told=bool(currency or history.currency or believed), name=name or "calibrated",
        periods=spec, deals=deals, risk=risk, pipeline=pipeline, weekdays=weekdays, holidays=holidays, months=months,
    )  # fmt: skip
    missed = windows.unknown[windows.usable] if windows.usable.any() else np.zeros(0)
    past_errors = np.log(windows.actual[windows.usable][missed > 0] / missed[missed > 0])
    cautions = (*(finding for finding in history.findings if finding.caution), *thin_cautions(learned), *left_out)
    segments = None if groups is None else [groups.label_of(deal) for deal in range(len(view.deals))]
    result = Calibration(
        file=history.file, as_of=day, observed_from=learned.observed_from, horizon=days,
        value="count" if counted else "amount", half_life=learned.half_life, names=history.stages, deals=deals,
        stages=stages, win_rate=rates,
        open_count=tuple(np.bincount(book.open_stage, minlength=risk.stages).tolist()), entry=entry, arrivals=arrivals,
        amounts=learned.amounts, dependence=dependence, anchor=anchor, oldest_age=float(risk.age.max(initial=0.0)),
        open_value_beyond=beyond_seen(learned)[1], scenario=scenario_text(learned),
        pipeline=tuple(pipeline_rows(view, book, periods[0].start, segments)), findings=history.findings,
        cautions=cautions,
        total_error=float(np.sqrt(np.mean(past_errors**2))) if dependence.windows and len(past_errors) else None,
        won_amounts=_rising(book.amount[book.won & (book.closed >= since)], counted),
        open_amounts=_rising(book.amount[book.open], counted),
        daily=daily_counts(*present.creations, started, present.seen), weekdays=weekdays, holidays=holidays,
        prior=blend, groups=groups, months=months, periods=spec,
    )  # fmt: skip
    return _checked(result, spread) if check and (blend is None or blend.correlation is None) else result


def _checked(result: Calibration, spread: float) -> Calibration:
    """Simulate what was written, and say where its error is not the one that was learned."""
    wanted = spread * result.dependence.error_sd
    found = reproduced_error(result.data(), result.deals_frame(), result.horizon)
    cautions = result.cautions
    if found is not None and apart(wanted, found):
        cautions = (*cautions, Finding("not_reproduced", {"learned": wanted, "found": found}))
    return replace(result, dependence=replace(result.dependence, reproduced=found), cautions=cautions)


def _rising(amounts: Floats, counted: bool) -> Floats:
    return np.zeros(0) if counted else np.sort(amounts[~np.isnan(amounts)])


def _in_money(view: History, prior: Prior | None) -> bool:
    """Whether money is forecast: where most won deals have an amount, or the prior says what they bring."""
    book = book_of(view)
    if prior is not None and prior.brings_money:
        return True
    return bool(book.won.any() and np.mean(~np.isnan(book.amount[book.won]) & (book.amount[book.won] > 0)) >= 0.5)


def _known_amounts(view: History, since: float) -> int:
    """Won deals since a day whose amount somebody wrote down."""
    book = book_of(view)
    return int((book.won & (book.closed >= since) & ~np.isnan(book.amount)).sum())


def _decided_since(view: History) -> tuple[int, int]:
    """Wins and losses from the day on from which the history is used."""
    deal = view.ends.deal
    last = np.append(deal[1:] != deal[:-1], True)[: len(deal)]  # a deal that was opened again is one deal
    used = last & (view.ends.closed >= (view.since if view.since is not None else np.iinfo(np.int64).min))
    return int((view.ends.outcome[used] == WON).sum()), int((view.ends.outcome[used] == LOST).sum())


def _counts(view: History) -> Counts:
    last = {int(deal): int(outcome) for deal, outcome in zip(view.ends.deal, view.ends.outcome, strict=True)}
    outcomes = list(last.values())
    still = np.unique(view.spells.deal[view.spells.to == -1])
    return Counts(
        n=len(view.deals), won=outcomes.count(WON), lost=outcomes.count(LOST), void=outcomes.count(VOID),
        open=len(still), vanished=int((view.spells.to == UNSEEN).sum()),
        unseen=round(unseen_deals(view)),
    )  # fmt: skip


def _currency(prior: Prior | None) -> str:
    return "USD" if prior is None else prior.scenario.currency
