"""Words that the planning pages share."""

from __future__ import annotations

from simfunnel.forecast.estimates import Estimate
from simfunnel.forecast.forecast import Forecast
from simfunnel.wording.numbers import money, percent

PLUS_MINUS = "+- and ±: the standard error that the simulation leaves in a change."
"""Stands once below the tables that have these."""


def money_change(value: float) -> str:
    """Show a change of money with its sign: +120k, -3.0M, and 0 for what rounds to nothing."""
    text = money(abs(value))
    return "0" if text == "0" else f"{'+' if value > 0 else '-'}{text}"


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


def chance(p: float, trials: int) -> str:
    """Show a probability inside a sentence."""
    return percent(p, trials).replace("<", "less than ").replace(">", "more than ")


def subtitle(forecast: Forecast) -> str:
    """Say what a page rests on."""
    p = forecast.provenance
    name = f"{p.scenario_name}, " if p.scenario_name else ""
    variant = f" · variant {p.variant}" if p.variant else ""
    how = f"{p.trials:,} trials, seed {p.seed}" if p.trials else "computed exactly"
    return f"{name}as of {forecast.as_of} · {how}{variant} · {forecast.currency}"
