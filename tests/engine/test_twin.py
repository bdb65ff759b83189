"""The kernels against the naive twin: means, spreads, points of the distribution, counts and cash."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers import LONG_IN_PYTHON, assert_same_mean, days, funnel, simulate_ledger, sized, stage, table_of

from simfunnel.funnel.calendar import fiscal_periods
from simfunnel.scenario import parse_scenario

from .naive import Twin

LINEAR = [
    stage(
        "A",
        0.5,
        {"lognormal": {"median": 8, "p90": 25}},
        lost_duration={"lognormal": {"median": 15, "p90": 60}},
    ),
    stage("B", 0.6, {"gamma": {"mean": 12, "sd": 8}}),
    stage("C", 0.7, {"weibull": {"shape": 1.4, "scale": 10}}, lost_duration={"empirical": [3, 9, 12, 30, 44]}),
]
UNCERTAIN = [
    {**LINEAR[0], "conversion": {"mean": 0.5, "n": 12}},
    {**LINEAR[1], "conversion": {"alpha": 6, "beta": 4}},
    LINEAR[2],
]
GENERAL = [
    {"name": "A", "transitions": [
        {"to": "B", "probability": 0.45, "duration": {"lognormal": {"median": 6, "p90": 20}}},
        {"to": "C", "probability": 0.1, "duration": {"uniform": {"low": 2, "high": 9}}},
        {"to": "Won", "probability": 0.05, "duration": 3},
        {"to": "Lost", "probability": 0.4, "duration": {"exponential": 14}},
    ]},
    {"name": "B", "transitions": [
        {"to": "C", "probability": 0.5, "duration": {"gamma": {"shape": 2, "scale": 4}}},
        {"to": "A", "probability": 0.15, "duration": {"empirical": [1, 2, 5, 5]}},
        {"to": "B", "probability": 0.1, "duration": 4},
        {"to": "Lost", "probability": 0.25, "duration": {"weibull": {"shape": 0.8, "scale": 10}}},
    ]},
    {"name": "C", "transitions": [
        {"to": "Won", "probability": 0.6, "duration": {"mixture": [
            {"weight": 1, "fixed": 2}, {"weight": 3, "lognormal": {"mean": 9, "sd": 6}}]}},
        {"to": "B", "probability": 0.1, "duration": 5},
        {"to": "Lost", "probability": 0.2, "duration": {"uniform": {"low": 0, "high": 30}}},
        {"to": "C", "probability": 0.1, "duration": "never"},
    ]},
]  # fmt: skip
UNCERTAIN_GENERAL = [{**s, "n": 15} for s in GENERAL]
UNCERTAIN_LOOPS = [
    {"name": "A", "conversion": {"mean": 0.6, "n": 30}, "duration": {"lognormal": {"median": 6, "p90": 20}}},
    {"name": "B", "conversion": {"mean": 0.6, "n": 20}, "duration": {"gamma": {"shape": 2, "scale": 4}},
     "lost_duration": {"exponential": 12}},
    {"name": "C", "n": 40, "transitions": [
        {"to": "Won", "probability": 0.55, "duration": {"lognormal": {"mean": 9, "sd": 6}}},
        {"to": "B", "probability": 0.2, "duration": {"exponential": 4}},
        {"to": "Lost", "probability": 0.25, "duration": {"weibull": {"shape": 0.8, "scale": 10}}},
    ]},
]  # fmt: skip
BACK_TO_START = [
    {"name": name, "n": 20, "transitions": [
        {"to": later, "probability": 0.4, "duration": {"exponential": 3}},
        {"to": "A", "probability": 0.35, "duration": {"exponential": 4}},
        {"to": "Lost", "probability": 0.25, "duration": {"exponential": 9}},
    ]}
    for name, later in (("A", "B"), ("B", "C"), ("C", "Won"))
]  # fmt: skip
"""Loops that can be gone through in too many ways to weigh them all."""
WIN_RATES = [
    {"name": "A", "win_rate": {"mean": 0.2, "n": 20}, "duration": {"lognormal": {"median": 8, "p90": 25}}},
    {"name": "B", "win_rate": {"mean": 0.4, "n": 30}, "duration": {"gamma": {"mean": 12, "sd": 8}}},
    {"name": "C", "win_rate": 0.8, "duration": {"exponential": 9}},
]
BOOK = [
    {"id": "1", "stage": "A", "age": 0, "amount": 90, "owner": "x", "segment": "s"},
    {"id": "2", "stage": "A", "age": 12.5, "amount": 40, "owner": "y"},
    {"id": "3", "stage": "B", "age": 7, "amount": 55.5, "owner": "x"},
    {"id": "4", "stage": "B", "age": 20, "amount": 61, "segment": "s"},
    {"id": "5", "stage": "C", "age": 3, "amount": 120, "owner": "y", "segment": "t"},
    {"id": "6", "stage": "C", "age": 15, "amount": 70, "owner": "x"},
]
UNKNOWN = [
    {"id": "1", "stage": "A", "amount": 90},
    {"id": "2", "stage": "A", "amount": 40, "created": "2026-12-20"},
    {"id": "3", "stage": "B", "amount": 55},
    {"id": "4", "stage": "B", "amount": 61, "created": "2026-12-28"},
    {"id": "5", "stage": "C", "amount": 120, "created": "2026-12-25"},
]
LEADS = [
    {
        "name": "web",
        "stage": "A",
        "rate": {"per": "week", "mean": 4},
        "amount": {"lognormal": {"mean": 50, "sd": 30}},
    },
]
TWO = {"periods": days(length=21, count=3)}
CORRELATED = {"correlation": {"market": 0.1, "segment": 0.15, "owner": 0.2}}

AGES: dict[str, Any] = {
    "A": {"lognormal": {"median": 12, "p90": 50}},
    "B": {"empirical": [1, 4, 9, 9, 30]},
    "C": {"mixture": [{"weight": 1, "fixed": 3}, {"weight": 3, "exponential": 9}]},
}
"""Of the deals of unknown entry of each stage."""


def with_ages(stages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Stages that tell how old their deals of unknown entry are."""
    return [{**s, "age": AGES[s["name"]]} for s in stages]


JUDGED = [
    *BOOK,
    {**BOOK[1], "id": "judged", "win_rate": 0.3},
    {**BOOK[3], "id": "later", "not_before": "2027-01-15"},
]
# name: (scenario, whether the literal forward process is the same model)
SCENARIOS: dict[str, tuple[dict[str, Any], bool]] = {
    "aged deals in a linear funnel": (funnel(LINEAR, BOOK, **TWO), True),
    "correlated outcomes": (funnel(LINEAR, BOOK, **TWO, **CORRELATED), False),
    "uncertain rates": (funnel(UNCERTAIN, BOOK, **TWO), True),
    "uncertain rates and factors": (funnel(UNCERTAIN, BOOK, **TWO, **CORRELATED), False),
    "loops, skips and never": (funnel(GENERAL, BOOK, **TWO), True),
    "loops, correlated": (funnel(GENERAL, BOOK, **TWO, **CORRELATED, pace={"sd": 0.3}), False),
    "uncertain loops": (funnel(UNCERTAIN_GENERAL, BOOK, **TWO), True),
    "uncertain loops of smooth durations, paced": (
        funnel(
            UNCERTAIN_LOOPS,
            [{k: v for k, v in d.items() if k != "amount"} if d["id"] in "26" else d for d in BOOK]
            + [{**BOOK[1], "id": "judged", "win_rate": 0.3}],
            **TWO,
            **CORRELATED,
            pace={"sd": 0.2},
            leads=LEADS,
            amount={"lognormal": {"median": 50, "p90": 120}},
            segments={"s": {"stages": {"A": {"odds": 1.5}, "B": {"conversion": {"mean": 0.7, "n": 40}}}}},
        ),
        False,
    ),
    "uncertain loops, listed amounts": (
        funnel(
            UNCERTAIN_LOOPS,
            [
                *BOOK,
                {**BOOK[1], "id": "judged", "win_rate": 0.3},
                {**BOOK[3], "id": "later", "not_before": "2027-01-15"},
            ],
            **TWO,
            **CORRELATED,
            leads=[{**LEADS[0], "stage": "B", "rate": {"per": "week", "mean": 6, "dispersion": 2}}],
        ),
        False,
    ),
    "uncertain loops, judged deals, leads": (
        funnel(
            UNCERTAIN_GENERAL,
            [
                *BOOK,
                {**BOOK[1], "id": "judged", "win_rate": 0.3},
                {**BOOK[3], "id": "later", "not_before": "2027-01-15"},
            ],
            **TWO,
            **CORRELATED,
            leads=[{**LEADS[0], "stage": "B", "rate": {"per": "week", "mean": 6, "dispersion": 2}}],
        ),
        False,
    ),
    "unknown ages": (funnel(LINEAR, UNKNOWN, **TWO), True),
    "unknown ages, correlated, uncertain": (funnel(UNCERTAIN, UNKNOWN, **TWO, **CORRELATED), False),
    "unknown ages with loops and never": (
        funnel(GENERAL, [{**d, "created": "2026-12-22"} for d in UNKNOWN], **TWO),
        True,
    ),
    "given ages": (funnel(with_ages(LINEAR), UNKNOWN, **TWO), True),
    "given ages, correlated, uncertain": (
        funnel(
            with_ages(UNCERTAIN),
            [{**d, "segment": "s"} if d["id"] in "24" else d for d in UNKNOWN],
            **TWO,
            **CORRELATED,
            segments={"s": {"stages": {"A": {"age": {"exponential": 30}}, "B": {"conversion": {"mean": 0.3, "n": 8}}}}},
        ),
        False,
    ),
    "given ages with loops and never": (funnel(with_ages(GENERAL), UNKNOWN, **TWO), True),
    "given ages with uncertain loops": (funnel(with_ages(UNCERTAIN_LOOPS), UNKNOWN, **TWO), True),
    "given ages under a pace and a clock": (
        funnel(
            with_ages([*LINEAR[:2], {**LINEAR[2], "lost_duration": {"exponential": 20}}]),
            UNKNOWN,
            periods={"unit": "month", "count": 2},
            as_of="2027-01-06",
            pace={"sd": 0.2, "mean": 0.9},
            clock={"weekdays": [1, 1, 1, 1.5, 1, 0, 0]},
        ),
        True,
    ),
    "holidays before and after": (
        funnel(
            LINEAR,
            [{**d, "age": d["age"] + 0.25} for d in BOOK],
            periods={"unit": "month", "count": 2},
            as_of="2027-01-06",
            leads=LEADS,
            clock={
                "weekdays": [1, 1, 1, 1, 1, 0, 0],
                "month_of_quarter": [0.8, 1, 1.3],
                "holidays": {"2026-12-25": 0, "2026-12-31": 0.5, "2027-01-18": 0, "2027-01-23": 1.5},
            },
        ),
        True,
    ),
    "win rate spelling": (
        funnel(WIN_RATES, BOOK, **TWO, segments={"s": {"stages": {"B": {"win_rate": {"mean": 0.3, "n": 8}}}}}),
        True,
    ),
    "segments share and override draws": (
        funnel(
            UNCERTAIN,
            BOOK,
            **TWO,
            segments={
                "s": {
                    "stages": {
                        "A": {"conversion": {"mean": 0.2, "n": 6}},
                        "C": {"duration": {"exponential": 20}},
                    }
                }
            },
        ),
        True,
    ),
    "leads": (funnel(LINEAR, [], **TWO, leads=LEADS), True),
    "dispersed growing seasonal leads": (
        funnel(
            LINEAR,
            [],
            periods=days(length=40, count=2),
            leads=[
                {
                    **LEADS[0],
                    "owner": {"x": 0.25, "y": 0.75},
                    "segment": "s",
                    "rate": {
                        "per": "month",
                        "mean": 14,
                        "growth_per_year": 2.0,
                        "seasonality": {2: 0.3, 3: 1.8},
                        "dispersion": 4,
                        "level_sd": 0.4,
                    },
                }
            ],
            **CORRELATED,
        ),
        False,
    ),
    "dispersed leads, forward": (
        funnel(
            GENERAL,
            [],
            **TWO,
            pace={"sd": 0.4},
            leads=[{**LEADS[0], "rate": {"per": "week", "mean": 3, "dispersion": 3, "level_sd": 0.2}}],
        ),
        True,
    ),
    "pace and clock": (
        funnel(
            LINEAR,
            [{**d, "age": d["age"] + 0.25} for d in BOOK],
            periods={"unit": "month", "count": 3},
            as_of="2027-01-06",
            pace={"sd": 0.3},
            leads=LEADS,
            clock={"weekdays": [1, 1, 1, 1.5, 1, 0, 0], "month_of_quarter": [0.8, 1, 1.3]},
        ),
        True,
    ),
    "amounts, levels and realization": (
        funnel(
            LINEAR,
            [
                *BOOK,
                {"id": "7", "stage": "C", "age": 1},
                {"id": "8", "stage": "C", "age": 1, "segment": "t"},
                {"id": "9", "stage": "C", "age": 2, "source": "web"},
            ],
            **TWO,
            amount={"gamma": {"mean": 80, "sd": 60}},
            amount_level={"sd": 0.3},
            leads=LEADS,
            segments={"t": {"amount": {"lognormal": {"median": 30, "p90": 90}}, "amount_level": {"sd": 0.6}}},
            pipeline={"realization": {"uniform": {"low": 0.5, "high": 1.1}}},
        ),
        True,
    ),
    "whole days, business days and weekly periods": (
        funnel(
            [stage("A", 0.7, 5), stage("B", 0.8, {"empirical": [0, 1, 5, 10]})],
            [{"id": str(i), "stage": "AB"[i % 2], "age": i % 4, "amount": 10} for i in range(6)],
            as_of="2027-01-04",
            periods={"unit": "week", "count": 3},
            clock={"weekdays": [1, 1, 1, 1, 1, 0, 0]},
            leads=[{"name": "web", "stage": "B", "rate": {"per": "day", "mean": 3}, "amount": 5}],
        ),
        True,
    ),
    "payments on bounds": (
        funnel(
            [stage("A", 0.7, 5)],
            [{"id": str(i), "stage": "A", "age": 0, "amount": 10} for i in range(4)],
            as_of="2027-01-04",
            periods={"unit": "week", "count": 3},
            clock={"weekdays": [1, 1, 1, 1, 1, 0, 0]},
            payment_terms=[{"share": 0.5, "delay": 0}, {"share": 0.5, "delay": 3}],
        ),
        True,
    ),
    "pace over fixed durations": (
        funnel(
            [stage("A", 0.6, 20)],
            [{"id": str(i), "stage": "A", "age": 1, "amount": 10} for i in range(8)],
            periods=days(length=21),
            pace={"sd": 0.5},
        ),
        False,
    ),
    "pace over smooth durations": (
        funnel(
            [stage("A", 0.6, {"exponential": 15}), stage("B", 0.7, {"gamma": {"mean": 12, "sd": 4}})],
            [{"id": str(i), "stage": "AB"[i % 2], "age": 3, "amount": 10} for i in range(8)],
            **TWO,
            pace={"sd": 0.3},
            leads=[{"name": "web", "stage": "B", "rate": {"per": "day", "mean": 2}, "amount": 5}],
        ),
        False,
    ),
    "payments": (
        funnel(
            LINEAR,
            BOOK,
            **TWO,
            leads=LEADS,
            clock={"weekdays": [1, 1, 1, 1, 1, 0.2, 0]},
            payment_terms=[
                {"share": 0.3, "delay": 0},
                {"share": 0.5, "delay": {"lognormal": {"median": 15, "p90": 40}}},
            ],
        ),
        True,
    ),
    "judgement": (
        funnel(
            LINEAR,
            [
                {**BOOK[0], "win_rate": 0.9},
                {**BOOK[1], "not_before": "2027-02-01"},
                {**BOOK[3], "win_rate": 0.2, "not_before": "2027-01-15"},
                *BOOK[4:],
            ],
            **TWO,
            **CORRELATED,
        ),
        False,
    ),
    "beyond support": (
        funnel(
            LINEAR,
            [
                *BOOK,
                {"id": "old", "stage": "B", "age": 400, "amount": 500},
                {"id": "judged", "stage": "B", "age": 400, "amount": 300, "win_rate": 0.5},
            ],
            **TWO,
        ),
        False,
    ),
    "beyond support, restarted": (
        funnel(
            LINEAR,
            [*BOOK, {"id": "old", "stage": "B", "age": 400, "amount": 500}],
            **TWO,
            pipeline={"beyond_support": "restart"},
        ),
        False,
    ),
}
LONG = {"given ages", "given ages, correlated, uncertain", "given ages with uncertain loops"}
"""Whose parts are in others too, and which take the naive twin long."""
LONG_FORWARD = {"given ages with loops and never", "given ages under a pace and a clock"}
"""The same, of the literal twin; the conditioned one is asked always."""


def marks(name: str, *, forward: bool) -> list[pytest.MarkDecorator]:
    if name in LONG or (forward and name in LONG_FORWARD):
        return [pytest.mark.slow]
    return [LONG_IN_PYTHON] if name in LONG_FORWARD else []


CASES = [
    pytest.param(
        data, forward, id=f"{name} ({'forward' if forward else 'conditioned'})",
        marks=marks(name, forward=forward),
    )
    for name, (data, literal) in SCENARIOS.items()
    for forward in ((False, True) if literal else (False,))
]  # fmt: skip


@pytest.mark.parametrize(("data", "forward"), CASES)
def test_kernels_agree_with_the_naive_twin(data: dict[str, Any], forward: bool) -> None:
    """About 25 comparisons a scenario at 4.5 standard errors: a false alarm in 1 of 200 runs of all of
    them.
    """
    scenario = parse_scenario(data).scenario
    periods = fiscal_periods(scenario.periods, scenario.as_of)
    bounds = [p.start for p in periods] + [periods[-1].end]
    twin = Twin(scenario, table_of(scenario), bounds, forward=forward).run(sized(1200), seed=2027)
    ledger = simulate_ledger(data, sized(40_000), seed=11, groups=())
    columns = ["open", "new", "wins"] + (["cash"] if scenario.payment_terms else [])
    for name in columns:
        fast, slow = getattr(ledger, name)[0].astype(float), twin[name].astype(float)
        for k in range(len(periods)):
            assert_same_mean(fast[k], slow[k], what=f"{name} in period {k}")
        total_fast, total_slow = fast.sum(axis=0), slow.sum(axis=0)
        assert_same_mean(total_fast, total_slow, what=name)
        centre = total_fast.mean()
        assert_same_mean((total_fast - centre) ** 2, (total_slow - centre) ** 2, what=f"spread of {name}")
        for q in (0.1, 0.25, 0.5, 0.75, 0.9):
            x = np.quantile(total_fast, q)
            assert_same_mean(total_fast <= x, total_slow <= x, what=f"{name} at its {q} quantile")
    if scenario.leads and len(data["pipeline"]["opportunities"]):
        both = [
            np.prod([(x - x.mean()) for x in (o.sum(axis=0), n.sum(axis=0))], axis=0)
            for o, n in ((ledger.open[0] * 1.0, ledger.new[0] * 1.0), (twin["open"] * 1.0, twin["new"] * 1.0))
        ]
        assert_same_mean(*both, what="covariance of open and new")
