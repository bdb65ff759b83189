"""Deals won before the current period are still paying: their cash counts, their bookings and wins do not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from helpers import funnel, stage
from scipy import stats

from simfunnel import Forecast, exact_forecast, simulate
from simfunnel.forecast.inputs import prepare

TRIALS = 2000
Method = Callable[[dict[str, Any], pd.DataFrame], Forecast]
METHODS = pytest.mark.parametrize(
    "method",
    [
        pytest.param(lambda data, rows: simulate(data, trials=TRIALS, pipeline=rows), id="simulate"),
        pytest.param(lambda data, rows: exact_forecast(data, pipeline=rows), id="exact"),
    ],
)
TERMS = [{"share": 0.25, "delay": 0}, {"share": 0.5, "delay": 30}, {"share": 0.25, "delay": 60}]


def book(*won: tuple[str, str, float | None]) -> pd.DataFrame:
    """One deal open, the others won: (id, day, amount)."""
    rows = [("open", "A", "2026-12-20", None, 1000.0), *((i, "Closed Won", "2026-01-01", day, a) for i, day, a in won)]
    return pd.DataFrame(rows, columns=["Deal ID", "Stage", "Created Date", "Close Date", "Amount"])


def scenario(terms: list[dict[str, Any]]) -> dict[str, Any]:
    data = funnel([stage("A", 0.5, 20)], as_of="2027-01-11", payment_terms=terms)
    return {**data, "pipeline": {}, "periods": {"unit": "month", "count": 3}}


def mean_cash(forecast: Forecast) -> list[float]:
    return [period["cash"]["mean"] for period in forecast.to_dict()["periods"]]


@METHODS
def test_their_instalments_fall_where_they_fall_due(method: Method) -> None:
    current = ("c", "2027-01-03", 40.0)
    # 7 December: a quarter at once, half on 6 January, a quarter on 5 February;
    # all of 20 October is paid by 19 December
    with_them = method(scenario(TERMS), book(("e", "2026-12-07", 400.0), ("old", "2026-10-20", 800.0), current))
    without = method(scenario(TERMS), book(current))
    more = [a - b for a, b in zip(mean_cash(with_them), mean_cash(without), strict=True)]
    assert more == pytest.approx([200, 100, 0], abs=1e-6)
    for a, b in zip(with_them.to_dict()["periods"], without.to_dict()["periods"], strict=True):
        assert {**a, "cash": None} == {**b, "cash": None}


@METHODS
def test_a_random_delay_counts_from_the_day_of_the_win(method: Method) -> None:
    terms = [{"share": 1, "delay": {"gamma": {"shape": 2, "scale": 20}}}]
    with_them = mean_cash(method(scenario(terms), book(("e", "2026-12-12", 600.0))))
    without = mean_cash(method(scenario(terms), book()))
    due = stats.gamma(2, scale=20).cdf([20, 51, 79, 110])  # the periods begin 20 days after the win, and so on
    for k in range(3):
        chance = due[k + 1] - due[k]
        assert with_them[k] - without[k] == pytest.approx(
            600 * chance, abs=4.5 * 600 * (chance * (1 - chance) / TRIALS) ** 0.5
        )


def test_without_payment_terms_they_are_nothing() -> None:
    rows = book(("e", "2026-12-07", 4.0))
    assert simulate(scenario([]), trials=50, pipeline=rows).to_dict()["periods"][0].get("cash") is None


def test_what_is_surely_paid_costs_no_draws() -> None:
    rows = book(("e", "2026-12-07", 400.0), *((f"old{i}", "2026-10-20", 800.0) for i in range(50)))
    assert len(prepare(scenario(TERMS), pipeline=rows).compiled().model.closed.day) == 1


def test_what_is_not_known_of_them_is_said() -> None:
    told = [
        {finding.code for finding in simulate(scenario(TERMS), trials=10, pipeline=book(*won)).findings}
        for won in ([], [("e", "2026-12-07", None)], [("e", "2026-12-07", 4.0)])
    ]
    assert "earlier_wins_unknown" in told[0]
    assert "earlier_wins_without_amount" in told[1]
    assert not told[2] & {"earlier_wins_unknown", "earlier_wins_without_amount"}
