"""Product limit and cumulative incidence of competing exits, exact with ties, weights and delayed entry."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simfunnel.arrays import Floats, Ints

CENSORED = -1


@dataclass(frozen=True, eq=False)
class Incidence:
    """Cumulative incidence of each cause at the ages at which somebody left. Ages rise."""

    age: Floats
    """(m,) distinct ages of events."""
    survival: Floats
    """(m,) P(no exit up to and including the age)."""
    incidence: Floats
    """(causes, m) P(exit by the cause up to and including the age)."""
    at_risk: Floats
    """(m,) weight at risk just before the age."""
    events: Floats
    """(causes, m) weight of the exits at the age."""
    oldest: float
    """Largest age at which anybody was seen at risk; 0 where nobody was."""

    @property
    def probability(self) -> Floats:
        """(causes,) P(exit by the cause within the ages seen); the rest is undecided, never renormalised."""
        if not len(self.age):
            return np.zeros(len(self.incidence))
        return np.asarray(self.incidence[:, -1])


def cumulative_incidence(
    age: Floats, cause: Ints, causes: int, *, entry: Floats | None = None, weight: Floats | None = None
) -> Incidence:
    """Estimate the chance of each exit by age: product limit for any, Aalen-Johansen for each.

    An exit at an age comes before a censoring at the same age. Somebody is at risk at ages above his entry, up to and
    including the age at which he leaves.

    Parameters
    ----------
    age
        (n,) age at exit, or at censoring, days.
    cause
        (n,) number of the cause, or `CENSORED`.
    causes
        Number of causes.
    entry
        (n,) age from which on he was observed; -inf (the default) for those seen from the beginning.
    weight
        (n,) weights, 1 by default.

    Notes
    -----
    Kaplan & Meier (1958); Aalen & Johansen (1978); with delayed entry as in Andersen, Borgan, Gill & Keiding (1993),
    IV.4. Sums run from the oldest on, so that weights of very different size do not cancel.
    """
    age = np.asarray(age, dtype=np.float64)
    weight = np.ones(len(age)) if weight is None else np.asarray(weight, dtype=np.float64)
    entry = np.full(len(age), -np.inf) if entry is None else np.asarray(entry, dtype=np.float64)
    seen = (weight > 0) & (age > entry)
    age, cause, weight, entry = age[seen], np.asarray(cause)[seen], weight[seen], entry[seen]
    exits = cause != CENSORED
    ages, place = np.unique(age[exits], return_inverse=True)
    m = len(ages)
    counted = np.bincount(cause[exits] * m + place, weight[exits], causes * m)
    events = np.asarray(counted, dtype=np.float64).reshape(causes, m)
    at_risk = _at_or_beyond(age, weight, ages)
    late = entry > -np.inf
    if late.any():
        at_risk -= _at_or_beyond(entry[late], weight[late], ages)
    hazard = events / np.where(at_risk > 0, at_risk, 1.0)
    left = np.clip(1.0 - hazard.sum(axis=0), 0.0, 1.0)
    left[left < 1e-15] = 0.0  # the last at risk has gone
    survival = np.cumprod(left)
    before = np.concatenate([[1.0], survival[:-1]]) if m else survival
    return Incidence(ages, survival, np.cumsum(before * hazard, axis=1), at_risk, events, float(age.max(initial=0.0)))


def _at_or_beyond(x: Floats, weight: Floats, ages: Floats) -> Floats:
    """Weight of those whose x is at or beyond each age, summed from the largest x down."""
    order = np.argsort(-x, kind="stable")
    sums = np.concatenate([[0.0], np.cumsum(weight[order])])
    return np.asarray(sums[np.searchsorted(-x[order], -ages, side="right")])
