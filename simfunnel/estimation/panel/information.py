"""What is missing where stages were passed unseen: chances of exits are less sure than their counts say."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.estimation.panel.expectation import Walk
from simfunnel.estimation.panel.fit import Fit, at_risk_of, expected, smoothed
from simfunnel.estimation.panel.tables import tables_of

LEAST_EVENTS = 0.5
"""Expected exits of a cell below which its hazard is taken as known."""
LEAST_SEEN = 0.01
"""Share of the information in any direction that is there at least."""
STEP, COARSE = 1e-3, 0.05
"""Changes of log hazards by which derivatives are measured; the second of the smoother, whose shapes are a list."""

Cell = tuple[int, int, int, int]
"""(stage, cause, first age, age after the last): hazards that rise and fall together."""


@dataclass(frozen=True)
class Covariances:
    """Of the chances of exits, (K, C, C) each."""

    imputed: Floats
    """As the spread of the expected counts tells it, taken as if they were seen."""
    complete: Floats
    """As complete stays would have it."""
    known: Floats
    """As it is."""


@dataclass(frozen=True, eq=False)
class Missing:
    """How much of what exits would say is there where stages may have been passed unseen.

    Notes
    -----
    Let I_c be the information of complete stays about log hazards, and I_o that of what was seen: I_c less the missing
    one (Louis 1982). Given what was seen, the scores of the expected counts have the variance I_o; taken as seen these
    tell V = I_c^-1 I_o I_c^-1. But a round passes an error on to the next, by D = (1 - I_c^-1 I_o) S with the smoother
    S, and the estimate is where rounds end: its variance is (1 - D)^-1 V (1 - D')^-1 (the rate of convergence of Meng &
    Rubin 1991, smoothed), without a smoother I_o^-1. Hazards are moved by cells: each way out of a stage at ages within
    the longest gap, within the next, and beyond; finer cells say the same, as the smoother ties them.
    """

    walk: Walk
    hazard: Floats
    """(K, C, ages)"""
    birth: Floats

    @classmethod
    def of(cls, found: Fit) -> Missing:
        """Keep of a fit what the information is computed from."""
        return cls(found.walk, found.hazard, found.birth)

    def kept(self, stage: int, join: Floats | None = None) -> tuple[Floats, Floats]:
        """What is left of the effective n of the chance of each exit of a stage.

        Parameters
        ----------
        join
            (C, C) exits that count as one: 1 in each row for all that are in it. None: each is itself.

        Returns
        -------
        tuple
            (C,) each: of the n that the spread of expected exits tells, and of the number of stays that ended.
        """
        found = self.covariances
        rows = np.eye(self.hazard.shape[1]) if join is None else join
        imputed, complete, known = (
            np.einsum("ij,jk,ik->i", rows, v[stage], rows) for v in (found.imputed, found.complete, found.known)
        )
        told = known > 0
        below = np.where(told, known, 1.0)
        return np.where(told, np.minimum(imputed / below, 1.0), 1.0), np.where(
            told, np.minimum(complete / below, 1.0), 1.0
        )

    @cached_property
    def covariances(self) -> Covariances:
        """Of the chances of exits."""
        K, C = self.hazard.shape[:2]
        events, at_risk = self._counts(self.hazard)
        cells = self._cells(events)
        if not cells:
            none = np.zeros((K, C, C))
            return Covariances(none, none, none)
        root = np.linalg.cholesky(complete_information(self.hazard, events, at_risk, cells))
        inverse = np.linalg.inv(root)
        observed = inverse @ self.observed_information(cells) @ inverse.T
        share, axes = np.linalg.eigh((observed + observed.T) / 2)
        observed = (axes * np.clip(share, LEAST_SEEN, 1.0)) @ axes.T
        passed = np.eye(len(cells)) - inverse.T @ observed @ root.T
        smoother = smoothed_changes(events, at_risk, cells, self.walk.chains.width)
        ends = np.linalg.inv(np.eye(len(cells)) - passed @ smoother)
        slope = self._slopes(cells)
        imputed = inverse.T @ observed @ inverse
        return Covariances(*(
            np.einsum("kca,ab,kdb->kcd", slope, v, slope)
            for v in (imputed, inverse.T @ inverse, ends @ imputed @ ends.T)
        ))  # fmt: skip

    def observed_information(self, cells: list[Cell]) -> Floats:
        """(m, m) of what was seen about the log hazards of cells: how their scores fall."""
        base = self.scores(self.hazard, cells)
        return np.stack([(base - self.scores(moved(self.hazard, c, STEP), cells)) / STEP for c in cells], axis=1)

    def scores(self, hazard: Floats, cells: list[Cell]) -> Floats:
        """(m,) derivatives of the log likelihood by the log hazards of cells: those of the expected counts (Fisher)."""
        events, at_risk = self._counts(hazard)
        excess = events - hazard * _odds_of_staying(hazard, events, at_risk)[:, None]
        return np.array([excess[k, j, low:high].sum() for k, j, low, high in cells])

    def _counts(self, hazard: Floats) -> tuple[Floats, Floats]:
        tables = tables_of(hazard, self.birth, self.walk.chains.width)
        counts = self.walk.expect(tables)[0]
        events, _ = expected(tables, counts, self.birth)
        return events, at_risk_of(events, counts)

    def _cells(self, events: Floats) -> list[Cell]:
        (K, C, ages), W = events.shape, self.walk.chains.width
        bounds = [0, W, 2 * W, ages]
        cells = [(k, j, low, high) for k in range(K) for j in range(C) for low, high in pairwise(bounds)]
        return [(k, j, low, high) for k, j, low, high in cells if events[k, j, low:high].sum() > LEAST_EVENTS]

    def _slopes(self, cells: list[Cell]) -> Floats:
        """(K, C, m) derivatives of the chances of exits by the log hazards of cells."""
        base = _chances(self.hazard)
        return np.stack([(_chances(moved(self.hazard, c, STEP)) - base) / STEP for c in cells], axis=2)


def moved(hazard: Floats, cell: Cell, by: float) -> Floats:
    """Hazards with those of a cell moved by a change of their logarithms."""
    k, j, low, high = cell
    result = hazard.copy()
    result[k, j, low:high] *= np.exp(by)
    return result


def complete_information(hazard: Floats, events: Floats, at_risk: Floats, cells: list[Cell]) -> Floats:
    """(m, m) of complete stays about the log hazards of cells: minus the second derivatives of their likelihood."""
    odds = _odds_of_staying(hazard, events, at_risk)
    stays = np.maximum(1.0 - hazard.sum(axis=1), _LEAST)
    found = np.zeros((len(cells), len(cells)))
    for a, (k, j, low, high) in enumerate(cells):
        ages = slice(low, high)
        for b, (k2, j2, low2, _) in enumerate(cells):
            if k2 != k or low2 != low:
                continue
            both = hazard[k, j, ages] * hazard[k, j2, ages] / stays[k, ages]
            found[a, b] = odds[k, ages] @ (both + (hazard[k, j, ages] if j2 == j else 0.0))
    return found + np.diag(_RIDGE * np.maximum(np.diag(found), 1.0))


def smoothed_changes(events: Floats, at_risk: Floats, cells: list[Cell], half: int) -> Floats:
    """(m, m) changes of the log hazards of cells, smoothed, by those of the counts of exits."""
    base = smoothed(events, at_risk, half)
    due = np.array([at_risk[k, low:high] @ base[k, j, low:high] for k, j, low, high in cells])
    found = np.zeros((len(cells), len(cells)))
    for b, cell in enumerate(cells):
        other = smoothed(moved(events, cell, COARSE), at_risk, half)
        now = np.array([at_risk[k, low:high] @ other[k, j, low:high] for k, j, low, high in cells])
        found[:, b] = np.log(now / due) / COARSE
    return found


def _odds_of_staying(hazard: Floats, events: Floats, at_risk: Floats) -> Floats:
    """(K, ages) stays that went on beyond each age, over the chance to."""
    return np.asarray(np.maximum(at_risk - events.sum(axis=1), 0.0) / np.maximum(1.0 - hazard.sum(axis=1), _LEAST))


def _chances(hazard: Floats) -> Floats:
    """(K, C) of each exit."""
    stay = np.cumprod(1.0 - hazard.sum(axis=1), axis=1)
    before = np.concatenate([np.ones((len(hazard), 1)), stay[:, :-1]], axis=1)
    return np.asarray((hazard * before[:, None]).sum(axis=2))


_LEAST, _RIDGE = 1e-12, 1e-9
