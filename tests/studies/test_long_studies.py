"""Slow studies, whose figures stand in docs/validation.md: ``python -m pytest -m slow -s tests/studies``."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from engine.naive import Twin
from engine.test_twin import SCENARIOS
from helpers import compiled, table_of

from simfunnel import simulate
from simfunnel.engine.outcomes.run import OutcomeRun, outcomes_can_run
from simfunnel.engine.paths.run import PathsRun
from simfunnel.engine.run.blocks import run_blocks
from simfunnel.funnel.calendar import fiscal_periods
from simfunnel.scenario import parse_scenario

pytestmark = pytest.mark.slow
TWIN_TRIALS = 10_000
KERNEL_TRIALS = 1_000_000


def z_score(a: np.ndarray, b: np.ndarray) -> float:  # type: ignore[type-arg]
    error = np.hypot(a.std() / np.sqrt(len(a)), b.std() / np.sqrt(len(b)))
    return float((a.mean() - b.mean()) / error) if error > 0 else 0.0


def test_twin_and_kernels_over_all_scenarios() -> None:
    """All z-scores together should look standard normal."""
    against_twin, between = [], []
    # seeds of their own: under one seed, deals of one id would bring the same luck to every scenario
    for number, (name, (data, _)) in enumerate(SCENARIOS.items()):
        scenario = parse_scenario(data).scenario
        periods = fiscal_periods(scenario.periods, scenario.as_of)
        bounds = [p.start for p in periods] + [periods[-1].end]
        twin = Twin(scenario, table_of(scenario), bounds).run(TWIN_TRIALS, seed=3000 + number)
        model = compiled(data, groups=())
        paths = run_blocks(PathsRun.prepare(model, 1000 + number), 0, KERNEL_TRIALS)
        columns = ["open", "new", "wins"]
        for column in columns:
            slow, fast = twin[column].astype(float), getattr(paths, column)[0].astype(float)
            against_twin += [(name, column, k, z_score(fast[k], slow[k])) for k in range(len(periods))]
        if outcomes_can_run(model) is None:
            other = run_blocks(OutcomeRun.prepare(model, 2000 + number), 0, KERNEL_TRIALS)
            for column in columns:
                a, b = getattr(paths, column)[0].astype(float), getattr(other, column)[0].astype(float)
                between += [(name, column, k, z_score(a[k], b[k])) for k in range(len(periods))]
    for label, scores in (("paths - twin", against_twin), ("paths - outcomes", between)):
        z = np.array([s for *_, s in scores if s != 0.0])
        worst = max(scores, key=lambda s: abs(s[-1]))
        where = ", ".join(map(str, worst[:3]))
        print(f"\n{label}: {len(z)} comparisons, sd of z {z.std():.2f}, worst {worst[-1]:.2f} ({where})")
        assert np.abs(z).max() < 4.5
        assert 0.75 < z.std() < 1.25


def test_intervals_of_the_median_cover_it() -> None:
    """95 % intervals of the simulation error in 400 seeds, against a run of 4 million."""
    data = SCENARIOS["correlated outcomes"][0]
    truth = simulate(data, trials=4_000_000, seed=999).bookings("total")
    median, p = float(np.median(truth)), float(np.mean(truth >= 150.0))
    covered = attained = 0
    for seed in range(400):
        total = simulate(
            data, trials=2_000, seed=seed, overrides=["targets=[{period: total, amount: 150}]"]
        ).summary.overall.total
        low, high = total.bookings.quantile_intervals[0.5]
        covered += low <= median <= high
        assert total.attainment is not None
        attained += total.attainment.interval[0] <= p <= total.attainment.interval[1]
    print(f"\ncoverage of 95 % intervals in 400 runs: median {covered / 400:.3f}, P(attain) {attained / 400:.3f}")
    # 4.5 standard errors of a share of 0.95 in 400 are 0.049; order statistics of a lumpy distribution cover more
    assert covered / 400 > 0.90
    assert attained / 400 > 0.90


def test_a_million_trials_of_two_thousand_deals_stay_below_two_gigabytes() -> None:
    code = """
import resource, numpy as np
from simfunnel import simulate
rng = np.random.default_rng(1)
names = list("ABCDE")
stages = [dict(name=n, conversion=0.7, duration={"lognormal": {"median": 14, "p90": 40}}) for n in names]
book = [dict(id=i, stage=names[i % 5], age=float(rng.uniform(1, 60)), amount=float(rng.integers(1000, 100000)),
             owner=f"o{i % 10}") for i in range(2000)]
for kernel in ("outcomes", "paths"):
    forecast = simulate(
        dict(version=1, as_of="2027-01-04", periods=dict(unit="quarter", count=4), stages=stages,
             pipeline=dict(opportunities=book), correlation=dict(market=0.1, owner=0.05),
             targets=[dict(period="2027-Q1", amount=1e7)]), trials=1_000_000, kernel=kernel)
    forecast.to_dict()
    del forecast
    print(kernel, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    peaks = [float(line.split()[1]) for line in done.stdout.splitlines()]
    print(f"\npeak memory of 1,000,000 trials x 2,000 deals x 4 periods, 10 owners: {max(peaks):.2f} GiB")
    assert max(peaks) < 2.0
