"""Metrics of a history: for all deals, and for each group beside them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from simfunnel.arrays import Bools, Floats
from simfunnel.diagnosis.bottlenecks import bottleneck, ranked
from simfunnel.diagnosis.cohorts import cohorts
from simfunnel.diagnosis.doubts import doubts
from simfunnel.diagnosis.results import Bottleneck, GroupMetrics, Metrics, Rate, StageMetrics
from simfunnel.diagnosis.times import course, cycle, days_in_stage
from simfunnel.diagnosis.trend import trends
from simfunnel.errors import InputError
from simfunnel.estimation.book import Book, book_of
from simfunnel.estimation.gaps import outpaced, usual_gap
from simfunnel.estimation.group_rates import Funnel, funnel_of
from simfunnel.estimation.grouping import grouped
from simfunnel.estimation.observation import observed_from
from simfunnel.estimation.outcomes import Outcomes, outcomes_of
from simfunnel.estimation.renamed import renamed
from simfunnel.estimation.risk import Risk, risk_of
from simfunnel.estimation.shrinkage import Posterior, shrink
from simfunnel.estimation.transitions import beta_interval
from simfunnel.estimation.weights import time_weights
from simfunnel.history.history import DAY, History
from simfunnel.progress import Progress

QUARTER = 365.25 / 4
ENTRY_DAYS = 365.25
"""Days whose entrants say how many enter a stage a quarter: what was long ago costs nothing now."""


@dataclass(frozen=True, eq=False)
class _Group:
    """A group while it is looked at."""

    label: str
    deals: Bools
    funnel: Funnel
    entry: Floats
    stage_rates: list[tuple[float | None, float, float]]
    total: tuple[float | None, float, float]
    entrants: Floats


def metrics(
    history: History,
    *,
    by: str | None = None,
    as_of: dt.date | None = None,
    every: Literal["month", "quarter"] = "quarter",
    since: dt.date | None = None,
    half_life: float | None = None,
    progress: Progress | None = None,
) -> Metrics:
    """Measure conversion, win rate, times, value and velocity, find bottlenecks, and follow cohorts and trends.

    Parameters
    ----------
    history
        What is known of past deals.
    by
        Groups that are compared: a field such as ``owner``, ``team``, ``segment`` or ``source``, or a column that
        stands beside each deal. A stay in a stage belongs to the value known as it began, the deal to its last one.
    as_of
        Day at whose start the world is known; default: the day after the last thing that the history tells.
    every
        Periods of the trend.
    since
        Nothing before this day is used; deals alive then enter late.
    half_life
        Days after which what happened weighs half; None weighs all alike.
    progress
        Called with groups done and in all.

    Raises
    ------
    InputError
        If nothing is known before `as_of` or since `since`, there is no such column, or it has too many values.

    Notes
    -----
    Rates are cumulative incidences of competing exits, never ratios of closed deals. Rates of groups are shrunk to the
    pool (`simfunnel.estimation.shrinkage`); what a group is too young to have seen is taken from the pool
    (`simfunnel.estimation.group_rates`).
    """
    if half_life is not None and half_life <= 0:
        raise InputError(f"half_life: expected days above 0, or none, found {half_life:g}")
    view, day = _view(history, as_of, since)
    groups = grouped(view, by)
    deals, book, start = outcomes_of(view), book_of(view), observed_from(view)
    risk = risk_of(view, start)
    weight = time_weights(risk, half_life)
    seen = deals.ended > start
    if not seen.any():
        raise InputError(f"nothing happened between {view.day(int(start * DAY))} and {day}: choose another --since")
    began = max(float(deals.created[seen].min()), start)

    of_spell = groups.at(risk.deal, np.rint(risk.entered * DAY).astype(np.int64))

    first = came_in(risk, deals)

    def look(label: str, which: Bools, spells: Bools, whole: _Group | None) -> _Group:
        return _look(label, which & seen, risk.of(spells), weight[spells], first[spells], whole, deals, began)

    whole = look("all", seen, np.ones(len(risk.deal), dtype=np.bool_), None)
    present = [g for g in range(len(groups.labels)) if (seen & (groups.of == g)).any() or (of_spell == g).any()]
    if by is None:
        members = [whole]
    else:
        members = []
        for done, g in enumerate(present):
            members.append(look(groups.labels[g], groups.of == g, of_spell == g, whole))
            if progress is not None:
                progress(done + 1, len(present))
    found, narrow = _compared(whole, members, view.stages, grouping=by is not None)
    unstaged = int((seen & deals.decided & (np.bincount(view.spells.deal, minlength=len(seen)) == 0)).sum())
    gap = usual_gap(view)
    fast = [] if gap is None else [view.stages[k] for k in outpaced(whole.funnel.exits, gap)]
    of_all = _summary(whole, *_alone(whole), view, deals, book, start)
    summaries = [of_all] if by is None else [
        _summary(group, *rates, view, deals, book, start) for group, rates in zip(members, found, strict=True)
    ]  # fmt: skip
    return Metrics(
        file=history.file, as_of=day, observed_from=view.day(int(began * DAY)), by=groups.by, every=every,
        half_life=half_life, names=view.stages, currency=view.currency, whole=of_all,
        groups=in_order(summaries, of_all), bottlenecks=ranked(narrow), cohorts=cohorts(view, deals, start),
        trend=trends(view, risk, every), findings=history.findings,
        cautions=(*renamed(view), *doubts(of_all, summaries, groups, unstaged, gap, fast)),
    )  # fmt: skip


def came_in(risk: Risk, deals: Outcomes) -> Bools:
    """Whether each spell is the one in which its deal came in; spells stand by deal and then by time."""
    first = np.ones(len(risk.deal), dtype=np.bool_)
    first[1:] = risk.deal[1:] != risk.deal[:-1]
    return np.asarray(first & (deals.created[risk.deal] >= risk.since))


def in_order(groups: Sequence[GroupMetrics], whole: GroupMetrics) -> tuple[GroupMetrics, ...]:
    """Groups above the pool first, those that cannot be told from it next, those below it last; by shrunk win rate.

    By the shrunk rate alone, two deals out of two could stand before sixty out of a hundred where groups differ a lot.
    """
    pool = whole.win_rate.shrunk
    return tuple(
        sorted(groups, key=lambda g: (-g.win_rate.apart_from(pool), -(g.win_rate.shrunk or 0.0), -g.n, g.label))
    )


def _view(history: History, as_of: dt.date | None, since: dt.date | None) -> tuple[History, dt.date]:
    day = as_of or history.day(history.last) + dt.timedelta(days=1)
    if since is not None and since >= day:
        raise InputError(f"--since {since}: expected a day before {day}, as of which the world is known")
    view = history.as_of(day)
    if not len(view.deals):
        first = history.day(int(history.deals.created.min())) if len(history.deals) else None
        told = f"the first deal is of {first}" if first else "the history holds no deal"
        raise InputError(f"nothing is known before {day}: {told}; choose a later --as-of")
    return (view if since is None else replace(view, since=view.midnight(since))), day


def _look(
    label: str, which: Bools, risk: Risk, weight: Floats, first: Bools, whole: _Group | None, deals: Outcomes,
    began: float,
) -> _Group:  # fmt: skip
    """Look at the spells of a group; `first` are those in which deals came in."""
    pool = None if whole is None else whole.funnel
    fallback = np.full(risk.stages, 1 / risk.stages) if whole is None else whole.entry
    funnel = funnel_of(risk, weight, deals.decided, None if pool is None else pool.exits)
    began_here = deals.decided[risk.deal[first]]
    entry = np.bincount(risk.stage[first], minlength=risk.stages) / first.sum() if first.any() else fallback
    decided = int(began_here.sum())
    rates, total, n = funnel.win_rates(entry, decided)
    days = min(max(risk.end - began, 1.0), ENTRY_DAYS)
    lately = risk.entered >= risk.end - days
    entrants = np.bincount(risk.stage[lately], risk.shares[lately], minlength=risk.stages) / days * QUARTER
    own = total if decided else None
    return _Group(label, which, funnel, entry, rates, (own, float(entry @ funnel.final[:, 0]), n), entrants)


Rates = tuple[list[Rate], list[Rate], Rate]
"""Conversion of each stage, win rate of each stage, win rate of deals that come in."""


def _alone(group: _Group) -> Rates:
    """Rates of the pool: there is nothing to shrink them to."""
    K = group.funnel.K
    return (
        [_plain(*group.funnel.conversion(k)) for k in range(K)],
        [_plain(*rate) for rate in group.stage_rates],
        _plain(*group.total),
    )


def _plain(raw: float | None, completed: float, n: float) -> Rate:
    return Rate(raw, raw, beta_interval(completed, n) if raw is not None else (0.0, 1.0), n)


def _compared(
    whole: _Group, members: Sequence[_Group], names: Sequence[str], *, grouping: bool
) -> tuple[list[Rates], list[Bottleneck]]:
    """Shrink all rates of the groups, and compare their conversions with the pool's."""
    K = len(names)
    conversion = [shrink(whole.funnel.conversion(k), [m.funnel.conversion(k) for m in members]) for k in range(K)]
    wins = [shrink(whole.stage_rates[k], [m.stage_rates[k] for m in members]) for k in range(K)]
    total = shrink(whole.total, [m.total for m in members])
    rates: list[Rates] = []
    narrow: list[Bottleneck] = []
    for g, group in enumerate(members):
        own = [group.funnel.conversion(k) for k in range(K)]
        rates.append((
            [_rate(own[k], conversion[k][g]) for k in range(K)],
            [_rate(group.stage_rates[k], wins[k][g]) for k in range(K)],
            _rate(group.total, total[g]),
        ))  # fmt: skip
        there = [k for k in range(K) if whole.funnel.counted(k) and group.funnel.exits[k].entered] if grouping else []
        narrow += [
            bottleneck(
                group.label, k, names, conversion[k][g], [wins[j][g] for j in range(K)], group.funnel.chances,
                entrants=float(group.entrants[k]), n_effective=own[k][2],
            )
            for k in there
        ]  # fmt: skip
    return rates, narrow


def _rate(own: tuple[float | None, float, float], posterior: Posterior) -> Rate:
    return Rate(own[0], posterior.mean, posterior.interval(), own[2])


def _summary(
    group: _Group, conversion: list[Rate], wins: list[Rate], total: Rate, view: History, deals: Outcomes, book: Book,
    since: float,
) -> GroupMetrics:  # fmt: skip
    which, funnel = group.deals, group.funnel
    inside = which[book.open]
    open_now = np.bincount(book.open_stage[inside], minlength=funnel.K)
    stages = []
    for k, exits in enumerate(funnel.exits):
        days, days_won, days_lost = days_in_stage(exits.incidence, funnel.final)
        stages.append(StageMetrics(
            view.stages[k], exits.entered, funnel.counted(k), int(open_now[k]), exits.undecided, conversion[k],
            wins[k], days, days_won, days_lost,
        ))  # fmt: skip
    won = book.amount[which & deals.won]
    won = won[~np.isnan(won)]
    average = float(won.mean()) if len(won) else None
    path = course(deals, which, since)
    length = cycle(path)
    count = int((which & deals.open).sum())
    speed = None
    if average is not None and length and total.shrunk is not None:
        speed = count * total.shrunk * average / length
    return GroupMetrics(
        label=group.label, n=int(which.sum()), won=int((which & deals.won).sum()),
        lost=int((which & deals.decided & ~deals.won).sum()), open=count, stages=tuple(stages), win_rate=total,
        cycle=length, average_won=average, velocity=speed, value_now=float(np.nansum(book.amount[book.open[inside]])),
        course=path,
    )  # fmt: skip
