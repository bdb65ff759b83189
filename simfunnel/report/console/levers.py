"""The console page of `levers`."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from simfunnel.planning.levers.levers import Lever, Levers
from simfunnel.planning.pairs.search import Needed
from simfunnel.report.console.layout import Row, legend, table
from simfunnel.report.words.changes import money_change, plus_minus, points, subtitle
from simfunnel.report.words.levers import levers_sentence
from simfunnel.report.words.reached import trials_of
from simfunnel.wording.language import again, tell
from simfunnel.wording.numbers import money, percent

TOO_OLD = (
    "where every stage takes less time, open deals that have waited long are older than deals that get won; that costs "
    "more here than speed brings"
)


def levers_page(result: Levers, width: int) -> RenderableType:
    """Lay out what the levers are worth."""
    laid = table([_row(lever, result) for lever in result.levers], ("P50 change", "+-", "Change"), width)
    parts: list[RenderableType] = [
        Text(levers_sentence(result), style="bold"), Text(subtitle(result.base)), Text(), laid
    ]  # fmt: skip
    if result.goal.target is not None:
        target = money(result.goal.target)
        alone = (
            tell("Alone: what the lever would have to be, moved alone, for the mean to reach {target}.", target=target)
            if result.confidence is None
            else tell(
                "Alone: what the lever would have to be, moved alone, to be {confidence} sure of {target}.",
                confidence=percent(result.confidence), target=target,
            )
        )  # fmt: skip
        parts += legend(laid, {"Alone": alone})
    if said := plus_minus(laid.columns):
        parts.append(Text(said))
    parts += [_caution(lever, lever.idle) for lever in result.levers if lever.idle]
    slower = next((lever for lever in result.levers if lever.name == "speed"), None)
    if slower is not None and slower.difference.mean.mean < 0 < result.by:
        parts.append(_caution(slower, TOO_OLD))
    return Group(*parts)


def _caution(lever: Lever, why: str) -> Text:
    return Text(tell("! {lever}: {why}", lever=tell(lever.title), why=tell(why)), style="yellow")


def _row(lever: Lever, result: Levers) -> Row:
    d = lever.difference
    p = d.p_attain
    return {
        "Lever": tell(lever.title),
        "Change": again(lever.change),
        "Mean": money(lever.mean),
        "Gain": money_change(d.mean.mean),
        "+-": money(d.mean.stderr) if d.mean.stderr > 0 else "",
        "P50 change": money_change(d.quantiles[0.5].mean),
        "P(attain)": "" if lever.p_attain is None else percent(lever.p_attain, trials_of(result.base, result.goal)),
        "Points": "" if p is None else points(p),
        "Alone": "" if lever.needed is None else needed_text(lever.name, lever.needed),
    }


def needed_text(name: str, needed: Needed) -> str:
    """Say what an assumption would have to be."""
    sign = "/" if name == "speed" else "x"
    if needed.factor is not None:
        return f"{sign} {needed.factor:.2f}"
    if needed.reachable:
        return tell("safe anyway")
    if needed.far is not None and needed.at != needed.far:
        return best_before("" if needed.at == 1 else f"{sign} {needed.at:.3g}")
    return tell("not even {sign} {at:.3g}", sign=sign, at=needed.at)


def best_before(change: str) -> str:
    """Say that nothing does it, of an assumption that is best before the end of what was looked through."""
    return tell("none: best at {change}", change=change) if change else tell("none: best as it is")
