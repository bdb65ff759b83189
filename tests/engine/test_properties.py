"""Properties of random scenarios: nothing crashes, probabilities are probabilities, and more is more in
every trial.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from helpers import JIT, LONG_IN_PYTHON, K, compiled, compiled_whole, days, funnel, simulate_ledger, simulate_model
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from simfunnel.engine.draws.keys import entity_keys
from simfunnel.engine.trial.shared import new_block, prepare_trials

TRIALS = 200 if JIT else 25
EXAMPLES = 5 if JIT else 4
examples = settings(max_examples=EXAMPLES)

positive = st.floats(0.1, 60, allow_nan=False).map(lambda x: round(x, 3))
fractions = st.floats(0, 1).map(lambda x: round(x, 3))


@st.composite
def pairs(draw: st.DrawFn) -> dict[str, float]:
    return {"mean": draw(positive), "sd": draw(positive)}


finite = st.one_of(
    st.floats(0, 40).map(lambda x: round(x, 2)),
    positive.map(lambda m: {"exponential": m}),
    st.builds(lambda m, r: {"lognormal": {"median": m, "p90": m * r}}, positive, st.floats(1.1, 12)),
    st.builds(lambda m, r: {"gamma": {"mean": m, "sd": m * r}}, positive, st.floats(0.1, 3)),
    st.builds(lambda k, m: {"weibull": {"shape": k, "scale": m}}, st.floats(0.5, 4), positive),
    st.builds(lambda a, w: {"uniform": {"low": a, "high": a + w}}, st.floats(0, 20), positive),
    st.lists(st.integers(0, 40), min_size=1, max_size=6).map(lambda v: {"empirical": v}),
    st.builds(
        lambda a, b, c: {"empirical": {"quantiles": {0.3: a, 0.6: a + b, 0.9: a + b + c}}},
        positive,
        fractions,
        positive,
    ),
)
durations = st.one_of(
    finite,
    st.builds(
        lambda a, b: {"mixture": [{"weight": 1, "fixed": a}, {"weight": 2, "exponential": b}]},
        st.integers(0, 9),
        positive,
    ),
)
rates = st.one_of(fractions, st.builds(lambda m, n: {"mean": m, "n": n}, fractions, st.floats(0.5, 200)))


@st.composite
def linear(draw: st.DrawFn) -> list[dict[str, Any]]:
    stages = []
    for i in range(draw(st.integers(1, 4))):
        one = {"name": "ABCD"[i], "conversion": draw(rates), "duration": draw(durations)}
        if draw(st.booleans()):
            one["lost_duration"] = draw(durations)
        stages.append(one)
    return stages


@st.composite
def general(draw: st.DrawFn) -> list[dict[str, Any]]:
    names = "ABCD"[: draw(st.integers(1, 4))]
    stages: list[dict[str, Any]] = []
    for name in names:
        ends = [*names, "Won", "Lost"]
        out = [*draw(st.lists(st.sampled_from(ends), min_size=1, max_size=5)), draw(st.sampled_from(["Won", "Lost"]))]
        weights = [draw(st.integers(0, 5)) for _ in out[:-1]] + [draw(st.integers(1, 5))]
        ways = []
        for i, to in enumerate(out):
            lasts = "never" if i < len(out) - 1 and draw(st.integers(0, 9)) == 0 else draw(durations)
            ways.append({"to": to, "probability": weights[i] / sum(weights), "duration": lasts})
        stages.append({"name": name, "transitions": ways})
        if draw(st.booleans()):
            stages[-1]["n"] = draw(st.floats(1, 300))
    return stages


def may_win(stages: list[dict[str, Any]], stage: str) -> bool:
    """Whether a way leads from a stage to Won: elsewhere a judged win rate is refused."""
    ways: dict[str, set[str]] = {}
    for one, after in zip(stages, [*stages[1:], {"name": "Won"}], strict=True):
        if "transitions" in one:
            passable = {w["to"] for w in one["transitions"] if w["probability"] > 0 and w["duration"] != "never"}
            ways[one["name"]] = passable
        else:
            rate = one["conversion"]
            ways[one["name"]] = {after["name"]} if (rate["mean"] if isinstance(rate, dict) else rate) > 0 else set()
    reached, new = set(), {stage}
    while new:
        reached |= new
        new = set().union(*(ways.get(name, set()) for name in new)) - reached
    return "Won" in reached


@st.composite
def books(draw: st.DrawFn, stages: list[dict[str, Any]], *, fresh: bool = False) -> list[dict[str, Any]]:
    found = []
    for i in range(draw(st.integers(0, 6))):
        deal: dict[str, Any] = {
            "id": str(i),
            "stage": draw(st.sampled_from(stages))["name"],
            "amount": draw(st.integers(0, 500)),
        }
        kind = draw(st.sampled_from(["new", "unknown"] if fresh else ["new", "aged", "unknown", "created"]))
        if kind == "new":
            deal["age"] = 0
        elif kind == "aged":
            deal["age"] = draw(st.one_of(st.integers(1, 60), positive))
        elif kind == "created":
            deal["created"] = f"2026-12-{draw(st.integers(1, 31)):02d}"
        for label, values in (("owner", "xyz"), ("segment", "st")):
            if draw(st.booleans()):
                deal[label] = draw(st.sampled_from(values))
        if draw(st.integers(0, 5)) == 0 and may_win(stages, deal["stage"]):
            deal["win_rate"] = draw(fractions)
        if draw(st.integers(0, 5)) == 0:
            deal["not_before"] = f"2027-01-{draw(st.integers(1, 31)):02d}"
        found.append(deal)
    return found


@st.composite
def scenarios(
    draw: st.DrawFn, stages: st.SearchStrategy[list[dict[str, Any]]], *, fresh: bool = False
) -> dict[str, Any]:
    chosen = draw(stages)
    rest: dict[str, Any] = {"periods": days(length=draw(st.integers(1, 40)), count=draw(st.integers(1, 3)))}
    if draw(st.booleans()):
        rest["correlation"] = {k: draw(st.sampled_from([0, 0.05, 0.3])) for k in ("market", "segment", "owner")}
    if draw(st.booleans()):
        rest["pace"] = {"sd": draw(st.sampled_from([0.1, 0.7]))}
    if draw(st.booleans()):
        rest["amount_level"] = {"sd": 0.3}
    if draw(st.booleans()):
        rest["clock"] = {"weekdays": [1, 1, 1, 1, 1, draw(st.sampled_from([0, 0.5])), 0]}
    if draw(st.booleans()):
        rest["payment_terms"] = [{"share": 0.4, "delay": draw(finite)}, {"share": 0.6, "delay": draw(finite)}]
    rate = {
        "per": draw(st.sampled_from(["day", "week", "month"])),
        "mean": draw(st.floats(0, 12)),
        "dispersion": draw(st.sampled_from([1, 1.5, 6])),
        "level_sd": draw(st.sampled_from([0, 0.4])),
        "growth_per_year": draw(st.sampled_from([-0.5, 0, 2])),
        "seasonality": {2: draw(st.sampled_from([0, 2]))},
    }
    source = {
        "name": "web",
        "stage": draw(st.sampled_from(chosen))["name"],
        "rate": rate,
        "amount": draw(finite),
    }
    if draw(st.booleans()):
        source |= {"segment": "s", "owner": {"x": 0.3, "w": 0.7}}
    return funnel(chosen, draw(books(chosen, fresh=fresh)), leads=[source], **rest)


@examples
@given(scenarios(st.one_of(linear(), general())))
def test_every_scenario_runs_and_adds_up(data: dict[str, Any]) -> None:
    found = compiled_whole(data)
    model, book = found.model, found.book
    ledger = simulate_model(model, TRIALS)
    assert ((model.win_rate >= 0) & (model.win_rate <= 1)).all()
    assert ((book.deals.stage_win_rate >= 0) & (book.deals.stage_win_rate <= 1)).all()
    for column in ledger:
        assert (column >= 0).all()
        for dimension in ("owner", "segment", "source"):
            members = [i for i, (d, _) in enumerate(book.groups) if d == dimension]
            if members and column.size:
                assert np.array_equal(column[members].sum(axis=0), column[0])
    assert (ledger.open[0].sum(axis=0) <= model.deals.amount.clip(0).sum()).all()
    if ledger.cash.size:
        assert (ledger.cash[0].sum(axis=0) <= (ledger.open + ledger.new)[0].sum(axis=0)).all()


@examples
@given(scenarios(st.one_of(linear(), general())))
def test_rates_of_every_trial_are_probabilities(data: dict[str, Any]) -> None:
    model = compiled(data)
    block = new_block(model.funnels, model.factors, 50)
    prepare_trials(model, entity_keys(model.keys, 1), 0, block)
    assert ((block.probability >= 0) & (block.probability <= 1)).all()
    assert ((block.win_rate >= -1e-12) & (block.win_rate <= 1 + 1e-9)).all()
    sums = np.add.reduceat(block.probability, model.funnels.exit_start[:-1], axis=1)
    np.testing.assert_allclose(sums, 1, atol=1e-9)
    assert (block.pace > 0).all()
    assert (block.level > 0).all()


def _totals(data: dict[str, Any], *shifts: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    ledger = simulate_ledger(data, TRIALS, groups=(), shifts=shifts)
    return ledger.open[0].sum(axis=0), ledger.new[0].sum(axis=0)


def _never_falls(data: dict[str, Any], *shifts: dict[str, Any]) -> None:
    for before, after in zip(_totals(data), _totals(data, *shifts), strict=True):
        assert (after >= before).all()


@examples
@given(scenarios(linear()), st.integers(0, 3), st.sampled_from([1.1, 1.5]))
def test_better_conversion_of_one_stage_costs_no_revenue_in_any_trial(
    data: dict[str, Any], i: int, scale: float
) -> None:
    stages = data["stages"]
    _never_falls(data, {"path": f"conversion[stage={stages[i % len(stages)]['name']}]", "scale": scale})


@examples
@given(scenarios(st.one_of(linear(), general())), st.sampled_from([{"scale": 1.1}, {"add": 0.05}, {"odds": 1.5}]))
def test_better_win_rate_costs_no_revenue_in_any_trial(data: dict[str, Any], operation: dict[str, float]) -> None:
    _never_falls(data, {"path": "win_rate", **operation})


@examples
@given(scenarios(linear(), fresh=True), st.sampled_from([0.9, 0.5]))
def test_quicker_stages_cost_no_revenue_in_any_trial(data: dict[str, Any], scale: float) -> None:
    """Of deals whose age tells nothing: those just entered, those of unknown age, and leads."""
    _never_falls(data, {"path": "duration", "scale": scale})


@examples
@given(scenarios(st.one_of(linear(), general())))
def test_larger_amounts_cost_no_revenue_in_any_trial(data: dict[str, Any]) -> None:
    _never_falls(data, {"path": "amount", "scale": 1.1})


@LONG_IN_PYTHON
@examples
@given(scenarios(st.one_of(linear(), general())), st.sampled_from([{"scale": 1.3}, {"add": 2}]))
def test_more_leads_cost_no_revenue_in_any_trial(data: dict[str, Any], operation: dict[str, float]) -> None:
    _never_falls(data, {"path": "leads.rate", **operation})


@examples
@given(scenarios(st.one_of(linear(), general())))
def test_blocks_and_threads_change_no_bit_of_any_scenario(data: dict[str, Any]) -> None:
    model = compiled(data)
    a, b = simulate_model(model, TRIALS), simulate_model(model, TRIALS, threads=2, block=23)
    assert all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


@LONG_IN_PYTHON
@settings(max_examples=5 if JIT else 3)
@given(st.one_of(linear(), general()), st.data())
def test_in_the_long_run_deals_are_won_at_their_win_rate(stages: list[dict[str, Any]], more: st.DataObject) -> None:
    """The mean of all outcomes, at 4.5 + 0.5 standard errors: 6e-7 an example. Ages unknown have the longest tails."""
    book = more.draw(books(stages))
    assume(book)
    book = [{**d, "amount": 1} for d in book]
    certain = [
        {k: v["mean"] if k == "conversion" and isinstance(v, dict) else v for k, v in s.items() if k != "n"}
        for s in stages
    ]
    data = funnel(certain, book, periods=days(length=36_525, count=50), correlation={"market": 0.2})
    model = compiled(data)
    n = 10 * TRIALS
    won = simulate_model(model, n).wins[0].sum(axis=0)
    w = model.win_rate
    error = np.sqrt(max(float(won.var()), float((w * (1 - w)).sum())) / n)
    assert abs(won.mean() - w.sum()) <= (K + 0.5) * error + 1e-12
