"""Words that the planning pages share."""

from __future__ import annotations

from collections.abc import Collection

from simfunnel.forecast.estimates import Estimate
from simfunnel.forecast.forecast import Forecast
from simfunnel.funnel.model import NONE_LABEL
from simfunnel.wording.language import tell
from simfunnel.wording.numbers import money, period_told


def plus_minus(columns: Collection[str]) -> str:
    """Say below tables with these columns what stands behind +- and ±; nothing where neither is shown."""
    marks = [mark for mark, column in (("+-", "+-"), ("±", "Points")) if column in columns]
    said = {1: "{mark}: the standard error that the simulation leaves in a change.",
            2: "+- and ±: the standard error that the simulation leaves in a change."}  # fmt: skip
    return tell(said[len(marks)], mark=marks[0]) if marks else ""


def money_change(value: float) -> str:
    """Show a change of money with its sign: +120k, -3.0M, and 0 for what rounds to nothing."""
    text = money(abs(value))
    return text if text == "0" else ("+" if value > 0 else "-") + text


def points(change: Estimate) -> str:
    """Show a change of a probability in percentage points with its standard error, to the digits that supports."""
    digits = 0 if change.stderr > 0.005 else 1 if change.stderr > 0.0005 else 2
    if change.stderr == 0 and change.mean == 0:
        return "0"
    return f"{signed(100 * change.mean, digits)} ± {100 * change.stderr:.{digits}f}"


def signed(value: float, digits: int) -> str:
    """Show a number with its sign; what rounds to nothing has none."""
    text = f"{value:+,.{digits}f}"
    return text[1:] if float(text.replace(",", "")) == 0 else text


def called(label: str) -> str:
    """Name a group, or those that belong to none."""
    return tell(NONE_LABEL) if label == NONE_LABEL else label


def in_period(label: str) -> str:
    """Say in which period, or in all of them."""
    return tell("in all periods together") if label == "total" else tell("in {period}", period=period_told(label))


def of_winning(where: str) -> str:
    """Say by when deals of a table have the chance that stands in it."""
    return tell("P(win): the chance of being won {where}.", where=where)


def subtitle(forecast: Forecast) -> str:
    """Say what a page rests on."""
    p = forecast.provenance
    name = tell("{name}, ", name=p.scenario_name) if p.scenario_name else ""
    variant = tell(" · variant {variant}", variant=p.variant) if p.variant else ""
    how = tell("{trials:,} trials, seed {seed}", trials=p.trials, seed=p.seed) if p.trials else tell("computed exactly")
    return tell(
        "{name}as of {as_of} · {how}{variant} · {currency}",
        name=name,
        as_of=forecast.as_of,
        how=how,
        variant=variant,
        currency=forecast.currency,
    )
