"""Whether stage and age say anything of what comes of a deal: judged on days that the estimate has not seen."""

from __future__ import annotations

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.estimation.book import book_of
from simfunnel.estimation.risk import Risk, risk_of
from simfunnel.history.history import DAY, History

EDGES = np.array([0.0, 1.0, 3.0, 7.0, 14.0, 28.0, 60.0, 120.0, 250.0, np.inf])
"""Ages, days, within which hazards are taken to be constant here."""
HELD_OUT, LEAST_DAYS = 0.25, 28.0
"""Share of the observed days that judge, and how many they are at least."""
PRIOR = 10.0
"""Events that the hazards of all deals count for in those of a stage and age."""


def skill(history: History, since: float) -> float | None:
    """Gain in log score per end of the hazards by stage and age over one hazard for all, on held-out days.

    Parameters
    ----------
    history
        A view.
    since
        Day from which on it was observed.

    Returns
    -------
    float or None
        Above 0 where stage and age tell deals apart; None where the history is too short to say.
    """
    end = history.end / DAY
    book = book_of(history)
    begun = max(since, float(book.created.min()))
    cut = end - max(HELD_OUT * (end - begun), LEAST_DAYS)
    if cut - begun < LEAST_DAYS:
        return None
    risk = risk_of(history, since)
    seen, ends_seen = _counted(risk, begun, cut)
    held, ends_held = _counted(risk, cut, end)
    total = ends_seen.sum(axis=(0, 1))
    if not ends_held.sum() or (total <= 0).any():
        return None
    overall = total / seen.sum()
    hazard = (ends_seen + PRIOR * overall / overall.sum()) / (seen + PRIOR / overall.sum())[:, :, None]
    by_age = (ends_held * np.log(hazard)).sum() - (held[:, :, None] * hazard).sum()
    alike = (ends_held * np.log(overall)).sum() - held.sum() * overall.sum()
    return float((by_age - alike) / ends_held.sum())


def _counted(risk: Risk, first: float, last: float) -> tuple[Floats, Floats]:
    """Days at risk (K, ages), and wins and losses (K, ages, 2), between two days."""
    K, A, shares = risk.stages, len(EDGES) - 1, risk.shares
    days, ends = np.zeros((K, A)), np.zeros((K, A, 2))
    low = np.maximum(first - risk.entered, np.maximum(risk.entry, 0.0))
    high = np.minimum(last - risk.entered, risk.age)
    for a in range(A):
        here = np.clip(np.minimum(high, EDGES[a + 1]) - np.maximum(low, EDGES[a]), 0.0, None)
        days[:, a] = np.bincount(risk.stage, here * shares, minlength=K)
    inside = (risk.left >= first) & (risk.left < last)
    at = np.clip(np.searchsorted(EDGES, risk.age, side="right") - 1, 0, A - 1)
    for j, cause in enumerate((risk.won, risk.lost)):
        of = inside & (risk.cause == cause)
        np.add.at(ends, (risk.stage[of], at[of], j), shares[of])
    return days, ends
