"""Plots of plans: P(attain) against the lead rate, the ideal funnel, what the levers are worth."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from simfunnel.forecast.estimates import Z95
from simfunnel.forecast.forecast import Forecast
from simfunnel.funnel.compile_leads import UNIT_DAYS
from simfunnel.planning.levers.levers import Levers
from simfunnel.planning.plan.leads_needed import Plan
from simfunnel.report.plots.labels import lower_apart
from simfunnel.report.plots.style import (
    BLUE,
    FAINT,
    INK,
    MUTED,
    ORANGE,
    SKY,
    money_axis,
    name_ticks,
    new_figure,
    percent_axis,
)
from simfunnel.report.words.forecast import how_made
from simfunnel.report.words.plan import EACH
from simfunnel.report.words.reached import trials_of
from simfunnel.wording.language import again, joined, tell
from simfunnel.wording.numbers import money, percent, period_told

_LEADS = {
    "day": "leads a day from {sources}", "week": "leads a week from {sources}", "month": "leads a month from {sources}",
    "quarter": "leads a quarter from {sources}", "year": "leads a year from {sources}",
}  # fmt: skip


def caption(forecast: Forecast, trials: str | None = None) -> str:
    """Say what a picture rests on; `trials` in other words where it does not rest on those of the forecast."""
    p = forecast.provenance
    parts = [
        p.scenario_name,
        tell("variant {variant}", variant=p.variant) if p.variant else "",
        tell("as of {as_of}", as_of=forecast.as_of),
        how_made(forecast) if trials is None else trials,
        forecast.currency,
    ]
    return joined([part for part in parts if part], " · ")


def lever_bars(result: Levers) -> Figure:
    """Draw what each lever adds to the mean, with P(attain) beside it."""
    n = len(result.levers)
    figure, axes = new_figure(
        tell("What the levers are worth in {period}", period=period_told(result.goal.period)),
        caption(result.base),
        (9.0, 1.8 + 0.62 * n),
    )
    y = np.arange(n)[::-1]
    gain = np.array([lever.difference.mean.mean for lever in result.levers])
    error = np.array([Z95 * lever.difference.mean.stderr for lever in result.levers])
    colours = [ORANGE if lever.name == "all" else BLUE for lever in result.levers]
    axes.barh(y, gain, 0.62, color=colours, xerr=error, ecolor=INK, capsize=3)
    reach = float(np.max(np.abs(gain) + error)) or 1.0
    for i, lever in enumerate(result.levers):
        text = tell("nothing to act on") if lever.idle else f"{'+' if gain[i] >= 0 else '-'}{money(abs(gain[i]))}"
        if lever.p_attain is not None and result.p_attain is not None and not lever.idle:
            now, then = (
                percent(p, trials_of(result.base, result.goal)) for p in (result.p_attain.mean, lever.p_attain)
            )
            text += f"   P {now} → {then}"
        axes.text(max(gain[i], 0.0) + error[i] + 0.02 * reach, y[i], text, va="center", fontsize=9.5)
    name_ticks(axes, y, [f"{tell(lever.title)}\n{again(lever.change)}" for lever in result.levers])
    axes.set_xlim(min(0.0, 1.1 * float((gain - error).min())), 1.42 * reach)
    axes.grid(visible=False, axis="y")
    money_axis(axes)
    axes.set_xlabel(
        tell("change of mean bookings, {currency} (95 % intervals of the difference)", currency=result.base.currency)
    )
    return figure


def lead_curve_plot(plan: Plan) -> Figure:
    """Draw P(attain) against the lead rate, with where it is now and where it has to be."""
    where = tell("all periods") if plan.goal.period == "total" else period_told(plan.goal.period)
    figure, axes = new_figure(
        tell("Chance of {target} in {where}, by lead rate", target=money(plan.target), where=where), caption(plan.base)
    )
    scaled = [source for source in plan.sources if source.scaled]
    rate = UNIT_DAYS[plan.by] / UNIT_DAYS["week"] * sum(source.current_per_week for source in scaled)
    percent_axis(axes)
    axes.set_xlabel(
        tell(
            _LEADS[plan.by],
            sources=joined([source.name for source in scaled]) if scaled else tell("no source"),
        )
    )
    axes.set_ylabel(tell("P(attain)"))
    axes.axhline(plan.confidence, color=MUTED, linewidth=1, linestyle="--")
    if not plan.points:
        axes.text(0.5, 0.5, tell("no leads to raise"), ha="center", transform=axes.transAxes)
        return figure
    x = np.array([point.multiplier for point in plan.points]) * rate
    p = np.array([point.p_attain for point in plan.points])
    half = Z95 * np.array([point.stderr for point in plan.points])
    axes.fill_between(x, p - half, p + half, color=SKY, alpha=0.4, linewidth=0)
    axes.plot(x, p, color=BLUE, linewidth=2)
    now = plan.p_attain_now.mean
    axes.plot(rate, now, "o", color=INK, markersize=7, zorder=4)
    text = tell(
        "now: {rate} {a_week}, {chance}",
        rate=f"{rate:,.{(0 if rate >= 20 else 1)}f}",
        a_week=tell(EACH[plan.by]),
        chance=percent(now, plan.base.trials),
    )
    labels = [axes.annotate(text, (rate, now), (10, -14), textcoords="offset points")]
    if plan.multiplier is not None and not plan.safe_already:
        needed = plan.multiplier * rate
        axes.plot(needed, plan.confidence, "D", color=ORANGE, markersize=8, zorder=4)
        text = tell(
            "needed: {needed} {a_week} for {confidence}",
            needed=f"{needed:,.{(0 if needed >= 20 else 1)}f}",
            a_week=tell(EACH[plan.by]),
            confidence=percent(plan.confidence),
        )
        labels.append(axes.annotate(text, (needed, plan.confidence), (10, -14), textcoords="offset points",
                                    fontweight="bold"))  # fmt: skip
    axes.set_xlim(0, float(x[-1]))
    lower_apart(figure, labels)
    return figure


def ideal_against_actual(plan: Plan) -> Figure:
    """Draw the deals each stage holds beside those it should hold."""
    stages = plan.ideal.stages
    n = len(stages)
    figure, axes = new_figure(
        tell(
            "Ideal funnel for {target} at {confidence}, against the actual one",
            target=money(plan.target),
            confidence=percent(plan.confidence),
        ),
        caption(plan.base),
        (9.0, max(3.4, 1.6 + 0.7 * n)),
    )
    y = np.arange(n)[::-1].astype(float)
    actual = np.array([stage.actual_count for stage in stages], dtype=float)
    ideal = np.array([stage.ideal_count or 0.0 for stage in stages])
    old = np.array([stage.beyond_support_count for stage in stages], dtype=float)
    axes.barh(y + 0.19, actual - old, 0.36, color=BLUE, label=tell("deals now"))
    if old.any():
        axes.barh(y + 0.19, old, 0.36, left=actual - old, color=FAINT, label=tell("too old, counted as lost"))
    axes.barh(
        y - 0.19, ideal, 0.36, color=ORANGE, label=tell("ideal now"), hatch="//", edgecolor="white", linewidth=0.5
    )
    passed = np.array([stage.time_in_stage is not None and stage.steady_count is not None for stage in stages])
    if passed.any():
        steady = np.array([stage.steady_count or 0.0 for stage in stages])[passed]
        axes.plot(
            steady,
            y[passed] - 0.19,
            "|",
            color=INK,
            markersize=15,
            markeredgewidth=2,
            label=tell("steady state, full target"),
        )
    reach = max(float(actual.max(initial=0)), float(ideal.max(initial=0)), 1.0)
    for i, stage in enumerate(stages):
        axes.text(actual[i] + 0.01 * reach, y[i] + 0.19, f"{stage.actual_count:,} · {money(stage.actual_value)}",
                  va="center", fontsize=9)  # fmt: skip
        if stage.time_in_stage is None:
            axes.text(0.01 * reach, y[i] - 0.19, tell("no leads pass"), va="center", fontsize=9, color=MUTED)
        elif stage.ideal_count is not None and stage.ideal_value is not None:
            beyond = max(ideal[i], stage.steady_count or 0.0)
            axes.text(beyond + 0.015 * reach, y[i] - 0.19, f"{stage.ideal_count:,.0f} · {money(stage.ideal_value)}",
                      va="center", fontsize=9)  # fmt: skip
    name_ticks(axes, y, [stage.stage for stage in stages])
    axes.set_xlim(0, 1.22 * reach)
    axes.grid(visible=False, axis="y")
    axes.set_xlabel(tell("open deals (and their value)"))
    figure.legend(loc="outside lower center", ncols=4)
    return figure
