"""What can be moved on the page: sliders for everything, by stage and by segment; periods and targets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from simfunnel.errors import InputError
from simfunnel.planning.pairs.goal import resolve_goal
from simfunnel.report.words.assumptions import name_of
from simfunnel.scenario.schema import TOTAL
from simfunnel.scenario.shifts import MARKET_FACTOR, Shift, ShiftPath
from simfunnel.web.reading import Reading
from simfunnel.wording.language import Told, tell
from simfunnel.wording.numbers import period_told

Control = dict[str, Any]
FACTOR_LOW, FACTOR_HIGH, FACTOR_STEP = 0.5, 2.0, 0.05
SCALED = ("win_rate", "leads.rate", "amount", "duration")
"""Paths that are multiplied, of everything or of a segment."""
OF_STAGE = ("conversion", "duration", "amount")
MOST_SCOPES = 60
"""Stages and segments that get sliders of their own."""
MARKET_REACH, MOST_CORRELATION = 2.5, 0.6


def controls(reading: Reading) -> dict[str, Any]:
    """Say what the page offers for a scenario.

    Returns
    -------
    dict
        ``scopes``: for everything, each stage and each segment the sliders that the scenario has use for, each with
        the path and operation of the change that it makes; ``periods`` with their targets; what the scenario is.
    """
    scenario = reading.ready.scenario
    goal = resolve_goal(reading.ready, required=False)
    targets = {t.period: t.amount for t in scenario.targets if t.group is None}
    periods = [p.label for p in reading.ready.periods]
    if len(periods) > 1:
        periods.append(TOTAL)
    return {
        "version": reading.version,
        "scenario": scenario.name or "",
        "as_of": scenario.as_of.isoformat(),
        "currency": scenario.currency,
        "deals": len(reading.deal_names),
        "period": goal.period,
        "periods": [
            {"label": label, "told": str(_period(label)), "target": targets.get(label)} for label in periods
        ],
        "variant": reading.base_variant,
        "scopes": _scopes(reading),
    }  # fmt: skip


def _period(label: str) -> Told | str:
    return tell("All periods together") if label == TOTAL else period_told(label)


def _scopes(reading: Reading) -> list[Control]:
    book = reading.ready.compiled(reading.base_shifts, ("segment",)).book
    segments = [name for of, name in book.groups if of == "segment" and name]
    made = [_scope("", tell("Everything"), [*_scaled(SCALED, {}), *_market(reading)], reading)]
    for kind, names, paths in (("stage", book.stages, OF_STAGE), ("segment", segments, SCALED)):
        for name in names:
            told = tell("Stage {name}", name=name) if kind == "stage" else tell("Segment {name}", name=name)
            made.append(_scope(f"{kind}={name}", told, _scaled(paths, {kind: name}), reading))
    return [scope for scope in made if scope["sliders"]][:MOST_SCOPES]


def _scope(key: str, told: str, sliders: list[Control], reading: Reading) -> Control:
    return {"key": key, "told": str(told), "sliders": [one for one in sliders if _of_use(one, reading)]}


def _scaled(paths: Sequence[str], filters: dict[str, str]) -> list[Control]:
    moved = [str(ShiftPath(name, filters)) for name in paths]
    return [_slider(path, "scale", name_of(path), FACTOR_LOW, FACTOR_HIGH, FACTOR_STEP, 1.0) for path in moved]


def _market(reading: Reading) -> list[Control]:
    written = reading.ready.model(reading.base_shifts, ()).factors
    market = tell("market, from bad to good")
    correlation = name_of("correlation.market")
    now = round(written.market_load**2, 12)  # as the variant that is the base has it
    found = [_slider("correlation.market", "set", correlation, 0.0, max(MOST_CORRELATION, now), 0.01, now)]
    if written.market_load > 0:
        found.insert(0, _slider(MARKET_FACTOR, "set", market, -MARKET_REACH, MARKET_REACH, 0.1, None))
    return found


def _slider(
    path: str, operation: str, label: str, low: float, high: float, step: float, neutral: float | None
) -> Control:
    """Describe a slider; at `neutral` nothing is changed, and None is a factor that each future draws."""
    return {"path": path, "operation": operation, "label": str(label), "low": low, "high": high, "step": step,
            "neutral": neutral}  # fmt: skip


def _of_use(slider: Control, reading: Reading) -> bool:
    """Whether the scenario has something that the slider moves."""
    value = slider["high"] if slider["operation"] == "set" else 0.9
    shift = Shift.model_validate({"path": slider["path"], slider["operation"]: value})
    if shift.target.name == "leads.rate" and not reading.ready.scenario.leads:
        return False
    try:
        reading.ready.compiled((*reading.base_shifts, shift), ())
    except InputError:
        return False
    return True
