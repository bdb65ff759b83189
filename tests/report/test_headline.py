"""The first line where wins are there already: what is won cannot be undone."""

from __future__ import annotations

from helpers import days, deals, funnel, stage

from simfunnel.forecast import simulate
from simfunnel.report.words.forecast import leading_sentence


def line(target: float, closed: float) -> str:
    data = funnel(
        [stage("A", 0.05, 10)],
        deals(1, amount=100),
        as_of="2027-01-11",
        periods={"unit": "quarter", "count": 1},
        targets=[{"period": "2027-Q1", "amount": target}],
        **({"closed": [{"period": "2027-Q1", "amount": closed}]} if closed else {}),
    )
    return leading_sentence(simulate(data, trials=2_000))


def test_a_target_that_is_reached_is_no_chance() -> None:
    assert line(250, 300) == "250 in 2027-Q1 is reached: 300 are won; 8 in 10 quarters end between 300 and 300."


def test_no_quarter_ends_below_what_is_won() -> None:
    assert line(400, 300).endswith("at least 9 in 10 quarters end with nothing more won.")
    assert "at least 9 in 10 quarters end with nothing won." in line(100, 0)


def test_days_are_not_mixed_up_with_quarters() -> None:
    data = funnel([stage("A", 1, 0)], deals(1, amount=100), periods=days(length=30, count=1),
                  targets=[{"period": "2027-01-01+30d", "amount": 50}])  # fmt: skip
    assert "futures" in leading_sentence(simulate(data, trials=200))
