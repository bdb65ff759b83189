"""Periods, clock, targets, what is closed already, and payment terms."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from simfunnel.scenario.distributions import Quantity
from simfunnel.values.dates import Day, parse_date
from simfunnel.values.frozen import Frozen
from simfunnel.values.messages import show
from simfunnel.values.names import Label, Name
from simfunnel.values.numbers import Integer, NonNegative, Positive, PositiveFraction

_LABEL = re.compile(
    r"\d{4}-W\d\d|\d{4}-(0[1-9]|1[0-2])|(FY)?\d{4}-Q[1-4]|FY\d{4}-P(0[1-9]|1[0-3])|(FY)?\d{4}|\d{4}-\d\d-\d\d\+\d+d"
)
TOTAL = "total"
LARGEST_MONEY = 1e15
"""Major units: in 64-bit minor units there is room for a few thousand of them."""


WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


def _lower(value: Any) -> Any:
    return value.strip().lower() if isinstance(value, str) else value


def _pattern(value: Any) -> Any:
    return str(value).replace(" ", "") if isinstance(value, str | int) and not isinstance(value, bool) else value


class YearEnd(Frozen):
    """When a fiscal year of whole weeks ends."""

    weekday: Annotated[Weekday, BeforeValidator(_lower)]
    """Its last day, monday to sunday."""
    month: Annotated[Integer, Field(ge=1, le=12)]
    """Month in which, or near whose end, it ends, 1 to 12."""
    rule: Literal["last", "nearest"] = "last"
    """The last such weekday of the month, or the one nearest to the month's last day."""


class Periods(Frozen):
    """The periods of the forecast; the first one contains `as_of`."""

    unit: Literal["week", "month", "quarter", "year", "days"]
    """Length of a period; `days` with `length` starts at `as_of`."""
    count: Annotated[Integer, Field(ge=1, le=120)]
    """Number of periods."""
    length: Annotated[Integer, Field(ge=1, le=36_525)] | None = None
    """Days in a period; for the unit `days` only, and required there."""
    fiscal_year_start: Annotated[Integer, Field(ge=1, le=12)] = 1
    """First month of the fiscal year, 1 to 12."""
    weeks: Annotated[Literal["4-4-5", "4-5-4", "5-4-4", "13"], BeforeValidator(_pattern)] | None = None
    """Fiscal years of whole weeks: weeks of the months of a quarter, or 13 for thirteen periods of four weeks (and
    quarters of thirteen weeks)."""
    year_end: YearEnd | None = None
    """When such a year ends; required with `weeks`."""

    @model_validator(mode="after")
    def _length_with_days(self) -> Self:
        if self.unit == "days" and self.length is None:
            raise ValueError("'length' is missing: the unit days needs it, such as {unit: days, length: 30}")
        if self.unit != "days" and self.length is not None:
            raise ValueError(f"'length' belongs to the unit days, found the unit {self.unit}; remove it")
        return self

    @model_validator(mode="after")
    def _whole_weeks(self) -> Self:
        if (self.weeks is None) != (self.year_end is None):
            missing, given = ("weeks", "year_end") if self.weeks is None else ("year_end", "weeks")
            example = "weeks: 4-4-5, year_end: {weekday: saturday, month: 1, rule: last}"
            raise ValueError(
                f"'{missing}' is missing: {given} needs it, such as {{unit: quarter, count: 2, {example}}}"
            )
        if self.weeks is not None and self.unit in ("week", "days"):
            raise ValueError(f"'weeks' belongs to the units month, quarter and year, found {self.unit}; remove it")
        if self.weeks is not None and self.fiscal_year_start != 1:
            raise ValueError("'year_end' says when the fiscal year begins; remove 'fiscal_year_start'")
        return self


FASTEST = 100.0
"""Days of work that one day may count for: beyond it a slip of the keyboard is likelier than a rush."""


def _some_speed(values: tuple[float, ...]) -> tuple[float, ...]:
    if not any(values):
        raise ValueError("at least one speed must be above 0, found only zeros")
    if (fastest := max(values)) > FASTEST:
        raise ValueError(f"expected speeds up to {FASTEST:g}, where 1 is an ordinary day, found {fastest:g}")
    return values


def _of_length(count: int) -> BeforeValidator:
    def check(value: Any) -> Any:
        if not isinstance(value, list | tuple) or len(value) != count:
            found = f"{len(value)} of them" if isinstance(value, list | tuple) else show(value)
            raise ValueError(f"expected a list of {count} numbers, found {found}")
        return value

    return BeforeValidator(check)


def _days_once(value: Any) -> Any:
    if not isinstance(value, Mapping):
        raise ValueError(f"expected days with their speeds, such as {{2027-12-25: 0}}, found {show(value)}")  # noqa: TRY004
    seen: set[date] = set()
    for key in value:
        day = parse_date(key)
        if day in seen:
            raise ValueError(f"the day {day} is given twice")
        seen.add(day)
    return value


_Speed = Annotated[NonNegative, Field(le=FASTEST)]
_Seven = tuple[NonNegative, NonNegative, NonNegative, NonNegative, NonNegative, NonNegative, NonNegative]


class Clock(Frozen):
    """How fast time runs for deals: business days, the rush at the end of a quarter."""

    weekdays: Annotated[_Seven, AfterValidator(_some_speed), _of_length(7)] = (1.0,) * 7
    """Speed from Monday to Sunday."""
    month_of_quarter: Annotated[
        tuple[NonNegative, NonNegative, NonNegative], AfterValidator(_some_speed), _of_length(3)
    ] = (1.0,) * 3
    """Speed in the first, second and third month of a fiscal quarter."""
    holidays: Annotated[dict[Day, _Speed], BeforeValidator(_days_once)] = Field(default_factory=dict)
    """Day -> its speed, in place of that of its weekday; 0 is a day on which nothing happens."""


LARGEST_FACTOR = 100.0
"""Times as many wins as in another month: beyond it a slip of the keyboard is likelier than a season."""


def _some_factor(values: tuple[float, ...]) -> tuple[float, ...]:
    if not any(values):
        raise ValueError("at least one factor must be above 0, found only zeros: nothing would ever be won")
    if (largest := max(values)) > LARGEST_FACTOR:
        raise ValueError(f"expected factors up to {LARGEST_FACTOR:g}, where 1 changes nothing, found {largest:g}")
    return values


MonthFactors = Annotated[tuple[NonNegative, NonNegative, NonNegative], AfterValidator(_some_factor), _of_length(3)]
"""One factor for each month of a fiscal quarter."""


def _period_label(label: str) -> str:
    if not _LABEL.fullmatch(label):
        examples = "2027-Q1, 2027-01, 2027-W05, 2027, FY2027-Q1 or 2027-01-04+30d"
        raise ValueError(f"expected a period label such as {examples}, found {show(label)}")
    return label


def _label_or_total(label: str) -> str:
    if label == TOTAL:
        return label
    try:
        return _period_label(label)
    except ValueError as error:
        raise ValueError(str(error).replace("a period label", "`total` or a period label")) from None


class Closed(Frozen):
    """What was won in a period before `as_of`, when the pipeline file does not hold it."""

    period: Annotated[Label, AfterValidator(_period_label)]
    """Label of the period."""
    amount: Annotated[NonNegative, Field(le=LARGEST_MONEY)]
    """Amount won."""
    wins: Annotated[Integer, Field(ge=0, le=1_000_000_000)] = 0
    """Number of deals won."""
    owner: Name | None = None
    """Owner of these deals."""
    team: Name | None = None
    """Team of these deals."""
    segment: Name | None = None
    """Segment of these deals."""
    source: Name | None = None
    """Source of these deals."""


class Target(Frozen):
    """An amount to reach in a full period."""

    period: Annotated[Label, AfterValidator(_label_or_total)]
    """Label of the period, or `total` for all periods together."""
    amount: Annotated[Positive, Field(le=LARGEST_MONEY)]
    """Amount to reach."""
    owner: Name | None = None
    """Only the deals of this owner."""
    team: Name | None = None
    """Only the deals of this team."""
    segment: Name | None = None
    """Only the deals of this segment."""

    @property
    def group(self) -> tuple[str, str] | None:
        """What the target is for: ("owner", name), ("team", name), ("segment", name), or None for all."""
        for kind in ("owner", "team", "segment"):
            if (name := getattr(self, kind)) is not None:
                return kind, name
        return None

    @model_validator(mode="after")
    def _one_group(self) -> Self:
        given = [kind for kind in ("owner", "team", "segment") if getattr(self, kind) is not None]
        if len(given) > 1:
            raise ValueError(f"expected at most one of owner, team and segment, found {' and '.join(given)}")
        return self


class PaymentTerm(Frozen):
    """A share of the amount that is paid some days after the win."""

    share: Annotated[PositiveFraction, Field(le=1)]
    """Share of the amount."""
    delay: Quantity
    """Days from the win to the payment."""
