"""Mean errors of groups: against generalised least squares written out, and against truths that are known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from simfunnel.estimation.biases import NOTHING, SHARES, shrunk_biases
from simfunnel.estimation.owner_bias import OwnerPeriod, owner_biases


def dense(error: np.ndarray, group: np.ndarray, period: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Location, scale and weight for every spread, from the whole covariance of the errors."""
    n, z, w = len(error), np.eye(group.max() + 1)[group], np.eye(period.max() + 1)[period]
    one, share = np.ones(n), (np.arange(SHARES) + 0.5) / SHARES
    spread = (1 - share) / share
    location, scale, logs = [], [], []
    for a in spread / np.median(np.bincount(group)):
        for b in spread:
            v = np.eye(n) + a * z @ z.T + b * w @ w.T
            inverse = np.linalg.inv(v)
            known = one @ inverse @ one
            mu = one @ inverse @ error / known
            rest = error - mu
            square = rest @ inverse @ rest
            logs.append(-0.5 * (np.linalg.slogdet(v)[1] + np.log(known) + (n - 1) * np.log(square)))
            pulled = a * z.T @ inverse
            own = a - np.einsum("gn,gn->g", pulled, a * z.T) + (1 - pulled @ one) ** 2 / known
            location.append(np.append(mu + pulled @ rest, mu))
            scale.append(np.sqrt(np.append(own, 1 / known) * square / (n - 1)))
    weight = np.exp(np.array(logs) - max(logs))
    kept = weight > NOTHING
    return np.array(location)[kept], np.array(scale)[kept], weight[kept] / weight[kept].sum()


def test_it_is_what_generalised_least_squares_says() -> None:
    rng = np.random.default_rng(5)
    group, period = np.repeat(np.arange(5), 3), np.tile(np.arange(3), 5)
    some = np.arange(15) != 7
    error = rng.normal(0.2, 0.4, 14)
    found = shrunk_biases(error, group[some], period[some])
    location, scale, weight = dense(error, group[some], period[some])
    assert found is not None and found.freedom == 13
    np.testing.assert_allclose(found.location, location, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found.scale, scale, rtol=1e-9)
    np.testing.assert_allclose(found.weight, weight, rtol=1e-9)
    for p in (0.05, 0.5, 0.95):  # the quantile of each mixture is where its distribution is p
        at = stats.t.cdf((found.quantile(p) - location) / scale, 13)
        np.testing.assert_allclose(weight @ at, p, atol=1e-8)
    np.testing.assert_allclose(found.above, 1 - weight @ stats.t.cdf(-location / scale, 13), rtol=1e-9)


def test_one_period_tells_no_bias() -> None:
    assert shrunk_biases(np.array([0.5, 0.6]), np.array([0, 1]), np.array([0, 0])) is None
    assert shrunk_biases(np.zeros(4), np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])) is not None


@pytest.mark.parametrize(("groups", "periods", "between", "shared"), [(5, 4, 0.3, 0.25), (10, 3, 0.3, 0.5)])
def test_ninety_percent_ranges_hold_the_truth(groups: int, periods: int, between: float, shared: float) -> None:
    """Of 100 books; within books the owners share their periods, so the error is taken over books (three of them)."""
    rng = np.random.default_rng(11)
    group, period = np.repeat(np.arange(groups), periods), np.tile(np.arange(periods), groups)
    inside = []
    for _ in range(100):
        truth = 0.1 + rng.normal(0, between, groups)
        error = truth[group] + rng.normal(0, shared, periods)[period] + rng.normal(0, 0.5, len(group))
        found = shrunk_biases(error, group, period)
        assert found is not None
        at = found.weight @ stats.t.cdf((truth - found.location[:, :groups]) / found.scale[:, :groups], found.freedom)
        inside.append(float(np.mean((at > 0.05) & (at < 0.95))))
    assert np.mean(inside) > 0.9 - 3 * np.std(inside) / 10


def cell(owner: str, period: str, said: float, came: float, n: int = 1) -> OwnerPeriod:
    return OwnerPeriod(owner, period, n, said, came)


def test_a_bias_is_told_as_a_share_of_what_came() -> None:
    cells = [cell(o, f"2026-Q{q}", 150.0, 100.0 + q) for o in ("ann", "bo") for q in range(1, 5)]
    whole, ann, bo = owner_biases("commit", cells)
    assert whole.owner is None and (ann.owner, bo.owner) == ("ann", "bo")
    assert ann.bias == pytest.approx(150 / 102.5 - 1) and (ann.reached, ann.periods) == (0, 4)
    assert ann.shrunk == pytest.approx(ann.bias, abs=0.01)  # nobody differs, so there is nothing to shrink to
    assert ann.verdict == "too optimistic" and ann.p_high is not None and ann.p_high > 0.99
    assert ann.reach is not None and 0 < ann.reach < 0.3  # four of four are not always
    assert owner_biases("best_case", cells)[1].verdict is None


def test_small_samples_are_shrunk_and_large_ones_hardly() -> None:
    rng = np.random.default_rng(2)
    cells = [
        cell(o, f"P{q}", 100.0 * factor * rng.uniform(0.5, 1.5), 100.0)
        for o, factor, n in (("a", 1.0, 9), ("b", 1.05, 9), ("c", 1.6, 9), ("d", 1.6, 1), ("e", 0.95, 9))
        for q in range(n)
    ]
    found = {one.owner: one for one in owner_biases("commit", cells)}
    assert found["c"].bias is not None and found["c"].shrunk is not None and found["d"].shrunk is not None
    assert 0.6 * found["c"].bias < found["c"].shrunk < found["c"].bias
    assert found["d"].shrunk < 0.75 * (found["d"].bias or 0.0)
    assert (found["d"].p_high or 0) < (found["c"].p_high or 0)


def test_owners_of_whom_nothing_came_have_a_bias_without_an_end() -> None:
    cells = [cell("ann", f"P{q}", 100.0, 0.0) for q in range(3)] + [cell("bo", f"P{q}", 100.0, 90.0) for q in range(3)]
    cells += [cell("cy", f"P{q}", 0.0, 0.0) for q in range(3)]
    found = {one.owner: one for one in owner_biases("commit", cells)}
    assert found["ann"].bias is None and found["ann"].p_high is not None and found["ann"].p_high > 0.8
    assert found["cy"].p_high is None and found["cy"].reached == 3
    one_period = owner_biases("commit", [cell("ann", "P1", 3.0, 1.0), cell("bo", "P1", 2.0, 1.0)])
    assert [one.p_high for one in one_period] == [None, None, None] and one_period[1].bias == 2.0


@pytest.mark.slow
@pytest.mark.parametrize(("owners", "periods"), [(3, 2), (5, 4), (10, 4), (10, 8)])
@pytest.mark.parametrize("biased", [False, True])
def test_biases_of_owners_who_win_a_few_deals(owners: int, periods: int, biased: bool) -> None:
    """Not the model: Poisson numbers of lognormal deals, owners of different size, a market that all share.

    Counted are false claims: of owners without a bias, and in the wrong direction, by books (three standard errors).
    """
    rng = np.random.default_rng(owners * 100 + periods)
    inside, wrong, claims, books = [], [], [], 300
    for _ in range(books):
        bias = rng.normal(0.15, 0.3, owners) if biased else np.zeros(owners)
        rate, market = rng.uniform(3, 12, owners), rng.lognormal(-0.02, 0.2, periods)
        cells = []
        for i in range(owners):
            for k in range(periods):
                came = float(rng.lognormal(0, 0.7, rng.poisson(rate[i] * market[k])).sum())
                expected = rate[i] * np.exp(0.245)  # what a person without a bias says, give or take
                said = float(expected * np.exp(bias[i]) * rng.lognormal(0, 0.1))
                cells.append(cell(f"o{i}", f"P{k}", said, came))
        truth = {f"o{i}": float(np.exp(bias[i])) - 1 for i in range(owners)}
        held, called, false = [], [], []
        for one in owner_biases("commit", cells)[1:]:
            true, (low, high) = truth[one.owner or ""], one.interval or (None, None)
            held.append((low is None or low < true) and (high is None or true < high))
            called.append(one.verdict != "not told apart")
            misses = {"too optimistic": true <= 0, "too cautious": true >= 0}
            false.append(misses.get(one.verdict or "", False))
        inside.append(np.mean(held))
        claims.append(np.mean(called))
        wrong.append(np.mean(false))
    shares = ", ".join(f"{np.mean(x):.3f}" for x in (inside, claims, wrong))
    print(f"{owners} owners, {periods} periods, biased {biased}: inside, called, falsely called {shares}")
    assert np.mean(inside) > 0.88 - 3 * np.std(inside) / np.sqrt(books)
    assert np.mean(wrong) < 0.1 + 3 * np.std(wrong) / np.sqrt(books)
