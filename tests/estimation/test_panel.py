"""What happened between two snapshots: against literal enumeration, a general optimiser, and the events themselves."""

from __future__ import annotations

import dataclasses
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize

from simfunnel.calibration import calibrate
from simfunnel.estimation.book import book_of
from simfunnel.estimation.panel.chains import BORN, DATED, FRESH, NONE, Chains, Grid, chains_of
from simfunnel.estimation.panel.completed import completed
from simfunnel.estimation.panel.expectation import Walk
from simfunnel.estimation.panel.fit import expected, fit, maximised
from simfunnel.estimation.panel.tables import tables_of
from simfunnel.estimation.panel.unseen import unseen_deals
from simfunnel.estimation.risk import risk_of
from simfunnel.estimation.transitions import stage_exits
from simfunnel.estimation.weights import time_weights
from simfunnel.history.history import DAY, History, Spells

from . import made
from .exports import exported, read_back

K, GAP = 2, 3
Sight = tuple[int, int]
"""(step, state)"""


def simulated(hazard: np.ndarray, birth: np.ndarray, deals: int, seed: int, until: int = 12) -> list[dict[str, Any]]:
    """Deals on a lattice of steps, and what snapshots every `GAP` steps show of them."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(deals):
        born = int(rng.integers(1, until - GAP))
        state, at = int(rng.choice(K, p=birth)), born
        path = []
        while state < K and at <= until:
            path.append((at, state))
            age = 0
            while True:
                p = hazard[state, :, min(age, hazard.shape[2] - 1)]
                u = rng.random()
                if u < p.sum():
                    state = int(np.searchsorted(np.cumsum(p), u, side="right"))
                    at += age
                    break
                age += 1
                if at + age > until:
                    at = until + 1
                    break
        if state >= K and at <= until:
            path.append((at, state))
        dated = bool(rng.random() < 0.3)
        sights = []
        for step in range(GAP, until + 1, GAP):
            past = [s for t, s in path if t <= step]
            if past:
                sights.append((step, past[-1]))
                if past[-1] >= K:
                    break
        if sights:
            closed = path[-1][0] if path[-1][1] >= K and rng.random() < 0.3 and sights[-1][1] >= K else None
            found.append({"born": born if dated else None, "sights": sights, "closed": closed})
    return found


def literally(deal: dict[str, Any], hazard: np.ndarray, birth: np.ndarray) -> float:
    """Chance of what is seen of a deal: every state and age is followed, step by step."""
    first, seen = deal["sights"][0][0], dict(deal["sights"])
    last = max(seen)
    births = [deal["born"]] if deal["born"] is not None else range(first - GAP + 1, first + 1)
    alive: dict[tuple[int, int], float] = {}
    ended: dict[tuple[int, int], float] = {}

    def enter(state: int, step: int, p: float) -> None:
        if state >= K:
            ended[state, step] = ended.get((state, step), 0.0) + p
            return
        out = hazard[state, :, 0]
        for cause in range(K + 2):
            if out[cause] * p > 1e-13:
                enter(cause, step, p * float(out[cause]))
        alive[state, step] = alive.get((state, step), 0.0) + p * float(1 - out.sum())

    for step in range(min(births), last + 1):
        for (state, entry), p in list(alive.items()):
            if entry < step:
                out = hazard[state, :, step - entry]
                alive[state, entry] = p * float(1 - out.sum())
                for cause in np.flatnonzero(out).tolist():
                    enter(cause, step, p * float(out[cause]))
        if step in births:
            for state in range(K):
                enter(state, step, float(birth[state]))
        if step in seen:
            stayed = seen.get(step - GAP) == seen[step]  # seen twice in one stage, a deal has not left it
            alive = {
                key: p for key, p in alive.items() if key[0] == seen[step] and not (stayed and key[1] > step - GAP)
            }
            if seen[step] < K:
                ended.clear()
    if seen[last] < K:
        return sum(alive.values())
    return sum(p for (state, at), p in ended.items() if state == seen[last] and deal["closed"] in (None, at))


def chained(deals: list[dict[str, Any]]) -> Chains:
    start, first, length, censored, state, low, high, exact = ([] for _ in range(8))
    for deal in deals:
        sights = deal["sights"]
        first.append(len(state))
        start.append(BORN if deal["born"] is None else DATED)
        changes = [(None, sights[0]), *((a, b) for a, b in pairwise(sights) if a[1] != b[1])]
        for before, (step, code) in changes:
            end = code >= K and deal["closed"] is not None
            state.append(code)
            low.append((step - GAP if deal["born"] is None else deal["born"] - 1) if before is None else before[0])
            high.append(deal["closed"] if end else step)
            exact.append(end)
        length.append(len(state) - first[-1])
        censored.append(NONE if sights[-1][1] >= K else sights[-1][0])
    columns = [np.array(c, dtype=np.int64) for c in (start, first, length, censored)]
    n = len(deals)
    return Chains(
        K, Grid(np.arange(5) * DAY, 1.0), *columns, np.full(n, NONE), np.arange(n), np.array(state), np.array(low),
        np.array(high), np.array(exact, dtype=bool),
    )  # fmt: skip


def hazards(seed: int, ages: int = 30) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    hazard = rng.uniform(0.0, 0.12, (K, K + 2, ages))
    hazard[0, 0] = hazard[1, 1] = 0.0
    return hazard, np.array([0.8, 0.2])


@pytest.mark.parametrize("seed", range(3))
def test_the_likelihood_is_that_of_literal_enumeration(seed: int) -> None:
    hazard, birth = hazards(seed)
    deals = simulated(hazard, birth, 60, seed)
    chains = chained(deals)
    counts, _, _ = Walk(chains, np.ones(len(deals))).expect(tables_of(hazard, birth, chains.width))
    literal = sum(np.log(literally(deal, hazard, birth)) for deal in deals)
    assert counts.log_likelihood == pytest.approx(literal, abs=1e-9)


def test_expected_counts_are_derivatives_of_the_log_likelihood() -> None:
    """Exits less hazard x at risk is hazard x (1 - hazard of all) x the slope, up to what goes to the others."""
    hazard, birth = hazards(5)
    deals = simulated(hazard, birth, 80, 5)
    chains = chained(deals)
    walk = Walk(chains, np.ones(len(deals)))
    t = tables_of(hazard, birth, chains.width)
    counts, _, _ = walk.expect(t)
    events, begun = expected(t, counts, birth)
    assert begun.sum() == pytest.approx(len(deals))
    total = np.cumsum(events.sum(axis=1)[:, ::-1], axis=1)[:, ::-1]
    at_risk = total + np.cumsum(counts.stay[:, ::-1], axis=1)[:, ::-1][:, 1:]
    for a, c, n in ((0, 1, 0), (0, 2, 1), (0, 3, 4), (1, 2, 0), (1, 3, 2), (1, 0, 3)):
        step = 1e-6
        moved = []
        for sign in (1, -1):
            other = hazard.copy()
            other[a, c, n] += sign * step
            moved.append(walk.expect(tables_of(other, birth, chains.width))[0].log_likelihood)
        slope = (moved[0] - moved[1]) / (2 * step)
        stayed = at_risk[a, n] - events[a, :, n].sum()
        told = events[a, c, n] / hazard[a, c, n] - stayed / (1 - hazard[a, :, n].sum())
        assert slope == pytest.approx(told, rel=1e-5, abs=1e-5)


def fresh(seed: int) -> tuple[Chains, np.ndarray, np.ndarray]:
    """Chains that begin with a change out of a stay whose beginning nobody knows."""
    hazard, birth = hazards(seed)
    chains = chained(simulated(hazard, birth, 80, seed))
    born = np.flatnonzero((chains.start == BORN) & (chains.state[chains.first] < K))
    found = chains.take(born)
    return dataclasses.replace(found, start=np.full(len(born), FRESH)), hazard, birth


def test_what_nobody_would_know_of_had_it_ended_is_known_only_because_it_was_seen() -> None:
    """Stays that came out of one of unknown age: over all steps of entry, of those that last until they are seen."""
    hazard, birth = hazards(4)
    hazard[1, 0] = 0.0  # from Offer to an end alone
    one = np.array([0], dtype=np.int64)
    seen = Chains(
        K, Grid(np.arange(5) * DAY, 1.0), np.array([FRESH]), one, np.array([2]), np.array([NONE]), np.array([NONE]),
        one, np.array([1, K + 1]), np.array([0, GAP]), np.array([GAP, 2 * GAP]), np.zeros(2, dtype=bool),
    )  # fmt: skip
    open_ = dataclasses.replace(
        seen, length=np.array([1]), censored=np.array([2 * GAP]), state=seen.state[:1], low=seen.low[:1],
        high=seen.high[:1], exact=seen.exact[:1],
    )  # fmt: skip
    out = hazard[1].sum(axis=0)
    stay = np.append(1.0, np.cumprod(1 - out))
    lived = sum(stay[GAP - s + 1] for s in range(1, GAP + 1))
    lost = sum(stay[t - s] * hazard[1, K + 1, t - s] for s in range(1, GAP + 1) for t in range(GAP + 1, 2 * GAP + 1))
    lasted = sum(stay[2 * GAP - s + 1] for s in range(1, GAP + 1))
    for chains, chance in ((seen, lost / lived), (open_, lasted / lived)):
        found, _, _ = Walk(chains, np.ones(1)).expect(tables_of(hazard, birth, GAP))
        assert found.log_likelihood == pytest.approx(np.log(chance), abs=1e-12)


def test_their_expected_counts_are_derivatives_too() -> None:
    chains, hazard, birth = fresh(5)
    walk = Walk(chains, np.ones(len(chains.first)))
    t = tables_of(hazard, birth, chains.width)
    counts, _, _ = walk.expect(t)
    events, _ = expected(t, counts, birth)
    total = np.cumsum(events.sum(axis=1)[:, ::-1], axis=1)[:, ::-1]
    at_risk = total + np.cumsum(counts.stay[:, ::-1], axis=1)[:, ::-1][:, 1:]
    for a, c, n in ((0, 1, 0), (0, 2, 1), (0, 3, 4), (1, 2, 0), (1, 3, 2), (1, 0, 3)):
        moved = []
        for sign in (1, -1):
            other = hazard.copy()
            other[a, c, n] += sign * 1e-6
            moved.append(walk.expect(tables_of(other, birth, chains.width))[0].log_likelihood)
        stayed = at_risk[a, n] - events[a, :, n].sum()
        told = events[a, c, n] / hazard[a, c, n] - stayed / (1 - hazard[a, :, n].sum())
        assert (moved[0] - moved[1]) / 2e-6 == pytest.approx(told, rel=1e-5, abs=1e-5)


def test_no_optimiser_finds_a_higher_likelihood() -> None:
    hazard, birth = hazards(7)
    hazard[0, :2] = hazard[1, :2] = 0.0  # stages that are only left for an end: few numbers to find
    deals = simulated(hazard, birth, 14, 7, until=9)
    chains = chained(deals)
    found = fit(chains, rounds=5000, enough=1e-9, smooth=False)
    ages = 9
    used = [(a, c, n) for a in range(K) for c in (2, 3) for n in range(ages)]

    def loss(x: np.ndarray) -> float:
        odds = np.exp(np.clip(x[:-1], -30, 30)).reshape(K, 2, ages)
        told = np.zeros((K, K + 2, 30))
        told[:, 2:, :ages] = odds / (1 + odds.sum(axis=1, keepdims=True))
        p = 1 / (1 + np.exp(-x[-1]))
        return -sum(np.log(max(literally(deal, told, np.array([p, 1 - p])), 1e-300)) for deal in deals)

    best = minimize(loss, np.append(np.full(len(used), -2.0), 1.0), method="L-BFGS-B", options={"maxiter": 200}).fun
    assert found.counts.log_likelihood == pytest.approx(-best, abs=0.02)


def test_each_round_raises_the_likelihood() -> None:
    hazard, birth = hazards(9)
    deals = simulated(hazard, birth, 200, 9)
    chains = chained(deals)
    walk = Walk(chains, np.ones(len(deals)))
    told, p, before = np.full_like(hazard, 0.05) * (hazard > 0), np.array([0.5, 0.5]), -np.inf
    for _ in range(40):
        t = tables_of(told, p, chains.width)
        counts, _, _ = walk.expect(t)
        assert counts.log_likelihood >= before - 1e-9
        before = counts.log_likelihood
        told, p = maximised(t, counts, p, 0)


@pytest.fixture(scope="module")
def events() -> History:
    return made.made_history(days=400, per_day=6, seed=4)


@pytest.fixture(scope="module")
def weekly(events: History) -> History:
    return read_back(exported(events), events)


def test_weekly_exports_agree_with_the_events(events: History, weekly: History) -> None:
    """Where the middle of each gap would say that .40 of the deals in Demo go on, .50 do."""
    known, told = risk_of(events), risk_of(weekly)
    s = weekly.spells
    demo = s.stage == 0
    assert np.mean(s.to[demo] == 1) < 0.41
    for k, j in ((0, 1), (0, 3), (1, 2), (1, 3)):
        a, b = (stage_exits(r, time_weights(r, None), k) for r in (known, told))
        low, high = b.interval(j)
        assert low < a.probability[j] < high
        assert b.age_at(j, 0.5) == pytest.approx(a.age_at(j, 0.5), rel=0.12, abs=0.6)
        assert b.age_at(j, 0.9) == pytest.approx(a.age_at(j, 0.9), rel=0.12)
        assert b.entered == pytest.approx(a.entered, rel=0.04)
        assert b.n_effective[j] < a.n_effective[j] + 30  # what nobody saw is not known better than what was


def test_shares_of_a_stay_add_up(weekly: History) -> None:
    rows = completed(weekly)
    assert rows is not None
    spells = len(weekly.spells) - int((weekly.spells.entered_before <= weekly.moments[0]).sum())  # type: ignore[index]
    assert rows.share[rows.seen].sum() == pytest.approx(spells, abs=1e-6)
    assert rows.share[~rows.seen].sum() > 200
    assert (rows.age >= 0).all()


def test_deals_begin_where_they_most_likely_did(events: History, weekly: History) -> None:
    """Every deal begins in Demo; a fifth of them are first seen later."""
    book = book_of(weekly)
    began = np.bincount(book.first_stage[book.real], minlength=2) / book.real.sum()
    assert began[0] > 0.97
    seen = np.full(len(weekly.deals), -1)
    seen[weekly.spells.deal[::-1]] = weekly.spells.stage[::-1]
    assert np.mean(seen == 0) < 0.85


def test_deals_between_two_exports_are_counted(events: History, weekly: History) -> None:
    s = events.spells
    first = np.unique(s.deal, return_index=True)[1]
    ended = np.full(len(events.deals), np.iinfo(np.int64).max)
    ended[events.ends.deal] = events.ends.closed
    moments = weekly.moments
    assert moments is not None
    between = np.searchsorted(moments, s.entered[first], side="right") == np.searchsorted(moments, ended, side="left")
    between &= (s.entered[first] > moments[0]) & (ended <= moments[-1])
    assert unseen_deals(weekly) == pytest.approx(between.sum(), abs=1)
    assert calibrate(weekly, check=False).deals.unseen == pytest.approx(between.sum(), abs=1)
    assert unseen_deals(events) == 0


def test_deals_that_are_gone_from_exports_are_estimated(events: History) -> None:
    """Of the ended deals a half, by the last digit of their number, is in no export any more."""
    rows = exported(events)
    gone = rows["Stage"].str.startswith("Closed") & rows["Deal ID"].str[-1].isin(list("02468"))
    assert unseen_deals(read_back(rows[~gone], events)) == pytest.approx(
        unseen_deals(read_back(rows, events)), rel=0.15
    )


def test_later_exports_change_nothing(events: History, weekly: History) -> None:
    part = read_back(exported(events, last=30), events, decisions=weekly.decisions)
    day = part.day(part.end)
    assert calibrate(part, as_of=day, check=False).scenario == calibrate(weekly, as_of=day, check=False).scenario


def test_daily_exports_and_exact_times_are_left_as_they_are(events: History) -> None:
    assert completed(events) is None
    assert completed(read_back(exported(made.made_history(days=60, per_day=4), 1), events)) is None


def test_two_weeks_between_exports(events: History) -> None:
    known, told = risk_of(events), risk_of(read_back(exported(events, 14), events))
    a, b = (stage_exits(r, time_weights(r, None), 1) for r in (known, told))
    low, high = b.interval(2)
    assert low < a.probability[2] < high


def leaving_out(history: History, share: float, seed: int) -> History:
    """The same where a share of the deals that passed Offer were never in it: Demo lasted until they ended."""
    s = history.spells
    offered = np.full(len(history.deals), -1)
    offered[s.deal[s.stage == 1]] = np.flatnonzero(s.stage == 1)
    rng = np.random.default_rng(seed)
    skips = (offered >= 0) & (rng.random(len(history.deals)) < share)
    demo, offer = np.flatnonzero((s.stage == 0) & skips[s.deal]), offered[s.deal[(s.stage == 0) & skips[s.deal]]]
    left, to = s.left.copy(), s.to.copy()
    left[demo], to[demo] = s.left[offer], s.to[offer]
    kept = np.ones(len(s), dtype=bool)
    kept[offer] = False
    columns = (s.deal, s.stage, s.entered, s.entered, left, left, to)
    return dataclasses.replace(history, spells=Spells(*(column[kept] for column in columns)))


def believed(history: History) -> float:
    """Chance that the estimate gives to win straight out of Demo, without Offer."""
    found = fit(chains_of(read_back(exported(history), history)))
    return float(found.tables.leave[0, 2].sum())


def test_stages_are_believed_to_be_skipped_only_where_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """Deals that pass a short stage within a week look as if they had left it out."""
    monkeypatch.setattr(made, "DAYS_OFFER", 9.0)
    monkeypatch.setattr(made, "DAYS_ON", 16.0)
    short = [made.made_history(days=260, per_day=3, seed=seed) for seed in range(8)]
    assert [believed(history) for history in short] == [0.0] * 8
    monkeypatch.setattr(made, "DAYS_OFFER", 30.0)
    long = [made.made_history(days=260, per_day=3, seed=seed) for seed in range(3)]
    for seed, history in enumerate(long):
        assert believed(history) == 0.0
        assert believed(leaving_out(history, 0.3, seed)) > 0.02
