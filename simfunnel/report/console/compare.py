"""The console page of `compare`."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from simfunnel.planning.compare.compare import Compared, Comparison, PeriodComparison
from simfunnel.planning.compare.known import are_solved
from simfunnel.planning.compare.named import NamedDeal
from simfunnel.planning.compare.waterfall import SalesProgress, Step, Waterfall
from simfunnel.report.console.layout import Row, table
from simfunnel.report.console.quality import SHOWN_CAUTIONS
from simfunnel.report.words.changes import money_change, plus_minus, points, signed, subtitle
from simfunnel.report.words.compare import compare_sentence, own_cautions
from simfunnel.report.words.compared import short_names
from simfunnel.report.words.deals import deal_titles
from simfunnel.wording.language import again, tell
from simfunnel.wording.numbers import money, percent, period_told, plural
from simfunnel.wording.shown_text import as_name

_MOVERS = 15
"""Deals that are named, the top movers first."""
DEAL = 48
"""Columns of a terminal for the name of a deal."""
_ALWAYS = ("won", "lost", "vanished", "left out")
_RARE = ("vanished", "left out")
"""Causes that have a row only where they have a deal."""


def compare_page(result: Comparison, width: int) -> RenderableType:
    """Lay out a comparison."""
    parts: list[RenderableType] = [Text(compare_sentence(result), style="bold"), Text(subtitle(result.base))]
    names = short_names(result)
    parts += [Text(tell("! {text}", text=text), style="yellow") for text in own_cautions(result)[:SHOWN_CAUTIONS]]
    columns: set[str] = set()
    for period in result.base_periods:
        rows = [_row(names[result.name], period, result.base.trials, None)]
        for other in result.others:
            own = next((p for p in other.periods if p.label == period.label), None)
            if own is not None:
                rows.append(_row(names[other.name], own, other.forecast.trials, period))
        named = [{period_told(period.label): row.pop("name"), **row} for row in rows]
        laid = table(named, ("P50 change", "+-"), width)
        columns |= laid.columns
        parts += [Text(), laid]
    if said := plus_minus(columns):
        parts.append(Text(said))
    for other in result.others:
        if other.waterfall is not None:
            parts += [Text(), *_waterfall(other, other.waterfall, width)]
        elif other.no_waterfall:
            parts.append(
                Text(
                    tell(
                        "! no waterfall for {name}: {why}",
                        name=names[other.name],
                        why=other.no_waterfall,
                    ),
                    style="yellow",
                )
            )
            if other.progress is not None:
                parts += [Text(), *_sales_progress(other.progress, width)]
        if are_solved(result.base, other.forecast):
            text = tell(
                "{name} and {base} are exact: ± is the error stated of both",
                name=names[other.name],
                base=names[result.name],
            )
            parts.append(Text(text))
        elif not other.paired:
            text = tell(
                "! {name} has other draws than {base}: the differences have the errors of both",
                name=names[other.name],
                base=names[result.name],
            )
            parts.append(Text(text, style="yellow"))
    return Group(*parts)


def _row(name: str, period: PeriodComparison, trials: int, base: PeriodComparison | None) -> Row:
    """Give a row; of the base itself where `base` is None. Chances of different targets have no difference."""
    d = period.difference
    one_target = base is not None and base.target == period.target
    return {
        "name": name,
        "Target": "" if period.target is None else money(period.target),
        "Mean": money(period.mean),
        "Change": "" if base is None else money_change(d.mean.mean),
        "+-": "" if base is None or d.mean.stderr == 0 else money(d.mean.stderr),
        "P50 change": "" if base is None else money_change(d.quantiles[0.5].mean),
        "P(attain)": "" if period.p_attain is None else percent(period.p_attain, trials),
        "Points": "" if not one_target or d.p_attain is None else points(d.p_attain),
    }


def _waterfall(other: Compared, steps: Waterfall, width: int) -> list[RenderableType]:
    rows = [_step_row(step, steps.period) for step in steps.steps if step.deals or step.cause not in _RARE]
    p50, p = sum(s.p50 for s in steps.steps), [s.p_attain for s in steps.steps if s.p_attain is not None]
    rows.append({
        tell("Why {period} moved", period=period_told(steps.period)): tell("total"), "Deals": "", "Amount": "",
        "Mean change": money_change(sum(s.mean.mean for s in steps.steps)), "P50 change": money_change(p50),
        "Points": signed(100 * sum(p), 1) if p else "",
    })  # fmt: skip
    parts: list[RenderableType] = [table(rows, ("Amount", "P50 change"), width)]
    parts += [
        Text(tell("! {cause}: {note}", cause=tell(step.cause), note=step.note), style="yellow")
        for step in steps.steps
        if step.note
    ]
    movers = [(step.cause, deal) for step in steps.steps for deal in step.named or ()]
    movers = [mover for mover in movers if mover[1].delta_mean or mover[1].note or mover[0] in _ALWAYS]
    movers.sort(key=lambda mover: -abs(mover[1].delta_mean))
    if movers:
        shown = [deal for _, deal in movers[:_MOVERS]]
        titles = deal_titles(shown, DEAL, always_id=False, among=[deal for _, deal in movers], with_id=True)
        named = [_mover(cause, deal, title) for (cause, deal), title in zip(movers, titles, strict=False)]
        parts += [Text(), table(named, ("Owner", "Amount"), width)]
    if len(movers) > _MOVERS:
        parts.append(Text(tell("and {more:,} more deals (--json and --out list all)", more=len(movers) - _MOVERS)))
    if any(_without_effect(step) for step in steps.steps):
        parts.append(Text(tell("Slipped: a later close date does not move the forecast, which goes by stage and age.")))
    return [*parts, Text(), *_sales_progress(steps.progress, width)]


def _mover(cause: str, deal: NamedDeal, title: str) -> Row:
    return {
        "Deal": as_name(title), "Owner": as_name(deal.owner or ""), "What": tell(cause),
        "How": as_name(again(deal.note or "")), "Amount": "" if deal.amount is None else money(deal.amount),
        "Mean change": money_change(deal.delta_mean),
        "Points": "" if deal.delta_p is None else signed(100 * deal.delta_p, 1),
    }  # fmt: skip


def _without_effect(step: Step) -> bool:
    """Whether deals slipped and the forecast, which reads no close dates, stayed where it was."""
    return step.cause == "slipped" and step.deals > 0 and step.mean.mean == 0 and step.p50 == 0


def _sales_progress(found: SalesProgress, width: int) -> list[RenderableType]:
    """What is done and what is still to come, on both dates."""
    f, w = found.forecast, found.weighted
    title = tell("Sales progress in {period}", period=period_told(found.period))

    def row(name: str, before: float, after: float) -> Row:
        return {
            title: tell(name),
            "Before": money(before),
            "After": money(after),
            "Change": money_change(after - before),
        }

    rows = [
        row("done: won in the period", f.done_before, f.done_after),
        row("estimate: mean still to come in it", f.estimate_before, f.estimate_after),
        row("done + estimate", f.done_before + f.estimate_before, f.done_after + f.estimate_after),
        row("whole weighted pipeline", w.estimate_before, w.estimate_after),
        row("done + weighted pipeline", w.done_before + w.estimate_before, w.done_after + w.estimate_after),
    ]
    note = tell(
        "Sales progress of {days}: {forecast} by the forecast, {weighted} by the weighted "
        "pipeline (all open deals x the win rate of their stages, whenever they close).",
        days=plural(found.days, "day"),
        forecast=money_change(f.progress),
        weighted=money_change(w.progress),
    )
    return [table(rows, (), width), Text(note)]


def _step_row(step: Step, period: str) -> Row:
    amount = money(step.amount) if step.amount else ""
    if step.cause in ("won", "amount changed"):
        amount = money_change(step.amount)
    return {
        tell("Why {period} moved", period=period_told(period)): tell(step.cause),
        "Deals": f"{step.deals:,}" if step.deals else "",
        "Amount": amount,
        "Mean change": "-" if _without_effect(step) else money_change(step.mean.mean),
        "P50 change": "-" if _without_effect(step) else money_change(step.p50),
        "Points": "" if step.p_attain is None else "-" if _without_effect(step) else signed(100 * step.p_attain, 1),
    }
