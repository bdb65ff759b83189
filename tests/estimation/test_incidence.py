"""Product limit and Aalen-Johansen, against a twin that counts, closed forms, and the figures of other libraries."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simfunnel.estimation.incidence import CENSORED, cumulative_incidence

FROZEN = Path(__file__).parent / "oracles" / "figures.json"
"""Written by the scripts beside it."""


def counted(age, cause, causes, entry, weight):  # type: ignore[no-untyped-def]
    """The estimator as its definition reads: at each age of an exit, who is there, and who goes where."""
    survival, found = 1.0, [0.0] * causes
    rows = []
    for u in sorted({a for a, c in zip(age, cause, strict=True) if c != CENSORED}):
        there = sum(w for a, e, w in zip(age, entry, weight, strict=True) if e < u <= a)
        gone = [0.0] * causes
        for a, c, w in zip(age, cause, weight, strict=True):
            if a == u and c != CENSORED:
                gone[c] += w
        for j in range(causes):
            found[j] += survival * gone[j] / there
        survival *= 1 - sum(gone) / there
        rows.append((u, survival, *found))
    return np.array(rows).reshape(-1, 2 + causes)


@given(st.lists(
    st.tuples(st.integers(0, 12), st.integers(-1, 2), st.integers(-3, 6), st.sampled_from([0.5, 1.0, 2.5])),
    min_size=1, max_size=40,
))  # fmt: skip
def test_it_is_what_counting_one_by_one_gives(rows: list[tuple[int, int, int, float]]) -> None:
    rows = [(a, c, e, w) for a, c, e, w in rows if e < a or e < 0]
    age, cause, entry, weight = (np.array([row[i] for row in rows]) for i in range(4))
    late = np.where(entry < 0, -np.inf, entry)
    found = cumulative_incidence(age, cause.astype(np.int64), 3, entry=late, weight=weight)
    twin = counted(age, cause, 3, late, weight)
    np.testing.assert_allclose(found.age, twin[:, 0])
    np.testing.assert_allclose(found.survival, twin[:, 1], atol=1e-12)
    np.testing.assert_allclose(found.incidence.T, twin[:, 2:], atol=1e-12)


def test_lost_deals_are_events_and_not_censored() -> None:
    """300 won and 700 lost: the chance of a win is 0.3, where losses taken for censoring would say 1."""
    age, cause = np.arange(1, 1001, dtype=float), np.array([0] * 300 + [1] * 700)[np.argsort(np.arange(1000) % 7)]
    found = cumulative_incidence(age, cause, 2)
    np.testing.assert_allclose(found.probability, [0.3, 0.7], atol=1e-12)
    assert cumulative_incidence(age, np.where(cause == 0, 0, CENSORED), 1).probability[0] > 0.9


def test_what_is_undecided_is_not_renormalised() -> None:
    """Ten deals, five won at day 1, five open since day 2: half is known to be won, of the rest nothing."""
    found = cumulative_incidence(np.array([1.0] * 5 + [2.0] * 5), np.array([0] * 5 + [CENSORED] * 5), 1)
    assert found.probability[0] == 0.5
    assert found.oldest == 2.0


def test_an_old_deal_that_was_seen_late_says_nothing_of_early_ages() -> None:
    """Half of all deals end on day 1; those that were first seen on day 5 all lasted that long."""
    rng = np.random.default_rng(1)
    early = rng.random(2000) < 0.5
    age = np.where(early, 1.0, 10.0)
    late = np.full(3000, 10.0)
    found = cumulative_incidence(
        np.concatenate([age, late]), np.zeros(5000, dtype=int), 1, entry=np.repeat([-np.inf, 5.0], [2000, 3000])
    )
    assert found.incidence[0, 0] == pytest.approx(early.mean())


@pytest.mark.parametrize("half_life", [3.0, 40.0])
def test_a_weight_by_entry_is_a_weight_by_calendar_time(half_life: float) -> None:
    """At one age, weights by the day of the event (and of being at risk) differ from those by entry by one factor."""
    rng = np.random.default_rng(2)
    entered, age, cause = rng.uniform(0, 100, 80), rng.integers(0, 9, 80).astype(float), rng.integers(-1, 2, 80)
    found = cumulative_incidence(age, cause, 2, weight=2 ** (entered / half_life))
    for i, u in enumerate(found.age):
        weight = 2 ** ((entered + u) / half_life)  # of whoever is at risk at age u, on the day he is that old
        there = weight[age >= u].sum()
        for j in range(2):
            gone = weight[(age == u) & (cause == j)].sum()
            assert found.events[j, i] / found.at_risk[i] == pytest.approx(gone / there, rel=1e-12)


def test_weights_of_very_different_size_do_not_cancel() -> None:
    age = np.concatenate([np.full(1000, 1.0), [50.0, 60.0]])
    weight = np.concatenate([np.ones(1000), [1e-25, 1e-25]])
    found = cumulative_incidence(age, np.zeros(1002, dtype=int), 1, weight=weight)
    np.testing.assert_allclose(found.at_risk[1:], [2e-25, 1e-25])
    assert found.events[0, 1] / found.at_risk[1] == 0.5


@pytest.mark.parametrize("source", ["lifelines", "R survival"])
@pytest.mark.parametrize("case", ["plain", "weights", "entry", "weights and entry"])
def test_other_libraries_say_the_same(source: str, case: str) -> None:
    stored = json.loads(FROZEN.read_text("utf-8"))
    figures = stored["figures"][source].get(case)
    assert figures is not None, f"{source} was not asked for {case}"
    data = stored["data"]
    entry = np.array(data["entry"]) if "entry" in case else None
    weight = np.array(data["weight"]) if "weights" in case else None
    entry = None if entry is None else np.where(entry <= 0, -np.inf, entry)
    found = cumulative_incidence(np.array(data["age"]), np.array(data["cause"]), 2, entry=entry, weight=weight)
    at = np.searchsorted(found.age, figures["age"], side="right") - 1
    np.testing.assert_allclose(found.survival[at], figures["survival"], atol=1e-10)
    for j, values in enumerate(figures.get("incidence", [])):
        np.testing.assert_allclose(found.incidence[j][at], values, atol=1e-10)
