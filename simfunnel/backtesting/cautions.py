"""What keeps a backtest from saying more."""

from __future__ import annotations

from dataclasses import replace

from simfunnel.backtesting.judge import LEAST_WINDOWS
from simfunnel.backtesting.results import Backtest
from simfunnel.history.history import UNDATED, History
from simfunnel.wording.findings import Finding


def backtest_cautions(result: Backtest, history: History) -> Backtest:
    """Add what may change the reading of the scores; what was noticed while reading comes last."""
    found = []
    s = result.summary
    if s.independent_windows < LEAST_WINDOWS:
        found.append(Finding("few_windows", {"windows": s.independent_windows, "origins": s.n, "days": result.days}))
    low, high = s.coverage_region[0.8]
    if not low <= s.coverage[0.8] <= high:
        found.append(Finding("coverage_off", {"share": s.coverage[0.8], "low": low, "high": high}))
    error = s.bias_error
    if error is not None and error.apart_from_zero and s.independent_windows >= LEAST_WINDOWS:
        found.append(Finding("biased", {"bias": s.bias, "low": error.low, "high": error.high}))
    if result.skipped:
        last = result.skipped[-1]
        found.append(Finding("origins_skipped", {"skipped": len(result.skipped), "origins": s.n + len(result.skipped),
                                                 "day": last.as_of.isoformat(), "why": last.why}))  # fmt: skip
    if fields := _undated(result, history):
        found.append(Finding("undated_fact", {"fields": fields}, key="history.undated"))
    found += [finding for finding in history.findings if finding.caution]
    return replace(result, cautions=tuple(found))


def _undated(result: Backtest, history: History) -> list[str]:
    """Fields in use that do not say since when they hold."""
    amounts = ["amount"] if any(score.undated for score in result.whole) else []
    dimensions = dict.fromkeys(dimension for dimension, _ in result.groups) if history.undated == "known" else {}
    return amounts + [
        name for name in dimensions if name in history.facts and bool((history.facts[name].since == UNDATED).any())
    ]
