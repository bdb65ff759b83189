"""The console page of `levers`."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from simfunnel.planning.levers.levers import Lever, Levers
from simfunnel.planning.pairs.search import Needed
from simfunnel.report.console.layout import Row, table
from simfunnel.report.words.changes import PLUS_MINUS, money_change, points, subtitle
from simfunnel.report.words.levers import levers_sentence
from simfunnel.wording.numbers import money, percent

TOO_OLD = (
    "where every stage takes less time, open deals that have waited long are older than deals that get won; that costs "
    "more here than speed brings"
)


def levers_page(result: Levers, width: int) -> RenderableType:
    """Lay out what the levers are worth."""
    parts: list[RenderableType] = [
        Text(levers_sentence(result), style="bold"), Text(subtitle(result.base)), Text(),
        table([_row(lever, result) for lever in result.levers], ("P50 change", "+-"), width),
    ]  # fmt: skip
    if result.goal.target is not None:
        wanted = "for the mean to reach" if result.confidence is None else f"to be {percent(result.confidence)} sure of"
        parts.append(
            Text(f"Alone: what the lever would have to be, moved alone, {wanted} {money(result.goal.target)}.")
        )
    parts.append(Text(PLUS_MINUS))
    parts += [Text(f"! {lever.title}: {lever.idle}", style="yellow") for lever in result.levers if lever.idle]
    slower = next((lever for lever in result.levers if lever.name == "speed"), None)
    if slower is not None and slower.difference.mean.mean < 0 < result.by:
        parts.append(Text(f"! {slower.title}: {TOO_OLD}", style="yellow"))
    return Group(*parts)


def _row(lever: Lever, result: Levers) -> Row:
    d = lever.difference
    p = d.p_attain
    return {
        "Lever": lever.title,
        "Change": lever.change,
        "Mean": money(lever.mean),
        "Gain": money_change(d.mean.mean),
        "+-": money(d.mean.stderr) if d.mean.stderr > 0 else "",
        "P50 change": money_change(d.quantiles[0.5].mean),
        "P(attain)": "" if lever.p_attain is None else percent(lever.p_attain, result.base.trials),
        "Points": "" if p is None else points(p),
        "Alone": "" if lever.needed is None else needed_text(lever.name, lever.needed),
    }


def needed_text(name: str, needed: Needed) -> str:
    """Say what an assumption would have to be."""
    sign = "/" if name == "speed" else "x"
    if needed.factor is not None:
        return f"{sign} {needed.factor:.2f}"
    if needed.reachable:
        return f"safe at {sign} {needed.at:.2g}"
    return f"not even {sign} {needed.at:.3g}"
