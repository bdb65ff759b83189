"""Cash: shares, delays, and what was won before as_of."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers import assert_mean, assert_periods, days, deals, funnel, simulate_ledger, sized, stage
from scipy import stats

TRIALS = sized(40_000)
SURE = [stage("A", 1, 1)]
LONG = {"periods": days(length=10, count=6)}


def cash(data: dict[str, Any], trials: int = 300) -> np.ndarray:
    return simulate_ledger(data, trials).cash[0]


def test_no_terms_no_cash() -> None:
    assert simulate_ledger(funnel(SURE, deals(1)), 5).cash.size == 0


@pytest.mark.parametrize("amount", [0.01, 0.02, 1, 99.99, 1234567.89])
@pytest.mark.parametrize("shares", [[1 / 3, 1 / 3, 1 / 3], [0.1] * 10, [0.005, 0.995], [0.3, 0.7], [1]])
def test_shares_of_1_add_up_to_the_cent(amount: float, shares: list[float]) -> None:
    terms = [{"share": s, "delay": i} for i, s in enumerate(shares)]
    paid = cash(funnel(SURE, deals(3, amount=amount), payment_terms=terms, periods=days(length=40)))
    assert (paid == 3 * round(amount * 100)).all()


def test_shares_below_1_leave_the_rest_unpaid() -> None:
    terms = [{"share": 0.25, "delay": 0}, {"share": 0.5, "delay": 12}]
    paid = cash(funnel(SURE, deals(2, amount=200), payment_terms=terms, **LONG))
    assert (paid[:, 0] == [10_000, 20_000, 0, 0, 0, 0]).all()


def test_single_payment_is_rounded_to_the_nearest_cent() -> None:
    paid = cash(funnel(SURE, deals(1, amount=0.99), payment_terms=[{"share": 0.5, "delay": 0}]))
    assert (paid == 50).all()


def test_payment_on_a_boundary_belongs_to_the_later_period() -> None:
    paid = cash(funnel(SURE, deals(1, amount=1), payment_terms=[{"share": 1, "delay": 9}], **LONG))
    assert (paid[:, 0] == [0, 100, 0, 0, 0, 0]).all()


def test_cash_is_the_win_and_the_delay() -> None:
    stages = [stage("A", 1, {"gamma": {"shape": 2, "scale": 3}})]
    terms = [{"share": 1, "delay": {"gamma": {"shape": 1.5, "scale": 3}}}]
    data = funnel(stages, deals(2), payment_terms=terms, periods=days(length=2, count=20))
    ledger = simulate_ledger(data, TRIALS)
    assert_periods(ledger._replace(wins=ledger.cash // 100), stats.gamma(3.5, scale=3).cdf(np.arange(21) * 2))


def test_cash_of_a_later_win_is_not_collected_within_the_horizon() -> None:
    data = funnel([stage("A", 1, 70)], deals(1), payment_terms=[{"share": 1, "delay": 0}], **LONG)
    assert not cash(data).any()


def test_delays_of_deals_and_terms_are_independent() -> None:
    terms = [{"share": 0.5, "delay": {"uniform": {"low": 0, "high": 20}}}] * 2
    data = funnel([stage("A", 1, 0)], deals(2), payment_terms=terms, periods=days(length=10, count=2))
    first = cash(data, TRIALS)[0] / 50  # of four halves, those paid in the first ten days
    assert_mean(first, 2)
    assert_mean((first - 2) ** 2, 4 * 0.25)


def test_pace_does_not_move_payments() -> None:
    data = funnel([stage("A", 1, 0)], deals(1), payment_terms=[{"share": 1, "delay": 15}], pace={"sd": 1}, **LONG)
    assert (cash(data)[1] == 100).all()


def test_clock_stops_deals_but_not_payments() -> None:
    """Won on Monday after one business day; paid ten calendar days later."""
    data = funnel(
        [stage("A", 1, 1.5)],
        deals(1),
        as_of="2027-01-01",
        clock={"weekdays": [1, 1, 1, 1, 1, 0, 0]},
        payment_terms=[{"share": 1, "delay": 10}],
        periods=days(length=1, count=20),
    )
    ledger = simulate_ledger(data, 20)
    assert ledger.wins[0, 3].all()  # Friday, half of Monday
    assert ledger.cash[0, 13].all()


def test_win_at_the_end_of_friday_is_paid_from_friday_night() -> None:
    data = funnel([stage("A", 1, 0.999)], deals(1), clock={"weekdays": [1, 1, 1, 1, 1, 0, 0]},
                  payment_terms=[{"share": 1, "delay": 0}], periods=days(length=1, count=5))  # fmt: skip
    assert cash(data)[0].all()


CLOSED = [{"period": "2027-01", "amount": 50, "wins": 2, "owner": "x"}]


def test_closed_wins_pay_what_is_still_due() -> None:
    """Taken as won halfway to as_of: on 6 January, when as_of is the 11th."""
    terms = [{"share": 0.4, "delay": 2}, {"share": 0.6, "delay": 30}]
    data = funnel(
        SURE,
        [],
        as_of="2027-01-11",
        periods={"unit": "month", "count": 2},
        closed=CLOSED,
        payment_terms=terms,
    )
    assert (cash(data)[:, 0] == [2000, 3000]).all()


def test_closed_wins_are_paid_by_the_law_of_their_delays() -> None:
    """Taken as won halfway to as_of, on 6 January: what is paid by its end is of the first period."""
    closed = [{"period": "2027-01", "amount": a, "wins": 1, "owner": o} for a, o in ((1.01, "x"), (4, "y"))]
    terms = [{"share": 0.5, "delay": {"exponential": 20}}, {"share": 0.5, "delay": {"empirical": [1, 5, 40]}}]
    month = {"unit": "month", "count": 2}
    data = funnel(SURE, [], as_of="2027-01-11", periods=month, closed=closed, payment_terms=terms)
    paid = simulate_ledger(data, TRIALS).cash[:, 0]
    assert set(np.unique(paid[1])) == {0, 50, 51, 101}  # of 1.01 first 0.51, then what is left
    assert_mean(paid[1], 51 * (1 - np.exp(-26 / 20)) + 50 * 2 / 3)
    first, second = (paid[1] == 51) | (paid[1] == 101), (paid[1] == 50) | (paid[1] == 101)
    assert_mean(first & second, first.mean() * second.mean())  # delays are independent
    assert_mean((paid[1] == 101) & (paid[2] == 400), ((paid[1] == 101).mean() * (paid[2] == 400).mean()))


def test_closed_wins_are_not_booked_again() -> None:
    data = funnel(SURE, [], as_of="2027-01-11", periods={"unit": "month", "count": 2}, closed=CLOSED)
    ledger = simulate_ledger(data, 5)
    assert not ledger.open.any()
    assert not ledger.wins.any()


def test_nothing_is_paid_before_the_period_of_its_win() -> None:
    """Whole-day durations on a business-day clock end on bounds; cash then never runs ahead of bookings."""
    data = funnel(
        [stage("A", 0.7, 5), stage("B", 0.8, {"empirical": [0, 1, 5]})],
        [{"id": str(i), "stage": "AB"[i % 2], "age": i % 3, "amount": 10} for i in range(8)],
        as_of="2027-01-04",
        periods={"unit": "week", "count": 3},
        clock={"weekdays": [1, 1, 1, 1, 1, 0, 0]},
        payment_terms=[{"share": 1, "delay": 0}],
    )
    ledger = simulate_ledger(data, sized(2000))
    np.testing.assert_array_equal(ledger.cash[0], ledger.open[0])


def test_the_order_of_won_rows_does_not_matter() -> None:
    entries = [{"period": "2027-01", "amount": a, "wins": 1, "owner": o} for a, o in ((10, "x"), (20, "y"), (30, "x"))]

    def cash(closed: list[dict[str, object]]) -> np.ndarray:  # type: ignore[type-arg]
        terms = [{"share": 1, "delay": {"exponential": 30}}]
        month = {"unit": "month", "count": 2}
        data = funnel([stage()], [], as_of="2027-01-15", periods=month, closed=closed, payment_terms=terms)
        return simulate_ledger(data, sized(500)).cash[0]

    np.testing.assert_array_equal(cash(entries), cash(entries[::-1]))
