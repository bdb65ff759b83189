"""Backtests of third-party histories: the marks that the forecast reaches, beside baselines of known size.

The whole rows are slow: ``python -m pytest -o addopts= -m slow tests/real/test_backtest.py``; the same figures are
printed by ``python -m benchmarks.accuracy``. The sizes of the baselines were measured by an independent program.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from benchmarks import accuracy
from simfunnel.backtesting import Backtest

LOANS, COUNT = "loans, 30 days, amount", "loans, 30 days, count"
MONTH, QUARTER = "hardware, 30 days, amount", "hardware, 91 days, amount"
KNOWN = {
    LOANS: {"run_rate": 0.174, "run_rate_spread": 0.144, "weighted": 0.137, "same_point": 0.114, "two_dates": 0.123,
            "two_dates_factor": 0.111},
    COUNT: {"run_rate": 0.181, "run_rate_spread": 0.141, "weighted": 0.142, "same_point": 0.119, "two_dates": 0.120,
            "two_dates_factor": 0.105},
    MONTH: {"run_rate": 0.196, "run_rate_spread": 0.159, "same_point": 0.169, "two_dates": 0.208,
            "two_dates_factor": 0.168},
    QUARTER: {"run_rate": 0.027, "run_rate_spread": 0.037, "weighted": 0.152, "same_point": 0.191, "two_dates": 0.192,
              "two_dates_factor": 0.168},
}  # fmt: skip
MARKS = {LOANS: 0.090, COUNT: 0.085, MONTH: 0.150, QUARTER: 0.065}
ROWS = pytest.mark.parametrize("name", list(MARKS))


@cache
def of(name: str) -> Backtest:
    return accuracy.ROWS[name].run()


def test_a_few_quarters_of_hardware_sales(data: Path) -> None:
    """Every third origin, with fewer trials: enough to see that nothing has broken."""
    row = replace(accuracy.ROWS[QUARTER], first="2017-07-01", last="2017-10-01")
    s = row.run(every=46, trials=1_000).summary
    assert s.n == 3
    assert s.mean_actual == pytest.approx(2.9e6, rel=0.05)
    assert s.relative_crps is not None
    assert s.relative_crps < s.rivals["two_dates"].relative_crps
    assert s.rivals["run_rate"].relative_crps < 0.06


@pytest.mark.slow
@ROWS
def test_the_marks_are_reached(data: Path, name: str) -> None:
    s = of(name).summary
    assert s.relative_crps is not None
    assert s.relative_crps <= MARKS[name]
    if s.independent_windows >= 2:
        assert 0.65 <= s.coverage[0.8] <= 1.0


@pytest.mark.slow
@ROWS
def test_baselines_have_their_known_size(data: Path, name: str) -> None:
    found = of(name).summary.rivals
    for baseline, size in KNOWN[name].items():
        assert found[baseline].relative_crps == pytest.approx(size, abs=0.010), baseline
    if name == MONTH:
        assert found["weighted"].relative_crps == pytest.approx(2.2, abs=0.05)


@pytest.mark.slow
def test_loans_are_a_quarter_below_two_dates_in_every_phase(data: Path) -> None:
    result = of(LOANS)
    s = result.summary
    assert s.relative_crps is not None
    assert s.relative_crps <= 0.75 * s.rivals["two_dates"].relative_crps
    assert max(accuracy.phases(result)) < 1
    width = [score.quantiles[0.9] - score.quantiles[0.1] for score in result.whole]
    assert sum(width) / len(width) < s.mean_actual


@pytest.mark.slow
def test_quarters_of_hardware_are_inside_their_ranges(data: Path) -> None:
    row = replace(accuracy.ROWS[QUARTER], first="2017-07-01", last="2017-10-01")
    result = row.run(every=46)
    for score in result.whole:
        if score.as_of in (dt.date(2017, 7, 1), dt.date(2017, 10, 1)):
            assert score.quantiles[0.05] <= score.actual <= score.quantiles[0.95]
            assert score.mean == pytest.approx(score.actual, rel=0.15)
