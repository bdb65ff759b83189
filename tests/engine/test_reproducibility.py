"""The same bits for any threads, blocks and order; and what one change leaves as it was."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers import JIT, LONG_IN_PYTHON, book_of, compiled, days, deals, funnel, simulate_ledger, simulate_model, stage

from simfunnel.engine.run.ledger import Ledger

TRIALS = 3000 if JIT else 150
OWNERS = "abcdefgh"
BOOK = [
    {
        "id": f"deal {o}",
        "stage": "AB"[i % 2],
        "amount": 10 + i,
        "owner": o,
        "segment": "st"[i // 4],
        "age": 1.5 * i + 1,
    }
    for i, o in enumerate(OWNERS)
]
BOOK[3] = {k: v for k, v in BOOK[3].items() if k != "age"}
BOOK[4] = {k: v for k, v in BOOK[4].items() if k != "amount"}
BOOK[5] = {**{k: v for k, v in BOOK[5].items() if k != "age"}, "created": "2026-12-20"}
DATA = funnel(
    [
        {
            "name": "A",
            "n": 20,
            "transitions": [
                {"to": "B", "probability": 0.5, "duration": {"lognormal": {"median": 5, "p90": 20}}},
                {"to": "Won", "probability": 0.1, "duration": {"empirical": [2, 4, 9]}},
                {"to": "A", "probability": 0.1, "duration": 3},
                {"to": "Lost", "probability": 0.3, "duration": {"exponential": 9}},
            ],
        },
        stage("B", {"mean": 0.6, "n": 30}, {"gamma": {"mean": 8, "sd": 5}}),
    ],
    BOOK,
    segments={
        "t": {
            "stages": {"B": {"conversion": {"mean": 0.4, "n": 9}}},
            "amount": {"lognormal": {"mean": 30, "sd": 10}},
        }
    },
    amount={"lognormal": {"mean": 20, "sd": 15}},
    amount_level={"sd": 0.2},
    correlation={"market": 0.1, "segment": 0.1, "owner": 0.2},
    pace={"sd": 0.2},
    leads=[
        {
            "name": "web",
            "stage": "A",
            "owner": {"x": 0.4, "y": 0.6},
            "rate": {"per": "week", "mean": 5, "dispersion": 2, "level_sd": 0.2},
        },
        {"name": "ads", "stage": "B", "segment": "s", "owner": "z", "rate": {"per": "month", "mean": 6}},
    ],
    payment_terms=[{"share": 0.4, "delay": 1}, {"share": 0.6, "delay": {"exponential": 12}}],
    closed=[{"period": "2027-01", "amount": 55, "wins": 1}],
    as_of="2027-01-09",
    periods={"unit": "month", "count": 2},
    clock={"weekdays": [1, 1, 1, 1, 1, 0.3, 0]},
    pipeline={"realization": {"uniform": {"low": 0.8, "high": 1}}},
)


def same(a: Ledger, b: Ledger) -> bool:
    return all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


@pytest.fixture(scope="module")
def reference() -> Ledger:
    return simulate_ledger(DATA, TRIALS)


def test_the_reference_exercises_every_column(reference: Ledger) -> None:
    assert all(column[0].any() for column in reference)


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("block", [64, 100, 512, 1000])
def test_threads_and_block_size_change_no_bit(reference: Ledger, threads: int, block: int) -> None:
    assert same(simulate_ledger(DATA, TRIALS, threads=threads, block=block), reference)


def test_order_of_the_deals_changes_no_bit(reference: Ledger) -> None:
    turned = {**DATA, "pipeline": {**DATA["pipeline"], "opportunities": BOOK[::-1]}}
    assert same(simulate_ledger(turned, TRIALS), reference)


def test_order_of_the_lead_sources_changes_no_bit(reference: Ledger) -> None:
    assert same(simulate_ledger({**DATA, "leads": DATA["leads"][::-1]}, TRIALS), reference)


def test_a_range_of_trials_is_a_slice_of_a_longer_run(reference: Ledger) -> None:
    part = simulate_ledger(DATA, 37, first=70, block=10)
    assert all(np.array_equal(x, y[..., 70:107]) for x, y in zip(part, reference, strict=True))


def test_trials_far_out_can_be_run_alone() -> None:
    model = compiled(DATA)
    far = 10**12
    assert same(simulate_model(model, 5, first=far, block=5), simulate_model(model, 5, first=far, block=2))


def test_seeds_differ(reference: Ledger) -> None:
    other = simulate_ledger(DATA, TRIALS, seed=2)
    a, b = reference.open[0].sum(axis=0), other.open[0].sum(axis=0)
    assert (a != b).mean() > 0.5
    assert abs(np.corrcoef(a, b)[0, 1]) < 4.5 / np.sqrt(TRIALS)


def test_the_largest_seed_is_a_seed() -> None:
    a, b = (simulate_ledger(DATA, 50, seed=s) for s in (2**64 - 1, 2**64 - 2))
    assert not same(a, b)


def by_owner(data: dict[str, Any], **options: Any) -> dict[str, np.ndarray]:
    groups = book_of(data).groups
    ledger = simulate_ledger(data, TRIALS, **options)
    return {label: np.concatenate([c[i] for c in ledger]) for i, (d, label) in enumerate(groups) if d == "owner"}


@pytest.mark.parametrize(
    "change",
    [
        {"amount": 999},
        {"stage": "B"},
        {"age": 17.25},
        {"win_rate": 0.5},
        {"not_before": "2027-01-30"},
        {"id": "renamed"},
        {"segment": "new"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_changing_one_deal_leaves_every_other_as_it_was(change: dict[str, Any]) -> None:
    book = [{**d, **change} if d["owner"] == "c" else d for d in BOOK]
    before, after = (
        by_owner(DATA),
        by_owner({**DATA, "pipeline": {**DATA["pipeline"], "opportunities": book}}),
    )
    assert not np.array_equal(before["c"], after["c"])
    for owner in before.keys() - {"c", "(none)"}:
        assert np.array_equal(before[owner], after[owner]), owner


def test_adding_and_dropping_deals_leaves_the_others_as_they_were() -> None:
    book = [d for d in BOOK if d["owner"] != "b"]
    book.insert(0, {"id": "new", "stage": "A", "age": 3, "amount": 4, "owner": "q", "segment": "u"})
    before, after = (
        by_owner(DATA),
        by_owner({**DATA, "pipeline": {**DATA["pipeline"], "opportunities": book}}),
    )
    for owner in before.keys() & after.keys():
        assert np.array_equal(before[owner], after[owner]), owner


def test_an_amount_changes_no_outcome() -> None:
    book = [{**d, "amount": 1000} if d["owner"] == "c" else d for d in BOOK]
    other = {**DATA, "pipeline": {**DATA["pipeline"], "opportunities": book}}
    assert np.array_equal(simulate_ledger(DATA, TRIALS).wins, simulate_ledger(other, TRIALS).wins)


def test_one_rate_leaves_the_deals_that_do_not_use_it_as_they_were() -> None:
    book = [{**d, "stage": "B"} if d["owner"] in "aceg" else d for d in BOOK]
    data = {**DATA, "pipeline": {**DATA["pipeline"], "opportunities": book}}
    stages = [{**DATA["stages"][0], "n": 5}, DATA["stages"][1]]
    before, after = by_owner(data), by_owner({**data, "stages": stages})
    for owner in "abcdefgh":
        assert np.array_equal(before[owner], after[owner])
    assert not np.array_equal(before["x"], after["x"])


@LONG_IN_PYTHON
def test_one_lead_source_leaves_the_others_as_they_were() -> None:
    leads = [{**DATA["leads"][0], "rate": {"per": "day", "mean": 3}}, DATA["leads"][1]]
    before, after = by_owner(DATA), by_owner({**DATA, "leads": leads})
    assert not np.array_equal(before["x"], after["x"])
    for owner in before.keys() - {"x", "y"}:
        assert np.array_equal(before[owner], after[owner])


def test_a_longer_horizon_keeps_the_periods_before() -> None:
    data = funnel([stage("A", 0.5, {"exponential": 9})], deals(5), periods=days(length=7, count=2),
                  leads=[{**DATA["leads"][0], "amount": 5, "rate": {"per": "week", "mean": 5}}])  # fmt: skip
    longer = {**data, "periods": days(length=7, count=4)}
    short, long = simulate_ledger(data, TRIALS), simulate_ledger(longer, TRIALS)
    assert np.array_equal(short.open, long.open[:, :2])
    assert np.array_equal(short.new, long.new[:, :2])
