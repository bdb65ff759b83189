"""Whether engines give the same answers: each in numbers with standard errors, compared pair by pair."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import combinations

from benchmarks.funnel import Problem, Samples

K = 4.5
"""Standard errors that two answers may lie apart: two correct ones do not in 7 of a million comparisons."""

Answers = dict[str, tuple[float, float]]
"""Quantity -> (value, standard error)."""


def answers(p: Problem, samples: Samples) -> Answers:
    """Mean bookings and wins of every period, and P(attain) of the first."""
    n = samples.bookings.shape[1]
    result: Answers = {}
    for k in range(p.size.periods):
        for what, column, unit in (("bookings", samples.bookings[k], 100.0), ("wins", samples.wins[k], 1.0)):
            error = float(column.std(ddof=1)) / math.sqrt(n)
            result[f"mean {what}, period {k + 1}"] = (float(column.mean()) / unit, error / unit)
    reached = float((samples.bookings[0] >= p.target() * 100 - 1e-6).mean())
    result["P(attain), period 1"] = (reached, math.sqrt(max(reached * (1 - reached), 1.0 / n) / n))
    return result


def differences(found: Mapping[str, Answers], k: float = K) -> tuple[list[str], float]:
    """List the quantities in which two engines differ by more than `k` standard errors; and the largest gap in them."""
    problems, largest = [], 0.0
    for a, b in combinations(found, 2):
        for what, (x, x_error) in found[a].items():
            y, y_error = found[b][what]
            gap = (x - y) / math.hypot(x_error, y_error)
            largest = max(largest, abs(gap))
            if not abs(gap) <= k:
                problems.append(f"{what}: {a} {x:.6g}, {b} {y:.6g}, {gap:.1f} standard errors apart")
    return problems, largest
