"""Small scenarios, simulated; and comparisons of samples with what they should be.

Every comparison allows `K` = 4.5 standard errors: a correct program fails one with probability 7e-6. Tests of
fit fail below `ALPHA` = 1e-5. Seeds are fixed, so a test that passes once passes always.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numba
import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from simfunnel.arrays import Floats
from simfunnel.crm import PipelineTable, read_pipeline
from simfunnel.engine.draws.quantiles import quantile, survival
from simfunnel.engine.paths.run import PathsRun
from simfunnel.engine.run.blocks import run_blocks
from simfunnel.engine.run.ledger import Ledger
from simfunnel.families.build import build_distribution
from simfunnel.families.computed import Distribution
from simfunnel.funnel.book import Book, Compiled
from simfunnel.funnel.calendar import fiscal_periods
from simfunnel.funnel.compile import compile_scenario
from simfunnel.funnel.groups import DIMENSIONS
from simfunnel.funnel.model import Model
from simfunnel.funnel.quantile_tables import QuantileTables, pack_tables
from simfunnel.scenario import parse_scenario
from simfunnel.scenario.schema import Distribution as Written
from simfunnel.scenario.schema import Scenario, Shift

K = 4.5
ALPHA = 1e-5
JIT = not numba.config.DISABLE_JIT
LONG_IN_PYTHON = pytest.mark.skipif(not JIT, reason="takes long in plain Python, and others run the same lines")
CENTS = 100


def sized(trials: int) -> int:
    """Number of trials: fewer where the kernels run as plain Python."""
    return trials if JIT else min(trials, max(300, trials // 60))


def stage(name: str = "A", conversion: Any = 0.5, duration: Any = 1, **rest: Any) -> dict[str, Any]:
    return {"name": name, "conversion": conversion, "duration": duration, **rest}


def deals(count: int, prefix: str = "d", **fields: Any) -> list[dict[str, Any]]:
    """Identical open deals, in stage A at age 0 with an amount of 1 unless said otherwise."""
    return [{"id": f"{prefix}{i}", "stage": "A", "age": 0, "amount": 1, **fields} for i in range(count)]


def unaged(count: int, prefix: str = "d", **fields: Any) -> list[dict[str, Any]]:
    """Identical open deals of unknown age."""
    return [{"id": f"{prefix}{i}", "stage": "A", "amount": 1, **fields} for i in range(count)]


def funnel(
    stages: Sequence[Mapping[str, Any]], open_deals: Sequence[Mapping[str, Any]] = (), **rest: Any
) -> dict[str, Any]:
    """Describe a scenario: one period of 30 days from 1 January 2027 unless said otherwise."""
    pipeline = {"opportunities": list(open_deals), **rest.pop("pipeline", {})}
    return {
        "version": 1, "as_of": "2027-01-01", "periods": {"unit": "days", "length": 30, "count": 1},
        "stages": list(stages), "pipeline": pipeline, **rest,
    }  # fmt: skip


def days(*, length: int, count: int = 1) -> dict[str, Any]:
    return {"unit": "days", "length": length, "count": count}


def table_of(scenario: Scenario) -> PipelineTable:
    return read_pipeline(
        scenario.pipeline,
        as_of=scenario.as_of,
        period_start=fiscal_periods(scenario.periods, scenario.as_of)[0].start,
        stages=[s.name for s in scenario.stages],
        segments=list(scenario.segments),
        currency=scenario.currency,
        teams=scenario.teams,
    )


def compiled(
    data: Mapping[str, Any], shifts: Sequence[Mapping[str, Any]] = (), groups: Sequence[str] = DIMENSIONS
) -> Model:
    return compiled_whole(data, shifts, groups).model


def book_of(
    data: Mapping[str, Any], shifts: Sequence[Mapping[str, Any]] = (), groups: Sequence[str] = DIMENSIONS
) -> Book:
    return compiled_whole(data, shifts, groups).book


def compiled_whole(
    data: Mapping[str, Any], shifts: Sequence[Mapping[str, Any]] = (), groups: Sequence[str] = DIMENSIONS
) -> Compiled:
    scenario = parse_scenario(data).scenario
    return compile_scenario(scenario, table_of(scenario), [Shift.model_validate(s) for s in shifts], groups)


def simulate_model(
    model: Model, trials: int, seed: int = 1, *, first: int = 0, threads: int = 1, block: int = 512
) -> Ledger:
    return run_blocks(PathsRun.prepare(model, seed), first, trials, threads=threads, block=block)


def simulate_ledger(
    data: Mapping[str, Any],
    trials: int,
    seed: int = 1,
    *,
    shifts: Sequence[Mapping[str, Any]] = (),
    groups: Sequence[str] = DIMENSIONS,
    first: int = 0,
    threads: int = 1,
    block: int = 512,
) -> Ledger:
    """Simulate a scenario given as data; money in minor units."""
    model = compiled(data, shifts, groups)
    return simulate_model(model, trials, seed, first=first, threads=threads, block=block)


def wins(data: Mapping[str, Any], trials: int, seed: int = 1, **options: Any) -> Floats:
    """Count the deals won in the whole horizon, per trial."""
    return simulate_ledger(data, trials, seed, **options).wins[0].sum(axis=0).astype(np.float64)


def powers_of_two(data: Mapping[str, Any]) -> dict[str, Any]:
    """Give deal number i the amount 2^i, so that the bookings of a trial tell which deals were won."""
    listed = data["pipeline"]["opportunities"]
    told = [{**deal, "amount": 2**i} for i, deal in enumerate(listed)]
    return {**data, "pipeline": {**data["pipeline"], "opportunities": told}}


def won_deals(data: Mapping[str, Any], trials: int, seed: int = 1, **options: Any) -> npt.NDArray[np.bool_]:
    """Which deals are won within the horizon: (deals, trials)."""
    count = len(data["pipeline"]["opportunities"])
    booked = simulate_ledger(powers_of_two(data), trials, seed, **options).open[0].sum(axis=0) // CENTS
    return (booked[None, :] >> np.arange(count)[:, None]) % 2 == 1


def built(spelling: Any) -> Distribution:
    return build_distribution(Written.model_validate(spelling))


@numba.njit
def _read(tables: QuantileTables, table: int, v: Floats, out: Floats) -> None:
    for i in range(len(v)):
        out[i] = quantile(tables, table, v[i])


@numba.njit
def _read_survival(tables: QuantileTables, table: int, x: Floats, out: Floats) -> None:
    for i in range(len(x)):
        out[i] = survival(tables, table, x[i])


def tabulated(distribution: Distribution, v: Floats) -> Floats:
    """Values of the survival probabilities `v`, as a kernel reads them."""
    out = np.empty(len(v))
    _read(pack_tables([distribution]), 0, np.ascontiguousarray(v), out)
    return out


def tabulated_survival(distribution: Distribution, x: Floats) -> Floats:
    out = np.empty(len(x))
    _read_survival(pack_tables([distribution]), 0, np.ascontiguousarray(x, dtype=np.float64), out)
    return out


def assert_mean(sample: npt.ArrayLike, expected: float, k: float = K) -> None:
    x = np.asarray(sample, dtype=np.float64)
    error = x.std(ddof=1) / np.sqrt(len(x))
    assert abs(x.mean() - expected) <= k * error + 1e-12 * abs(expected), (
        f"mean {x.mean():.6g}, expected {expected:.6g}, standard error {error:.3g}"
    )


def assert_variance(sample: npt.ArrayLike, expected: float, k: float = K) -> None:
    x = np.asarray(sample, dtype=np.float64)
    assert_mean((x - x.mean()) ** 2 * len(x) / (len(x) - 1), expected, k)


def assert_probability(hits: npt.ArrayLike, expected: float, k: float = K) -> None:
    x = np.asarray(hits, dtype=np.float64)
    if expected in (0.0, 1.0):
        assert x.mean() == expected
        return
    error = np.sqrt(expected * (1 - expected) / len(x))
    assert abs(x.mean() - expected) <= k * error, (
        f"frequency {x.mean():.6g}, expected {expected:.6g}, standard error {error:.3g}"
    )


def assert_same_mean(a: npt.ArrayLike, b: npt.ArrayLike, k: float = K, what: str = "") -> None:
    x, y = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    error = np.sqrt(x.var(ddof=1) / len(x) + y.var(ddof=1) / len(y))
    gap = x.mean() - y.mean()
    assert abs(gap) <= k * error, (
        f"{what}: means {x.mean():.6g} and {y.mean():.6g}, {gap / max(error, 1e-300):.2f} standard errors"
    )


def assert_counts(sample: npt.ArrayLike, pmf: npt.ArrayLike, alpha: float = ALPHA) -> None:
    """Chi-square test of counts against the probabilities of 0, 1, 2, ...; what lies above is one class."""
    x, p = np.asarray(sample, dtype=np.int64), np.asarray(pmf, dtype=np.float64)
    expected = np.append(p, max(0.0, 1 - p.sum())) * len(x)
    observed = np.bincount(np.minimum(x, len(p)), minlength=len(p) + 1).astype(np.float64)
    assert observed[expected == 0].sum() == 0, "an impossible count occurred"
    classes: list[list[float]] = [[0.0, 0.0]]
    for e, o in zip(expected, observed, strict=True):
        classes[-1][0] += e
        classes[-1][1] += o
        if classes[-1][0] >= 5:
            classes.append([0.0, 0.0])
    rest = classes.pop()
    classes[-1][0] += rest[0]
    classes[-1][1] += rest[1]
    e, o = np.array(classes).T
    assert len(e) > 1, "too few classes for a test"
    p_value = stats.chi2.sf(((o - e) ** 2 / e).sum(), len(e) - 1)
    assert p_value > alpha, f"chi-square p = {p_value:.2g}: expected {e.round(1)}, observed {o}"


def assert_periods(ledger: Ledger, cdf_at_bounds: npt.ArrayLike, wins_expected: float | None = None) -> None:
    """Chi-square test of the periods of all wins against the distribution of the time given a win."""
    counts = ledger.wins[0].sum(axis=1).astype(np.float64)
    p = np.diff(np.asarray(cdf_at_bounds, dtype=np.float64))
    expected = p / p.sum() * counts.sum()
    keep = expected > 0
    assert counts[~keep].sum() == 0
    statistic = ((counts[keep] - expected[keep]) ** 2 / expected[keep]).sum()
    p_value = stats.chi2.sf(statistic, keep.sum() - 1)
    assert p_value > ALPHA, f"chi-square p = {p_value:.2g}: expected {expected.round(1)}, observed {counts}"
