"""The sentence to repeat about kept forecasts."""

from __future__ import annotations

from collections.abc import Sequence

from simfunnel.backtesting.record import RecordSummary
from simfunnel.backtesting.saved import TrackedForecast
from simfunnel.wording.language import tell
from simfunnel.wording.numbers import percent, plural

_ONE = {"week": "one week", "month": "one month", "quarter": "one quarter", "year": "one year", "period": "one period"}
UNITS = {7: "week", 28: "month", 29: "month", 30: "month", 31: "month", 90: "quarter", 91: "quarter", 92: "quarter",
         365: "year", 366: "year"}  # fmt: skip


def track_sentence(rows: Sequence[TrackedForecast], summary: RecordSummary | None) -> str:
    """Say how many forecasts of what ended inside their range, and whether they were too high or too low."""
    if summary is None:
        return tell("No period of these forecasts is over: there is nothing to score yet.")
    units = {UNITS.get((row.last - row.first).days, "period") for row in rows if row.actual is not None}
    unit = units.pop() if len(units) == 1 else "period"
    periods = tell(_ONE[unit]) if summary.periods == 1 else plural(summary.periods, unit)
    first = tell(
        "Of {forecasts} of {periods}, {inside_80} ended inside {its_or_their} 80 % range",
        forecasts=plural(summary.n, "forecast"),
        periods=periods,
        inside_80=summary.inside_80,
        its_or_their="its" if summary.n == 1 else "their",
    )
    if summary.bias is None:
        return tell("{first}.", first=first)
    return tell("{first}; {bias}.", first=first, bias=_bias(summary))


def _bias(summary: RecordSummary) -> str:
    size = abs(summary.bias or 0.0)
    way = (
        tell("neither too high nor too low")
        if size < 0.005
        else (
            tell(
                "{size} too {high}", size=percent(size), high=tell("high") if (summary.bias or 0.0) > 0 else tell("low")
            )
        )
    )
    chance = {
        None: ", of which too few periods tell whether it is chance",
        True: ", which chance alone explains",
        False: ", which chance alone does not explain",
    }[summary.by_chance]
    return tell("on average {way}{chance}", way=way, chance=tell(chance))
