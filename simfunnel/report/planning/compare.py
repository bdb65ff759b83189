"""The console page of `compare`."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from simfunnel.planning.compare import Compared, Comparison, PeriodComparison
from simfunnel.planning.waterfall import Progress, SalesProgress, Step, Waterfall
from simfunnel.report.console import Row, table
from simfunnel.report.planning.wording import chance, money_change, points, signed, subtitle
from simfunnel.report.wording import money, percent, plural


def compare_page(result: Comparison, width: int) -> RenderableType:
    """Lay out a comparison."""
    parts: list[RenderableType] = [Text(compare_sentence(result), style="bold"), Text(subtitle(result.base))]
    for period in result.base_periods:
        rows = [_row(result.name, period, result.base.trials, base=True)]
        for other in result.others:
            own = next((p for p in other.periods if p.label == period.label), None)
            if own is not None:
                rows.append(_row(other.name, own, other.forecast.trials, base=False))
        parts += [Text(), table([{period.label: row.pop("name"), **row} for row in rows], ("P50", "+-"), width)]
    for other in result.others:
        if other.waterfall is not None:
            parts += [Text(), *_waterfall(other, other.waterfall, width)]
        elif other.no_waterfall:
            parts.append(Text(f"! no waterfall for {other.name}: {other.no_waterfall}", style="yellow"))
            if other.progress is not None:
                parts.append(Text(_progress(other.progress)))
        if not other.paired:
            text = f"! {other.name} has other draws than {result.name}: the differences have the errors of both"
            parts.append(Text(text, style="yellow"))
    return Group(*parts)


def compare_sentence(result: Comparison) -> str:
    """Say what the first difference is."""
    if len(result.others) > 1:
        best = max(result.others, key=lambda other: (other.periods[0].p_attain or 0.0, other.periods[0].mean))
        label = best.periods[0].label
        base = result.base_periods[0]
        if best.periods[0].difference.mean.mean <= 0:
            return f"Nothing does better than {result.name} in {label}, with a mean of {money(base.mean)}."
        return f"{best.name} does best in {label}: {_against(best, base, result)}."
    other = result.others[0]
    base = next(p for p in result.base_periods if p.label == other.periods[0].label)
    if other.waterfall is not None:
        return _moved(other.waterfall, result)
    d = other.periods[0].difference
    if other.paired and d.mean.stderr == d.mean.mean == 0:
        return f"{other.name} makes no difference to {result.name} in {base.label}."
    return f"{other.name} against {result.name} in {base.label}: {_against(other, base, result)}."


def _against(other: Compared, base: PeriodComparison, result: Comparison) -> str:
    own = other.periods[0]
    text = f"{money_change(own.difference.mean.mean)} in the mean"
    if own.p_attain is None or base.p_attain is None or own.target is None:
        return text
    now, then = chance(base.p_attain, result.base.trials), chance(own.p_attain, other.forecast.trials)
    return f"{text}, and {then} instead of {now} to reach {money(own.target)}"


def _moved(steps: Waterfall, result: Comparison) -> str:
    progress = steps.forecast.progress
    verb = "gained" if progress >= 0 else "lost"
    text = f"{steps.period} {verb} {money(abs(progress))} in {plural(steps.days, 'day')}"
    up, down = max(steps.steps, key=lambda s: s.mean.mean), min(steps.steps, key=lambda s: s.mean.mean)
    largest = [(step.cause, money_change(step.mean.mean)) for step in (up, down)]
    told = [f"{cause} {change}" for cause, change in largest if change != "0"]
    if told:
        text += f" (above all: {', '.join(dict.fromkeys(told))})"
    base = next((p for p in result.base_periods if p.label == steps.period), None)
    own = next((p for p in result.others[0].periods if p.label == steps.period), None)
    if base is None or own is None or base.p_attain is None or own.p_attain is None:
        return f"{text}."
    now, then = chance(base.p_attain, result.base.trials), chance(own.p_attain, result.base.trials)
    return f"{text}; the chance of the target went from {now} to {then}."


def _row(name: str, period: PeriodComparison, trials: int, *, base: bool) -> Row:
    d = period.difference
    return {
        "name": name,
        "Target": "" if period.target is None else money(period.target),
        "Mean": money(period.mean),
        "Change": "" if base else money_change(d.mean.mean),
        "+-": "" if base or d.mean.stderr == 0 else money(d.mean.stderr),
        "P50": "" if base else money_change(d.quantiles[0.5].mean),
        "P(attain)": "" if period.p_attain is None else percent(period.p_attain, trials),
        "Points": "" if base or d.p_attain is None else points(d.p_attain),
    }


def _waterfall(other: Compared, steps: Waterfall, width: int) -> list[RenderableType]:
    rows = [_step_row(step, steps.period) for step in steps.steps]
    p50, p = sum(s.p50 for s in steps.steps), [s.p_attain for s in steps.steps if s.p_attain is not None]
    rows.append({
        f"Why {steps.period} moved": "total", "Deals": "", "Amount": "",
        "Mean": money_change(sum(s.mean.mean for s in steps.steps)), "P50": money_change(p50),
        "Points": signed(100 * sum(p), 1) if p else "",
    })  # fmt: skip
    notes = [Text(f"! {step.cause}: {step.note}", style="yellow") for step in steps.steps if step.note]
    return [table(rows, ("Amount", "P50"), width), *notes, Text(_progress(steps.progress))]


def _progress(found: SalesProgress) -> str:
    return (
        f"Sales progress of {plural(found.days, 'day')} in {found.period}, (estimate + done) after less before: "
        f"{_sum(found.forecast)} by the forecast; {_sum(found.weighted)} by the weighted pipeline."
    )


def _step_row(step: Step, period: str) -> Row:
    amount = money(step.amount) if step.amount else ""
    if step.cause in ("won", "amount changed"):
        amount = money_change(step.amount)
    return {
        f"Why {period} moved": step.cause,
        "Deals": f"{step.deals:,}" if step.deals else "",
        "Amount": amount,
        "Mean": money_change(step.mean.mean),
        "P50": money_change(step.p50),
        "Points": "" if step.p_attain is None else signed(100 * step.p_attain, 1),
    }


def _sum(p: Progress) -> str:
    after, before = p.done_after + p.estimate_after, p.done_before + p.estimate_before
    return f"{money(after)} - {money(before)} = {money_change(p.progress)}"
