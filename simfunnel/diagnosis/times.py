"""How long deals stay in a stage, winners and losers apart, and how long a win takes."""

from __future__ import annotations

import numpy as np

from simfunnel.arrays import Bools, Floats
from simfunnel.diagnosis.results import Times
from simfunnel.estimation.incidence import CENSORED, Incidence, cumulative_incidence
from simfunnel.estimation.outcomes import Outcomes


def days_in_stage(found: Incidence, final: Floats) -> tuple[Times, Times, Times]:
    """Days of those who leave a stage: of all, of those won in the end, and of those lost in the end.

    Deals still open later count by what is likely to become of them, so that long cycles are not left out.

    Parameters
    ----------
    found
        Incidence of the exits of the stage.
    final
        (K, 2) chances that a deal entering each stage is won, and lost, in the end.
    """
    won, lost = np.concatenate([final, np.eye(2)]).T
    return tuple(_times(found.age, share @ found.incidence) for share in (np.ones(len(won)), won, lost))  # type: ignore[return-value]


def course(deals: Outcomes, which: Bools, since: float) -> Incidence:
    """Incidence of a win, and of a loss, by days since creation; open deals are censored, not left out."""
    age = (deals.ended - deals.created)[which]
    cause = np.where(deals.won, 0, np.where(deals.decided, 1, CENSORED))[which]
    entry = np.where(deals.created < since, since - deals.created, -np.inf)[which]
    return cumulative_incidence(age, cause, 2, entry=entry)


def cycle(found: Incidence) -> float | None:
    """Median days from creation to the win, of deals that are won."""
    return _times(found.age, found.incidence[0]).median


def _times(age: Floats, curve: Floats) -> Times:
    if not len(age) or curve[-1] <= 1e-12:
        return Times(None, None)
    median, p90 = (float(age[np.searchsorted(curve, q * curve[-1] * (1 - 1e-12))]) for q in (0.5, 0.9))
    return Times(median, p90)
