"""One origin scored: our forecast, its parts and groups, and all rivals."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from simfunnel.arrays import Bools, Floats
from simfunnel.backtesting.budget import InClosedForm
from simfunnel.backtesting.choice import DEFAULT
from simfunnel.backtesting.forecasters import Drawn, Learned
from simfunnel.backtesting.origin import Origin
from simfunnel.backtesting.past import Known
from simfunnel.backtesting.results import INTERVALS, LEVELS, TARGETS, OriginScore, Part, Rival, TargetScore
from simfunnel.backtesting.scores import crps, crps_of_quantiles, pit
from simfunnel.history.history import UNDATED

Rivals = Mapping[str, Callable[[Origin], Floats | Mapping[float, float] | None]]
GROUP_FIELDS = ("owner", "segment")
"""Fields of open deals that groups are made of."""


def scored(origin: Origin, learned: Learned, rivals: Rivals) -> Iterator[OriginScore]:
    """Score everything, and then each group."""
    came = origin.past.known(origin.last_day)
    won = came.won_between(origin.start, origin.until)
    before = origin.there
    actual = {"open": came.value(won & before), "new": came.value(won & ~before)}
    total = came.value(won)
    draws = learned.all.total
    closed = InClosedForm.at(origin, learned.calibration)
    theirs = {"independent": _rival(closed.independent(origin), total)}
    for name, forecast in rivals.items():
        found = forecast(origin)
        if found is not None:
            theirs[name] = _rival(found, total)
    yield OriginScore(
        as_of=origin.day, days=origin.days, group=None, actual=total, **_numbers(draws, total, origin),
        parts=_parts(learned.all, actual), rivals=theirs, bands=closed.bands(origin, came),
        budget=closed.budget(origin, came, total), targets=tuple(_targets(origin, draws, total)),
        undated=_undated(origin), choices=_choices(learned), gains=_gains(learned, total),
    )  # fmt: skip
    if DEFAULT in learned.alone:  # beside what was chosen, what it was chosen against
        theirs["recipe"] = _rival(learned.alone[DEFAULT].total, total)
    elif learned.choice is not None:
        theirs["recipe"] = _rival(draws, total)
    yield from _groups(origin, learned, came, won)


def _groups(origin: Origin, learned: Learned, came: Known, won: Bools) -> Iterator[OriginScore]:
    """Score each group on its open deals: of deals not yet created nobody knows the group."""
    opened = origin.standing.deal
    ids = origin.past.history.deals.id[opened].tolist()
    labels = {name: np.array([of.get(id_, "") for id_ in ids], dtype=object) for name, of in learned.labels.items()}
    for group, drawn in learned.groups.items():
        mine = opened[labels[group[0]] == group[1]]
        if not len(mine):
            continue
        actual = float(came.amount[mine[won[mine]]].sum())
        yield OriginScore(
            as_of=origin.day, days=origin.days, group=group, actual=actual, **_numbers(drawn.opened, actual, origin),
            parts={"open": Part(actual, float(drawn.opened.mean()), crps(drawn.opened, actual))},
        )  # fmt: skip


def _numbers(draws: Floats, actual: float, origin: Origin) -> dict[str, Any]:
    q = dict(zip(LEVELS, _quantiles(draws), strict=True))
    return {
        "mean": float(draws.mean()),
        "quantiles": q,
        "pit": pit(draws, actual, float(origin.random("pit").random())),
        "crps": crps(draws, actual),
        "within": {
            level: (float(np.mean(draws < q[low])), float(np.mean(draws <= q[high])))
            for level, (low, high) in INTERVALS.items()
        },
    }


def _quantiles(draws: Floats) -> list[float]:
    return [float(x) for x in np.quantile(draws, LEVELS, method="inverted_cdf")]


def _parts(drawn: Drawn, actual: Mapping[str, float]) -> dict[str, Part]:
    both = {"open": drawn.opened, "new": drawn.new}
    return {name: Part(actual[name], float(x.mean()), crps(x, actual[name])) for name, x in both.items()}


def _rival(found: Floats | Mapping[float, float], actual: float) -> Rival:
    if isinstance(found, Mapping):
        levels, values = np.array(list(found)), np.array(list(found.values()))
        given = [
            level for level in LEVELS if levels[0] - 1e-9 <= level <= levels[-1] + 1e-9
        ]  # beyond them nothing is said
        ends = dict(zip(given, np.interp(given, levels, values).tolist(), strict=True)) or None
        weights = np.diff(np.concatenate([[0.0], (levels[1:] + levels[:-1]) / 2, [1.0]]))
        return Rival(float(weights @ values), crps_of_quantiles(levels, values, actual), ends)
    if len(found) == 1:
        return Rival(float(found[0]), crps(found, actual), None)
    return Rival(float(found.mean()), crps(found, actual), dict(zip(LEVELS, _quantiles(found), strict=True)))


def _targets(origin: Origin, draws: Floats, actual: float) -> Iterator[TargetScore]:
    """Multiples of what a window brought on average so far."""
    known, first = origin.known, origin.standing.first
    seen = origin.start - first
    if seen < origin.days:
        return
    usual = known.value(known.won_between(first, origin.start)) * origin.days / seen
    for multiple in TARGETS if usual > 0 else ():
        amount = multiple * usual
        yield TargetScore(multiple, amount, float(np.mean(draws >= amount)), actual >= amount)


def _choices(learned: Learned) -> dict[str, str]:
    choice = learned.choice
    if choice is None:
        return {}
    weekdays = learned.calibration.weekdays
    written = "fitted" if weekdays is not None and weekdays.proved else DEFAULT
    return {"half_life": choice.half_life, "form": choice.form, "anchor": choice.anchor, "weekdays": written}


def _gains(learned: Learned, actual: float) -> dict[str, float]:
    usual = crps(learned.alone.get(DEFAULT, learned.all).total, actual)
    found = {name: usual - crps(drawn.total, actual) for name, drawn in learned.alone.items() if name != DEFAULT}
    if learned.unclocked is not None:  # speeds are in the recipe where they are proved
        found["weekdays"] = crps(learned.unclocked.total, actual) - usual
    return found


def _undated(origin: Origin) -> bool:
    """Whether the amounts in use are of a form that does not say since when they hold."""
    amounts = None if origin.past.count else origin.view.facts.get("amount")
    return amounts is not None and bool((amounts.since == UNDATED).any())
