"""Scenarios that together use every feature of the format that can change a number."""

from __future__ import annotations

from typing import Any

from engine.test_twin import BOOK, CORRELATED, GENERAL, LEADS, LINEAR, SCENARIOS, TWO, UNCERTAIN, UNKNOWN, WIN_RATES
from helpers import funnel, stage

Case = tuple[dict[str, Any], str | None]
"""A scenario and the variant of it to run."""

SOURCED = [{**d, "source": source} for d, source in zip(BOOK, ("fair", "fair", "web", "web", None, "web"), strict=True)]
TEAMS = {"teams": {"x": "North", "y": "South"}}
TEAMED = [{**d, "team": team} for d, team in zip(SOURCED, ("East", "West", "West", "East", "East", None), strict=True)]
"""Sources, teams, owners and segments that cut across each other."""
LABELLED = [
    {**d, "close_date": "2027-01-20", "probability": 0.4, "forecast_category": "commit",
     "last_activity": "2026-12-30"}
    for d in SOURCED
]  # fmt: skip


def durations(**families: Any) -> list[dict[str, Any]]:
    """A stage for each family of durations, won with 0.8 each."""
    return [stage(name, 0.8, {family: value}) for name, (family, value) in families.items()]


def in_every_stage(stages: list[dict[str, Any]], **fields: Any) -> list[dict[str, Any]]:
    """Two deals in each stage, of 1,000 and 3,000."""
    return [
        {"id": f"{s['name']}{i}", "stage": s["name"], "age": 2 * i, "amount": 1_000 + 2_000 * i, **fields}
        for s in stages
        for i in range(2)
    ]


def shifted(shifts: list[dict[str, Any]], **rest: Any) -> Case:
    data = funnel(LINEAR, TEAMED, **TWO, leads=LEADS, **{**CORRELATED, **rest}, variants={"moved": shifts})
    return data, "moved"


PARAMETRIC = durations(
    A=("exponential", {"mean": 9}), B=("gamma", {"shape": 2, "scale": 3}), C=("gamma", {"median": 5, "p90": 12}),
    D=("weibull", {"mean": 6, "sd": 4}), E=("weibull", {"median": 4, "p90": 11}),
    F=("lognormal", {"mu": 1.2, "sigma": 0.5}),
)  # fmt: skip
BOUNDED = durations(
    A=("triangular", {"low": 1, "mode": 3, "high": 12}), B=("pert", {"low": 0, "mode": 4, "high": 15}),
    C=("uniform", {"low": 2, "high": 8}), D=("fixed", {"value": 3}),
    E=("empirical", {"quantiles": {0.1: 2, 0.5: 6, 0.9: 20}}),
)  # fmt: skip

WEEKS = {"weeks": "4-4-5", "year_end": {"weekday": "saturday", "month": 1, "rule": "last"}}

ALONE = [{k: v for k, v in d.items() if k not in ("owner", "segment")} for d in BOOK]
"""Deals of no group."""
PACED_CASH: dict[str, Any] = {
    "pace": {"sd": 0.2, "mean": 1.1}, "payment_terms": [{"share": 1.0, "delay": {"exponential": 9}}],
}  # fmt: skip
ODDS = [{"path": "conversion[segment=s]", "odds": 1.6}, {"path": "win_rate[owner=y]", "odds": 0.7}]

OWN: dict[str, Case] = {
    "fiscal years of whole weeks, a variant with targets": (
        funnel(
            LINEAR,
            TEAMED,
            periods={"unit": "month", "count": 2, **WEEKS},
            leads=LEADS,
            variants={
                "modest": {
                    "shifts": [{"path": "win_rate", "scale": 0.9}],
                    "targets": [{"period": "FY2027-P12", "amount": 9_000}],
                }
            },
        ),
        "modest",
    ),
    "durations of smooth families": (funnel(PARAMETRIC, in_every_stage(PARAMETRIC), **TWO), None),
    "durations of bounded families": (funnel(BOUNDED, in_every_stage(BOUNDED), **TWO), None),
    "durations of mixtures and listed values": (
        funnel(
            [
                stage("A", 0.7, {"mixture": [{"weight": 1, "empirical": [1, 4, 9]}, {"weight": 2, "exponential": 8}]}),
                stage("B", 0.6, {"empirical": [2, 3, 5, 8, 13]}, lost_duration={"lognormal": {"mean": 20, "sd": 15}}),
            ],
            [{"id": str(i), "stage": "AB"[i % 2], "age": i, "amount": 700 + 100 * i} for i in range(8)],
            **TWO,
        ),
        None,
    ),
    "all leads vary together, laws with gaps and atoms": (
        funnel(
            [
                stage("A", 0.6, {"empirical": {"quantiles": [[0.1, 0], [0.5, 4], [0.5, 11], [0.7, 11], [1, 26]]}}),
                stage("B", 0.7, {"empirical": {"quantiles": [[0, 2], [0.6, 5], [0.6, 9], [0.95, 30]]}}),
            ],
            [{"id": str(i), "stage": "AB"[i % 2], "age": 3.5 * i, "amount": 40 + 10 * i} for i in range(6)],
            **TWO,
            leads=[LEADS[0], {**LEADS[0], "name": "fair", "stage": "B", "rate": {"per": "week", "mean": 2}}],
            leads_level={"sd": 0.4},
        ),
        None,
    ),
    "wins by month of the quarter": (
        funnel(
            LINEAR, TEAMED, **TWO, leads=LEADS, wins_by_month_of_quarter=[0.6, 0.9, 1.4], correlation={"market": 0.1}
        ),
        None,
    ),
    "anchored win rates under a factor": (
        funnel(LINEAR, TEAMED, **TWO, leads=LEADS, anchor={"factor": 0.8, "spread": 0.9}, correlation={"market": 0.1}),
        None,
    ),
    "market factor alone": (funnel(LINEAR, TEAMED, **TWO, correlation={"market": 0.2}), None),
    "market and segments": (funnel(LINEAR, TEAMED, **TWO, correlation={"market": 0.1, "segment": 0.2}), None),
    "owners alone": (funnel(LINEAR, SOURCED, **TWO, **TEAMS, correlation={"owner": 0.3}, leads=LEADS), None),
    "uncertain rates and factors of teams": (funnel(UNCERTAIN, TEAMED, **TWO, **CORRELATED), None),
    "market and owners with leads": (
        funnel(LINEAR, SOURCED, **TWO, **TEAMS, correlation={"market": 0.1, "owner": 0.2},
               leads=[{**LEADS[0], "owner": {"x": 0.5, "y": 0.5}}]),
        None,
    ),
    "one uncertain rate": (
        funnel([stage("A", {"mean": 0.3, "n": 20}, {"exponential": 12})],
               [{"id": str(i), "stage": "A", "age": 0, "amount": 500} for i in range(60)], **TWO),
        None,
    ),
    "labels of deals and teams": (
        funnel(LINEAR, LABELLED, **TWO, **TEAMS, currency="EUR",
               targets=[{"period": "2027-01-01+21d", "amount": 200}, {"period": "total", "amount": 300},
                        {"period": "total", "owner": "x", "amount": 100},
                        {"period": "total", "team": "North", "amount": 100},
                        {"period": "total", "segment": "s", "amount": 80}]),
        None,
    ),
    "closed wins, fiscal quarters": (
        funnel(LINEAR, [{**d, "age": d["age"] + 0.5} for d in TEAMED], as_of="2027-05-17",
               periods={"unit": "quarter", "count": 2, "fiscal_year_start": 2},
               closed=[{"period": "FY2028-Q2", "amount": 150, "wins": 2, "owner": "x", "segment": "s", "source": "web"},
                       {"period": "FY2028-Q2", "amount": 60, "wins": 1, "team": "East"}],
               leads=LEADS, targets=[{"period": "FY2028-Q2", "amount": 600}]),
        None,
    ),
    "a year of monthly and quarterly leads": (
        funnel(LINEAR, [], as_of="2027-01-01", periods={"unit": "year", "count": 1},
               leads=[{**LEADS[0], "rate": {"per": "quarter", "mean": 30, "growth_per_year": 0.5}},
                      {"name": "fair", "stage": "B", "amount": 70,
                       "rate": {"per": "year", "mean": 25, "dispersion": 3}}]),
        None,
    ),
    "months, daily and monthly leads": (
        funnel(LINEAR, SOURCED, periods={"unit": "month", "count": 2}, **TEAMS,
               clock={"weekdays": [1, 1, 1, 1, 1, 0, 0]},
               leads=[{**LEADS[0], "rate": {"per": "day", "mean": 0.4, "seasonality": {"2": 0.5}}},
                      {"name": "fair", "stage": "B", "amount": 70, "rate": {"per": "month", "mean": 5}}]),
        None,
    ),
    "drawn amounts of every origin": (
        funnel(LINEAR, [{k: v for k, v in d.items() if k != "amount"} for d in TEAMED], **TWO,
               amount={"empirical": [20, 50, 50, 130]}, leads=[{k: v for k, v in LEADS[0].items() if k != "amount"}],
               segments={"t": {"amount": {"pert": {"low": 10, "mode": 30, "high": 90}}},
                         "s": {"amount_level": {"sd": 0.2}}}),
        None,
    ),
    "unknown ages of segments": (
        funnel(WIN_RATES, [{**d, "segment": "s"} for d in UNKNOWN], **TWO, correlation={"market": 0.15},
               segments={"s": {"stages": {"A": {"duration": {"exponential": 6}, "lost_duration": 9},
                                          "C": {"win_rate": 0.7}}}}),
        None,
    ),
    "segments of general transitions": (
        funnel(GENERAL, TEAMED, **TWO, segments={"s": {"stages": {"B": {"n": 30, "transitions": [
            {"to": "C", "probability": 0.7, "duration": {"gamma": {"shape": 2, "scale": 4}}},
            {"to": "Lost", "probability": 0.3, "duration": {"exponential": 10}}]}}},
            "t": {"stages": {"B": {"odds": 0.6}, "C": {"odds": 1.5}}}}),
        None,
    ),
    "dispersed leads of two segments": (
        funnel(LINEAR, [], **TWO, correlation={"market": 0.1, "segment": 0.1},
               **TEAMS,
               leads=[{**LEADS[0], "segment": {"s": 0.4, "t": 0.6}, "owner": {"x": 0.7, "y": 0.3},
                       "rate": {"per": "week", "mean": 4, "dispersion": 2.5}},
                      {"name": "fair", "stage": "B", "amount": 70, "owner": "y", "rate": {"per": "week", "mean": 1}}]),
        None,
    ),
    "cash of closed, open and new": (
        funnel(LINEAR, TEAMED, as_of="2027-01-11", periods={"unit": "month", "count": 2}, leads=LEADS,
               closed=[{"period": "2027-01", "amount": 80}], correlation={"market": 0.1},
               payment_terms=[{"share": 0.4, "delay": 10}, {"share": 0.5, "delay": {"gamma": {"mean": 30, "sd": 10}}}]),
        None,
    ),
    "cash under a pace": (funnel(LINEAR, ALONE, **TWO, **PACED_CASH), None),
    "cash of teams under a pace": (funnel(LINEAR, TEAMED, **TWO, **PACED_CASH), None),
    "entered on days, deals left out": (
        funnel(LINEAR, [{**{k: v for k, v in d.items() if k != "age"}, "stage_entered": "2026-12-21"} for d in SOURCED]
               + [{"id": "x", "stage": "C", "age": 1, "amount": 900, "ignore": True},
                  {"id": "old", "stage": "B", "age": 90, "amount": 500, "team": "East"}],
               **TWO, pipeline={"tail": 0.01, "beyond_support": "lost"}),
        None,
    ),
    "scaled win rates and durations": shifted(
        [{"path": "win_rate", "scale": 0.8}, {"path": "duration", "scale": 1.3}, {"path": "leads.rate", "scale": 1.5}]
    ),
    "added and set assumptions": shifted(
        [{"path": "conversion[stage=B]", "add": -0.1}, {"path": "correlation.market", "set": 0.25},
         {"path": "pace.sd", "set": 0.1}, {"path": "amount", "scale": 1.2}]
    ),
    "odds of a segment and an owner": (funnel(LINEAR, BOOK, variants={"moved": ODDS}), "moved"),
    "odds of a segment and an owner, with leads": shifted(ODDS),
}  # fmt: skip

GRID: dict[str, Case] = {**{name: (data, None) for name, (data, _) in SCENARIOS.items()}, **OWN}
