"""Numbers that are read together are written alike: intervals, halves in two languages, months of an axis."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest

from simfunnel.report.html.charts.drawing import month_ticks
from simfunnel.report.words.assumptions import span_of
from simfunnel.wording.language import language
from simfunnel.wording.numbers import money, percents


@pytest.mark.parametrize(
    ("shares", "told"),
    [
        ((0.9, 0.87, 0.924), ["90 %", "87 %", "92 %"]),
        ((0.095, 0.082, 0.109), ["9.5 %", "8.2 %", "10.9 %"]),
        ((0.22, 0.0, 0.4), ["22 %", "0 %", "40 %"]),
        ((0.12, 0.08, 0.16), ["12.0 %", "8.0 %", "16.0 %"]),
        ((0.95, 0.9, 0.98), ["95.0 %", "90.0 %", "98.0 %"]),
        ((0.001, -0.0062, 0.008), ["0.10 %", "-0.62 %", "0.80 %"]),
        ((1.0, 0.97, 1.0), ["100 %", "97 %", "100 %"]),
    ],
)
def test_an_interval_has_one_number_of_digits(shares: tuple[float, ...], told: list[str]) -> None:
    assert percents(*shares) == told


@pytest.mark.parametrize(
    ("value", "english", "chinese"),
    [
        (12_750, "12.8k", "1.28万"),
        (12_250, "12.3k", "1.23万"),
        (-12_750, "-12.8k", "-1.28万"),
        (12_749.999999999998, "12.8k", "1.28万"),
        (2_125_000, "2.13M", "213万"),
        (999_960, "1.0M", "100万"),
    ],
)
def test_a_half_is_rounded_alike_in_both_languages(value: float, english: str, chinese: str) -> None:
    assert money(value) == english
    with language("zh"):
        assert money(value) == chinese


def test_both_ends_of_a_change_have_as_many_digits() -> None:
    assert span_of("scale", 0.9, 1.1) == "x 0.9 / 1.1"
    assert span_of("scale", 2 / 3, 4 / 3) == "x 0.667 / 1.333"
    assert span_of("odds", 0.75, 1.25) == "odds x 0.75 / 1.25"


@pytest.mark.parametrize("days", [40, 100, 200, 365, 500, 800, 1500, 4000])
def test_an_axis_of_days_is_marked_at_months_evenly_apart(days: int) -> None:
    first = dt.date(2025, 1, 20)
    found = [dt.date.fromordinal(int(at)) for at in month_ticks(first.toordinal(), first.toordinal() + days, 7)]
    assert 1 <= len(found) <= 7
    assert all(day.day == 1 for day in found)
    numbers = [12 * day.year + day.month for day in found]
    assert len({b - a for a, b in itertools.pairwise(numbers)}) <= 1
    assert all(0 <= day.toordinal() - first.toordinal() <= days for day in found)


def test_days_of_one_month_are_marked_once() -> None:
    first = dt.date(2025, 1, 5).toordinal()
    assert month_ticks(first, first + 20) == [first]
