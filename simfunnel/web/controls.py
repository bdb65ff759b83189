"""What can be moved on the page: sliders for everything, by stage and by segment; periods and targets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from simfunnel.errors import InputError
from simfunnel.funnel.model import NONE_LABEL
from simfunnel.planning.pairs.goal import resolve_goal
from simfunnel.report.words.assumptions import name_of
from simfunnel.scenario.schema import TOTAL
from simfunnel.scenario.shifts import MARKET_FACTOR, Shift, ShiftPath
from simfunnel.values.messages import unknown
from simfunnel.web.reading import Reading
from simfunnel.web.watched import is_followed
from simfunnel.wording.language import Told, tell
from simfunnel.wording.numbers import period_told
from simfunnel.wording.shown_text import as_name

Control = dict[str, Any]
FACTOR_LOW, FACTOR_HIGH, FACTOR_STEP = 0.5, 2.0, 0.05
SCALED = ("win_rate", "leads.rate", "amount", "duration")
"""Paths that are multiplied, of everything or of a segment."""
OF_STAGE = ("conversion", "duration", "amount")
MOST_SCOPES = 1000
"""Stages and segments that are offered."""
EVERYTHING = ""
"""Key of the scope that is none of them."""
MARKET_REACH, MOST_CORRELATION = 2.5, 0.6


def controls(reading: Reading) -> dict[str, Any]:
    """Say what the page offers for a scenario.

    Returns
    -------
    dict
        ``scopes``: everything, each stage and each segment, ``more_scopes`` how many are left out; ``sliders`` of
        everything; ``periods`` with their targets; what the scenario is.
    """
    scopes = _scopes(reading)
    scenario = reading.ready.scenario
    goal = resolve_goal(reading.ready, required=False)
    targets = {t.period: t.amount for t in scenario.targets if t.group is None}
    periods = [p.label for p in reading.ready.periods]
    if len(periods) > 1:
        periods.append(TOTAL)
    return {
        "version": reading.version,
        "scenario": as_name(scenario.name or ""),
        "as_of": scenario.as_of.isoformat(),
        "currency": scenario.currency,
        "deals": len(reading.deal_names),
        "period": goal.period,
        "periods": [
            {"label": label, "told": str(_period(label)), "target": targets.get(label)} for label in periods
        ],
        "variant": reading.base_variant,
        "followed": is_followed(reading.ready),
        "scopes": [{"key": key, "told": as_name(str(told))} for key, told in list(scopes.items())[:MOST_SCOPES]],
        "more_scopes": max(len(scopes) - MOST_SCOPES, 0),
        "sliders": _sliders(EVERYTHING, reading),
    }  # fmt: skip


def sliders(reading: Reading, scope: str) -> dict[str, Any]:
    """Give the sliders of a scope that the scenario has use for, each with the path and operation of its change.

    Raises
    ------
    InputError
        If there is no such stage or segment.
    """
    if scope not in (known := _scopes(reading)):
        raise InputError(f"scope: {unknown('stage or segment', scope, known)}")
    return {"version": reading.version, "scope": scope, "sliders": _sliders(scope, reading)}


def _period(label: str) -> Told | str:
    return tell("All periods together") if label == TOTAL else period_told(label)


def _scopes(reading: Reading) -> dict[str, Told]:
    """Key of each scope -> what it is called."""
    book = reading.ready.compiled(reading.base_shifts, ("segment",)).book
    segments = [name for of, name in book.groups if of == "segment" and name not in ("", NONE_LABEL)]
    return {
        EVERYTHING: tell("Everything"),
        **{f"stage={name}": tell("Stage {name}", name=name) for name in book.stages},
        **{f"segment={name}": tell("Segment {name}", name=name) for name in segments},
    }


def _sliders(scope: str, reading: Reading) -> list[Control]:
    kind, _, name = scope.partition("=")
    if scope == EVERYTHING:
        found = [*_scaled(SCALED, {}), *_market(reading)]
    else:
        found = _scaled(OF_STAGE if kind == "stage" else SCALED, {kind: name})
    return [one for one in found if _of_use(one, reading)]


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
    return {"path": path, "operation": operation, "label": as_name(str(label)), "low": low, "high": high, "step": step,
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
