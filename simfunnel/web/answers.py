"""Answers of the page as JSON: the library's numbers, and the same as text and pictures ready to be shown."""

from __future__ import annotations

from typing import Any

from simfunnel.forecast.estimates import Estimate
from simfunnel.funnel.model import NONE_LABEL
from simfunnel.planning.pairs.differences import SHOWN_QUANTILES, bookings, difference
from simfunnel.planning.plan.leads_needed import leads_needed
from simfunnel.progress import Progress
from simfunnel.report.html.blocks import Paragraph
from simfunnel.report.html.sections.actions import leads_blocks
from simfunnel.shown import face_of
from simfunnel.web.blocks import charts, figures, owners_table, side_by_side, waterfall_chart
from simfunnel.web.commands import owners_command, plan_command, run_command
from simfunnel.web.fragments import fragment, unbroken
from simfunnel.web.question import MOVING_TRIALS, State
from simfunnel.web.reading import Reading, WhatIf
from simfunnel.web.side import Side
from simfunnel.web.words import answer_told, change_told, step_told
from simfunnel.wording.language import tell
from simfunnel.wording.shown_text import as_name

ORIGINS = ("closed", "open", "new")
Answer = dict[str, Any]


def answer(reading: Reading, state: State, trials: int | None = None, progress: Progress | None = None) -> Answer:
    """Answer a state; without a number of trials, quickly.

    Returns
    -------
    dict
        ``base`` and ``what_if`` (mean, quantiles, chance, parts by origin, each with its standard error),
        ``difference``, the ``command`` that gives ``what_if`` again, and as ``shown`` what the page lays out.
    """
    trials = reading.fitting(state, reading.pace.trials if trials is None else trials)
    found = reading.what_if(state, trials, progress)
    changes = len(state.shifts)
    p = found.moved.forecast.provenance
    return {
        "version": reading.version,
        "period": found.goal.period,
        "target": found.goal.target,
        "trials": p.trials,
        "seed": p.seed,
        "kernel": p.kernel,
        "cautions": [one.sentence for one in found.moved.forecast.cautions],
        "base": _numbers(found.base),
        "what_if": _numbers(found.moved),
        "difference": _difference(found),
        "command": run_command(reading, state, trials),
        "shown": {
            "sentence": unbroken(str(answer_told(found, changes))),
            "changes": {shift.path: as_name(str(change_told(shift, reading.deal_names))) for shift in state.shifts},
            "figures": fragment([figures(found, changes, state.confidence)]),
            "charts": fragment(charts(found, changes)),
            "numbers": fragment([side_by_side(found, changes)]),
            "cautions": fragment([Paragraph(one.sentence, "caution") for one in found.moved.forecast.cautions]),
        },
    }


def waterfall(reading: Reading, state: State, progress: Progress | None = None) -> Answer:
    """Say what each change does on top of those before it, in the order in which they were made."""
    goal = reading.goal(state)
    trials = reading.step_trials(state)
    steps = reading.steps(state, trials, progress)
    start, end = (reading.forecast(shifts, trials).known.mean(0, goal.index) for shifts in ((), state.shifts))
    names = [as_name(str(step_told(step.shifts, reading.deal_names))) for step in steps]
    return {
        "version": reading.version,
        "start": start.mean,
        "end": end.mean,
        "steps": [
            {"change": name, **_estimated("mean", step.difference.mean),
             **_estimated("p_attain", step.difference.p_attain)}
            for name, step in zip(names, steps, strict=True)
        ],
        "trials": trials,
        "command": run_command(reading, state, trials),
        "shown": fragment([waterfall_chart(names, steps, start.mean, end.mean)]) if steps else "",
    }  # fmt: skip


def owners(reading: Reading, state: State, progress: Progress | None = None) -> Answer:
    """Say what each owner brings, without and with the changes."""
    goal = reading.goal(state)
    trials = reading.fitting(state, reading.owner_trials)
    base, moved = (reading.forecast(shifts, trials, progress, groups=("owner",)) for shifts in ((), state.shifts))
    rows, unit = [], float(base.minor_units)
    for g, (dimension, name) in enumerate(base.groups):
        if dimension == "owner":
            m = moved.groups.index((dimension, name)) if (dimension, name) in moved.groups else None
            after = bookings(moved, goal.index, m) if m is not None else 0 * bookings(moved, goal.index)
            gap = difference(bookings(base, goal.index, g), after, unit, quantiles=()).mean
            mean = base.known.mean(g, goal.index)
            rows.append((name, mean, Estimate(0.0, 0.0) if m is None else moved.known.mean(m, goal.index), gap))
    rows.sort(key=lambda row: -row[1].mean)
    return {
        "version": reading.version,
        "owners": [
            {"owner": None if name == NONE_LABEL else name, "base": _estimated("mean", was),
             "what_if": _estimated("mean", now), "difference": _estimated("mean", gap)}
            for name, was, now, gap in rows
        ],
        "trials": trials,
        "command": owners_command(reading, state, trials),
        "shown": fragment([owners_table(rows, bool(state.shifts))]) if rows else "",
    }  # fmt: skip


def plan(reading: Reading, state: State, progress: Progress | None = None) -> Answer:
    """Say how many leads the target takes under the changes: the answer of ``simfunnel plan``."""
    goal = reading.goal(state)
    if goal.target is None:
        told = tell("A plan needs a target: give one for {period}.", period=goal.period)
        return {"version": reading.version, "plan": None, "command": None,
                "shown": fragment([Paragraph(told, "note")])}  # fmt: skip
    ready, variant = reading.under(state)
    trials = reading.fitting(state, MOVING_TRIALS)
    found = leads_needed(
        ready, confidence=state.confidence, period=goal.period, variant=variant, trials=trials,
        seed=reading.seed, progress=progress,
    )  # fmt: skip
    keys = face_of(found).keys()
    return {
        "version": reading.version,
        "plan": keys,
        "command": plan_command(reading, state, trials),
        "shown": fragment(leads_blocks(keys)),
    }


def _estimated(name: str, value: Estimate | None) -> Answer:
    """A value and its standard error under their names."""
    return {name: value and value.mean, f"{name}_stderr": value and value.stderr}


def _numbers(side: Side) -> Answer:
    a = side.numbers.attainment
    return {
        **_estimated("mean", side.mean),
        "quantiles": {f"{q:g}": side.quantile(q).mean for q in SHOWN_QUANTILES},
        "quantile_stderrs": {f"{q:g}": side.quantile(q).stderr for q in SHOWN_QUANTILES},
        "by_origin": {origin: _estimated("mean", side.by_origin[origin]) for origin in ORIGINS},
        **_estimated("p_attain", None if a is None else Estimate(a.probability, a.stderr)),
        "p_attain_interval": None if a is None else list(a.interval),
    }


def _difference(found: WhatIf) -> Answer:
    gap = found.difference
    return {
        **_estimated("mean", gap.mean),
        "quantiles": {f"{q:g}": value.mean for q, value in gap.quantiles.items()},
        "quantile_stderrs": {f"{q:g}": value.stderr for q, value in gap.quantiles.items()},
        **_estimated("p_attain", gap.p_attain),
    }
