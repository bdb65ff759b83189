"""The sentence to repeat about kept forecasts."""

from __future__ import annotations

from collections.abc import Sequence

from simfunnel.backtesting.record import RecordSummary
from simfunnel.backtesting.saved import TrackedForecast
from simfunnel.wording.numbers import percent, plural

UNITS = {7: "week", 28: "month", 29: "month", 30: "month", 31: "month", 90: "quarter", 91: "quarter", 92: "quarter",
         365: "year", 366: "year"}  # fmt: skip


def track_sentence(rows: Sequence[TrackedForecast], summary: RecordSummary | None) -> str:
    """Say how many forecasts of what ended inside their range, and whether they were too high or too low."""
    if summary is None:
        return "No period of these forecasts is over: there is nothing to score yet."
    units = {UNITS.get((row.last - row.first).days, "period") for row in rows if row.actual is not None}
    unit = units.pop() if len(units) == 1 else "period"
    periods = f"one {unit}" if summary.periods == 1 else f"{summary.periods} {unit}s"
    first = (
        f"Of {plural(summary.n, 'forecast')} of {periods}, {summary.inside_80} ended inside "
        f"{'its' if summary.n == 1 else 'their'} 80 % range"
    )
    return f"{first}; {_bias(summary)}." if summary.bias is not None else f"{first}."


def _bias(summary: RecordSummary) -> str:
    size = abs(summary.bias or 0.0)
    way = "neither too high nor too low" if size < 0.005 else (
        f"{percent(size)} too {'high' if (summary.bias or 0.0) > 0 else 'low'}")  # fmt: skip
    told = {
        None: ", of which too few periods tell whether it is chance",
        True: ", which chance alone explains",
        False: ", which chance alone does not explain",
    }[summary.by_chance]
    return f"on average {way}{told}"
