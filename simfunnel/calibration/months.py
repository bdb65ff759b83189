"""Wins by month of the quarter: the fiscal calendar that they follow, and what they do to the window to come."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from simfunnel.calibration.dependence import Expected
from simfunnel.errors import InputError
from simfunnel.estimation.month_gain import MonthGain
from simfunnel.estimation.quarters import Quarters
from simfunnel.funnel.calendar import month_of_quarter
from simfunnel.scenario.periods import Periods
from simfunnel.wording.language import tell

Unit = Literal["week", "month", "quarter", "year"]


def periods_of(unit: Unit, count: int, fiscal: Periods | None) -> Periods:
    """Periods of a scenario, of the fiscal year of another one.

    Raises
    ------
    InputError
        If they are weeks, and the fiscal year is one of whole weeks.
    """
    if fiscal is None:
        return Periods(unit=unit, count=count)
    if fiscal.weeks is not None and unit == "week":
        raise InputError(
            f"periods of calendar weeks do not go together with a fiscal year of whole weeks ({fiscal.weeks}): choose "
            "the unit month, quarter or year"
        )
    return fiscal.model_copy(update={"unit": unit, "count": count, "length": None})


def quarters_of(periods: Periods) -> Quarters:
    """Quarters of a fiscal calendar."""
    name = repr((periods.fiscal_year_start % 3, periods.weeks, periods.year_end))
    return Quarters(name, lambda day: month_of_quarter(day, periods))


def in_days(scenario: Mapping[str, Any], days: int) -> dict[str, Any]:
    """The same scenario over one period of so many days; months of quarters stay where they are.

    Those of whole weeks cannot stand beside periods of days: their factors are left out.
    """
    periods = scenario["periods"]
    kept = {key: value for key, value in periods.items() if key == "fiscal_year_start"}
    found = {**scenario, "periods": {"unit": "days", "length": days, "count": 1, **kept}}
    if "weeks" in periods:
        found.pop("wins_by_month_of_quarter", None)
    return found


def same_quarters(one: Periods, other: Periods) -> bool:
    """Whether two fiscal calendars have the same months of quarters."""
    return quarters_of(one).name == quarters_of(other).name


_FIRST_MONTHS = ("January", "February", "March")


def named_quarters(periods: Periods) -> str:
    """Say which quarters they are."""
    if periods.weeks is not None:
        return tell("of fiscal quarters of whole weeks ({weeks})", weeks=periods.weeks)
    month = _FIRST_MONTHS[(periods.fiscal_year_start - 1) % 3]
    return tell("of quarters that begin in {month}", month=tell(month))


def moved_by_months(months: MonthGain | None) -> tuple[float, float]:
    """By what the months of the window to come multiply what open deals and deals to come bring; 1 without factors."""
    if months is None or not months.proved or months.ahead is None or months.factors is None:
        return 1.0, 1.0
    opened, new = (
        float(months.factors @ part / part.sum()) if part.sum() > 0 else 1.0
        for part in (months.ahead.opened, months.ahead.new)
    )
    return opened, new


def in_months(expected: Expected, months: MonthGain | None) -> Expected:
    """What a window is expected to bring with the factors of its months."""
    opened, new = moved_by_months(months)
    return Expected(expected.win_rate, np.asarray(expected.value * opened), expected.new_win_rate, expected.new * new)
