"""What keeps a backtest from saying more."""

from __future__ import annotations

from dataclasses import replace

from simfunnel.backtesting.judge import LEAST_WINDOWS
from simfunnel.backtesting.results import Backtest
from simfunnel.history.history import History
from simfunnel.wording.findings import Finding


def backtest_cautions(result: Backtest, history: History) -> Backtest:
    """Add what may change the reading of the scores."""
    found = [finding for finding in history.findings if finding.caution]
    s = result.summary
    if s.independent_windows < LEAST_WINDOWS:
        found.append(Finding("few_windows", {"windows": s.independent_windows, "origins": s.n, "days": result.days}))
    if result.skipped:
        last = result.skipped[-1]
        found.append(Finding("origins_skipped", {"skipped": len(result.skipped), "origins": s.n + len(result.skipped),
                                                 "day": last.as_of.isoformat(), "why": last.why}))  # fmt: skip
    if any(score.undated for score in result.whole):
        found.append(Finding("undated_fact", {"fields": ["amount"]}, key="history.undated"))
    low, high = s.coverage_region[0.8]
    if not low <= s.coverage[0.8] <= high:
        found.append(Finding("coverage_off", {"share": s.coverage[0.8], "low": low, "high": high}))
    return replace(result, cautions=tuple(found))
