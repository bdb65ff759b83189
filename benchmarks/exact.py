"""The exact engine: how long it takes, and a compound sum beside the package `aggregate`, errors against the truth."""

from __future__ import annotations

import importlib.util
import time
from typing import Any

import numpy as np
import numpy.typing as npt

EXPECTED = 50.0
SEVERITY = {1: 0.25, 2: 0.5, 5: 0.25}
"""Amounts in tens, and their probabilities."""
LARGEST = 1_200
"""Tens up to which the distributions are compared."""
REPEATS = 5


def measure() -> dict[str, Any]:
    """Times of forecasts under a market factor, and the comparison."""
    return {"books": [_book(deals) for deals in (1_000, 10_000)], "compound": _compound()}


def _best(run: Any, repeats: int = REPEATS) -> tuple[float, Any]:
    best, result = float("inf"), None
    for _ in range(repeats):
        started = time.perf_counter()
        result = run()
        best = min(best, time.perf_counter() - started)
    return best, result


def _book(deals: int) -> dict[str, Any]:
    """Open deals of distinct ages under one market factor, two quarters, in a warm process."""
    from benchmarks.funnel import Size, problem, scenario
    from simfunnel.forecast import exact_forecast
    from simfunnel.forecast.inputs import prepare

    content = scenario(problem(Size(deals=deals)))
    content["correlation"] = {"market": content["correlation"]["market"]}
    ready = prepare(content)
    exact_forecast(ready, groups=())
    seconds, forecast = _best(lambda: exact_forecast(ready, groups=()), 3)
    detail = forecast.summary.overall.total.bookings.exact
    return {
        "deals": deals, "seconds": seconds, "integration_error": detail.integration_error,
        "grid_error": detail.grid_error,
    }  # fmt: skip


def truth() -> npt.NDArray[np.float64]:
    """Distribution of the compound Poisson sum by the recursion of Panjer (1981)."""
    pmf = np.zeros(LARGEST)
    pmf[0] = np.exp(-EXPECTED)
    for s in range(1, LARGEST):
        pmf[s] = EXPECTED / s * sum(j * f * pmf[s - j] for j, f in SEVERITY.items() if j <= s)
    return np.cumsum(pmf)


def _compound() -> list[dict[str, Any]]:
    """One compound Poisson sum by both packages, each forming the distribution anew; largest error of P(X <= x)."""
    from simfunnel.forecast import exact_forecast
    from simfunnel.forecast.inputs import prepare

    right = truth()
    amounts = [10.0 * j for j, f in SEVERITY.items() for _ in range(round(4 * f))]
    ready = prepare({
        "version": 1, "as_of": "2027-01-01", "periods": {"unit": "days", "length": 25, "count": 1},
        "stages": [{"name": "A", "conversion": 0.5, "duration": 0}],
        "leads": [{"name": "web", "stage": "A", "rate": {"per": "day", "mean": 4}, "amount": {"empirical": amounts}}],
    })  # fmt: skip
    exact_forecast(ready, groups=())
    seconds, forecast = _best(lambda: exact_forecast(ready, groups=()))
    at = 10.0 * np.arange(LARGEST)
    found = forecast.solved[0, 0, "bookings"].distribution.below(at * forecast.minor_units)[0]
    rows = [{"title": "simfunnel exact", "seconds": seconds, "error": float(np.max(np.abs(found - right)))}]
    if importlib.util.find_spec("aggregate") is None:
        return rows
    from aggregate import build

    values = " ".join(str(10 * j) for j in SEVERITY)
    chances = " ".join(str(f) for f in SEVERITY.values())

    def other() -> Any:
        a = build(f"agg Sum {EXPECTED:g} claims dsev [{values}] [{chances}] poisson", update=False)
        a.update(log2=11, bs=10, padding=1)
        return a

    seconds, a = _best(other)
    cdf = a.density_df.F.to_numpy()[:LARGEST]
    rows.append({"title": "aggregate", "seconds": seconds, "error": float(np.max(np.abs(cdf - right)))})
    return rows


def rows(found: dict[str, Any]) -> list[list[str]]:
    """Rows of the table."""
    shown = [
        [f"{row['deals']:,} deals, market factor, two quarters", f"{row['seconds']:.3f}",
         f"factor {row['integration_error']:.1g}, grid {row['grid_error']:.1g}"]
        for row in found["books"]
    ]  # fmt: skip
    return shown + [
        [f"compound Poisson sum, {row['title']}", f"{row['seconds']:.4f}", f"{row['error']:.1g}"]
        for row in found["compound"]
    ]


HEADERS = ("", "seconds", "error of a probability")
