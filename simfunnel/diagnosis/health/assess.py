"""Which open deals make the forecast doubtful, by stated rules, and what it loses without them."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.crm.deals import OpenDeals
from simfunnel.diagnosis.health.law import entering, won_by
from simfunnel.diagnosis.health.results import FLAGS, OF_HISTORY, DealHealth, Health, OwnerHealth, Without
from simfunnel.diagnosis.health.stage_days import StageDays
from simfunnel.diagnosis.health.to_drop import is_stale, is_to_drop
from simfunnel.diagnosis.health.told import Told, told_by
from simfunnel.engine.exact.chances import chances_by_period, mean_amounts
from simfunnel.errors import InputError
from simfunnel.estimation.owner_bias import OwnerBias
from simfunnel.forecast.estimates import Estimate
from simfunnel.forecast.inputs import Prepared, ScenarioLike
from simfunnel.funnel.book import Compiled
from simfunnel.history.history import History
from simfunnel.planning.pairs.differences import compare_forecasts
from simfunnel.planning.pairs.goal import Amount, resolve_goal
from simfunnel.planning.pairs.paired import PairedForecasts, as_prepared
from simfunnel.progress import Progress, Steps
from simfunnel.scenario.schema import Shift
from simfunnel.values.names import name_key
from simfunnel.wording.findings import Finding

IDLE_DAYS = 30
IMPLAUSIBLE = 0.1
"""P(won by the close date) below which the date is not believed."""
LATE = 14
"""Days from the last event of a history to `as_of` beyond which it is said to end early."""


@dataclass(frozen=True, eq=False)
class _Laws:
    """What the laws say of every open deal: (D,) but for `by_period`."""

    by_period: Floats
    """(K, D)"""
    amount: Floats
    """Major units."""
    by_close_date: Floats
    entering: Floats
    """Chance of a deal that enters the same stage now."""


def health(
    scenario: ScenarioLike | Prepared,
    *,
    history: History | None = None,
    idle_days: int = IDLE_DAYS,
    period: str | None = None,
    target: Amount | None = None,
    variant: str | None = None,
    trials: int | None = None,
    seed: int | None = None,
    threads: int | None = None,
    commits: Mapping[str, OwnerBias] | None = None,
    earlier: Sequence[tuple[dt.date, Mapping[str, float]]] = (),
    progress: Progress | None = None,
) -> Health:
    """Look at every open deal, flag the doubtful ones, and say what the forecast loses without those to drop.

    Parameters
    ----------
    scenario
        A scenario, its path, or a `Prepared`.
    history
        What is known of past deals: times in stages, pushed dates and the load of owners then rest on it.
    idle_days
        Days without activity from which on a deal is idle.
    period, target
        Of what the forecast loses; default: the first period and its target.
    variant
        Variant of the scenario.
    trials, seed, threads
        Of the two forecasts that are compared.
    commits
        Name of an owner as a key (trimmed, casefolded) -> how far what the owner commits is from what comes.
    earlier
        (day, deal -> chance of being won by the end of the periods) of earlier kept days, the oldest first.
    progress
        Called with forecasts done and in all.

    Returns
    -------
    Health

    Raises
    ------
    InputError
        If the scenario or the history cannot be used.
    """
    if idle_days < 1:
        raise InputError(f"--idle-days: expected at least 1, found {idle_days}")
    ready = as_prepared(scenario).under(variant)
    goal = resolve_goal(ready, period, target, required=False)
    compiled = ready.compiled(ready.variant(variant), ())
    told = None if history is None else told_by(_known(history, ready.scenario.as_of))
    laws = _laws(compiled)
    deals = [
        dataclasses.replace(deal, earlier=tuple((day, p[deal.id]) for day, p in earlier if deal.id in p))
        for deal in _deals(compiled, ready.table.open, laws, told, idle_days)
    ]
    dropped = [deal for deal in deals if deal.drop]
    paired = PairedForecasts(
        ready, variant=variant, trials=trials, seed=seed, threads=threads, steps=Steps(progress, 2.0)
    )
    without, whole = _without(paired, dropped, goal.index, goal.target)
    counts = Counter(flag for deal in deals for flag in deal.flags)
    return Health(
        scenario=ready.scenario.name, as_of=ready.scenario.as_of, currency=ready.scenario.currency,
        periods=tuple(p.label for p in compiled.book.periods), goal=goal.period, target=goal.target,
        deals=tuple(sorted(deals, key=_urgency)), owners=tuple(_owners(deals, told, commits or {})), without=without,
        forecast_mean=whole, idle_days=idle_days, history=None if history is None else history.file or "in memory",
        counts={flag: counts[flag] for flag in FLAGS if counts[flag]},
        cautions=tuple(_cautions(ready.table.open, told, compiled)),
    )  # fmt: skip


def _known(history: History, as_of: dt.date) -> History:
    """What was known of past deals at as_of."""
    view = history.as_of(as_of)
    if len(history.deals) and not len(view.deals):
        raise InputError(
            f"--history {history.file or 'in memory'}: none of its {len(history.deals):,} deals was known on {as_of}, "
            "the scenario's as_of; expected deals created before it: check the dates of the history, or as_of"
        )
    return view


def _laws(compiled: Compiled) -> _Laws:
    model, book = compiled.model, compiled.book
    found = entering(model)
    return _Laws(
        by_period=chances_by_period(model),
        amount=mean_amounts(model) / book.minor_units,
        by_close_date=won_by(model, book.deals.close_date),
        entering=found[model.deals.funnel, model.deals.stage] if len(model.deals.stage) else np.zeros(0),
    )


def _deals(compiled: Compiled, table: OpenDeals, laws: _Laws, told: Told | None, idle_days: int) -> list[DealHealth]:
    book, model = compiled.book, compiled.model
    row = {(id_, number): i for i, (id_, number) in enumerate(zip(table.id, table.row, strict=True))}
    places = [row[id_, number] for id_, number in zip(book.deals.id, book.deals.row.tolist(), strict=True)]
    open_of = Counter(owner for i in places if (owner := table.owner[i]))
    stays = StageDays(compiled, {} if told is None else told.stage_days)
    result = []
    for d, (id_, i) in enumerate(zip(book.deals.id, places, strict=True)):
        stage = book.stages[int(model.deals.stage[d])]
        won, lost = stays.of(d, stage)
        age = _number(book.deals.age_days[d])
        flags = {
            "stale": is_stale(age, won),
            "beyond_support": bool(model.beyond_support[d]),
            "close_date_past": table.close_date[i] < 0,
            "close_date_implausible": table.close_date[i] >= 0 and laws.by_close_date[d] < IMPLAUSIBLE,
            "pushed": told is not None and id_ in told.pushed,
            "idle": table.last_activity[i] <= -idle_days,
            "amount_missing": math.isnan(table.amount[i]),
            "went_back": told is not None and id_ in told.went_back,
            "overloaded_owner": told is not None and _overloaded(table.owner[i], open_of, told),
        }
        raised = tuple(flag for flag in FLAGS if flags[flag])
        chance = float(laws.by_period[:, d].sum())
        result.append(DealHealth(
            id=id_, name=table.name[i], owner=table.owner[i], stage=stage, days_in_stage=age, p_win=chance,
            p_by_period=tuple(laws.by_period[:, d].tolist()), amount=float(laws.amount[d]),
            expected=chance * float(laws.amount[d]), owner_probability=_number(table.probability[i]),
            category=table.forecast_category[i], close_date=_day(book.as_of, table.close_date[i]),
            won_days=won, lost_days=lost, flags=raised,
            drop=is_to_drop(
                chance, float(laws.entering[d]), stale=flags["stale"], past=flags["close_date_past"]
            ),
            account=book.deals.account[d],
        ))  # fmt: skip
    return result


def _overloaded(owner: str | None, open_of: Counter[str], told: Told) -> bool:
    return owner is not None and owner in told.capacity and open_of[owner] > told.capacity[owner]


def _without(
    paired: PairedForecasts, dropped: Sequence[DealHealth], k: int, target: float | None
) -> tuple[Without, Estimate]:
    """Difference of the forecast with these deals left out, and the open part of all its periods."""
    base = paired.base
    whole = base.known.numbers(0, len(base.periods), None).by_origin["open"]
    nothing = Estimate(0.0, 0.0)
    if not dropped:
        return Without(0, 0.0, nothing, None if target is None else nothing), whole
    shifts = [Shift(path=f"ignore[deal={_quoted(deal.id)}]", set=True) for deal in dropped]
    base, other = paired.pair(shifts)
    found = compare_forecasts(base, other, k, target)
    return Without(len(dropped), sum(deal.amount for deal in dropped), found.mean, found.p_attain), whole


def _quoted(id_: str) -> str:
    """An id as the path of a shift takes it."""
    escaped = id_.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _owners(
    deals: Sequence[DealHealth], told: Told | None, commits: Mapping[str, OwnerBias]
) -> Iterator[OwnerHealth]:  # fmt: skip
    by_owner: dict[str, list[DealHealth]] = {}
    for deal in deals:
        if deal.owner:
            by_owner.setdefault(deal.owner, []).append(deal)
    for owner, mine in sorted(by_owner.items(), key=lambda item: -sum(deal.amount for deal in item[1])):
        yield OwnerHealth(
            owner=owner, open=len(mine), value=sum(d.amount for d in mine), expected=sum(d.expected for d in mine),
            flagged=sum(bool(d.flags) for d in mine), drop=sum(d.drop for d in mine),
            decided_in_cycle=None if told is None else told.capacity.get(owner),
            won_of_decided=None if told is None else told.won_of_decided.get(owner),
            commit=commits.get(name_key(owner)),
        )  # fmt: skip


def _cautions(table: OpenDeals, told: Told | None, compiled: Compiled) -> Iterator[Finding]:
    as_of = compiled.book.as_of
    if told is None:
        yield Finding("flags_need_history", {"flags": OF_HISTORY})
    elif len(table) and not any(id_ in told.known for id_ in table.id):
        yield Finding("other_history", {"deals": len(table)})
    if told is not None:
        if (days := (as_of - told.last).days) > LATE:
            fields = {"last": told.last.isoformat(), "as_of": as_of.isoformat(), "days": days}
            yield Finding("history_ends_early", fields)
        if not told.losses:
            yield Finding("no_lost_deals", {})
        there = set(compiled.book.stages)
        if few := sorted(there & set(told.stages) - set(told.stage_days)):
            yield Finding("stages_by_law", {"stages": tuple(few)})
        if unknown := sorted(there - set(told.stages)):
            yield Finding("stages_not_in_history", {"stages": tuple(unknown), "there": told.stages})
    if len(table) and np.isnan(table.last_activity).all():
        yield Finding("no_activity", {})
    if len(table) and np.isnan(table.close_date).all():
        yield Finding("no_close_dates", {})


def _urgency(deal: DealHealth) -> tuple[bool, bool, float]:
    return (not deal.drop, not deal.flags, -deal.amount)


def _number(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def _day(as_of: dt.date, days: float) -> dt.date | None:
    return None if math.isnan(days) else as_of + dt.timedelta(days=math.floor(days))
