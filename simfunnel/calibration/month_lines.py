"""Periods, and wins by month of the quarter, as lines of the scenario."""

from __future__ import annotations

import json
from collections.abc import Iterator

from simfunnel.calibration.months import named_quarters
from simfunnel.estimation.month_gain import MonthGain
from simfunnel.scenario.periods import Periods
from simfunnel.wording.numbers import percent, plural


def written_periods(periods: Periods) -> str:
    """Periods in one line, with the fiscal year where it is not that of the calendar."""
    data = periods.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
    return json.dumps(data, ensure_ascii=False).replace('"', "")


def month_lines(months: MonthGain | None, periods: Periods, horizon: float) -> Iterator[str]:
    """Factors that past windows prove; nothing without any."""
    if months is None or not months.proved or months.gain is None or months.factors is None:
        return
    gain = months.gain
    yield (
        f"# {plural(round(float(months.wins.sum())), 'win')} by month {named_quarters(periods)}, "
        f"{plural(months.quarters, 'whole quarter')} of them; past windows of {horizon:.0f} days would have been"
    )
    yield (
        f"# forecast better by {percent(gain.mean)} of their mean ({percent(gain.low)} to {percent(gain.high)}, "
        f"{months.independent:.1f} windows that do not overlap) by what other quarters show"
    )
    yield "# on the level of the rates above, which are those of the months that weigh most in them"
    yield f"wins_by_month_of_quarter: {json.dumps([round(f, 3) for f in months.factors.tolist()])}"
