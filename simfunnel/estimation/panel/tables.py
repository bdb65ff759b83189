"""Chances of what lies between two sights of a deal, from hazards by step of age, and their derivatives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simfunnel.arrays import Floats


@dataclass(frozen=True, eq=False)
class Tables:
    """Everything that the likelihood of chains is made of; K stages, C = K + 2 causes, W steps of the longest gap.

    A stage entered in step t and left in step t + n was left at age n; several stages may be passed in one step.
    """

    leave: Floats
    """(K, C, T + W + 1) chance to leave by a cause at an age."""
    stay: Floats
    """(K, T + W + 2) chance of no exit below an age."""
    reach: Floats
    """(C, C, W) expected entries of a state so many steps after the entry of another, whatever lies between."""
    change: Floats
    """(K, C, T, W) chance that a stay so old (T) at the last sight leads to the entry of a state in the j-th step after
    it."""
    birth: Floats
    """(K,) chance of the stage in which a deal begins."""
    born: Floats
    """(C, W) chance of the entry of a state in the j-th step, from a birth in the first."""


def tables_of(hazard: Floats, birth: Floats, width: int) -> Tables:
    """Compute the tables.

    Parameters
    ----------
    hazard
        (K, C, T + W + 1) chance to leave by a cause at an age, of those still there.
    birth
        (K,) chances of the first stage.
    width
        W.
    """
    K, _, ages = hazard.shape
    stay = np.ones((K, ages + 1))
    stay[:, 1:] = np.cumprod(np.clip(1.0 - hazard.sum(axis=1), 0.0, 1.0), axis=1)
    leave = hazard * stay[:, None, :-1]
    reach = _reach(leave, width)
    windows = np.lib.stride_tricks.sliding_window_view(leave[:, :, 1:], width, axis=2)  # (K, C, T + 1, W)
    T = ages - 1 - width
    change = np.einsum("acti,cbij->abtj", windows[:, :, :T], toeplitz(reach), optimize=True)
    born = np.einsum("c,cbj->bj", birth, reach[:K])
    return Tables(leave, stay, reach, change, birth, born)


def toeplitz(reach: Floats) -> Floats:
    """(C, C, W, W) entry in step j after an exit in step i."""
    W = reach.shape[2]
    lag = np.arange(W)[None, :] - np.arange(W)[:, None]
    return np.where(lag >= 0, reach[:, :, np.maximum(lag, 0)], 0.0)


def _square(leave: Floats, n: int) -> Floats:
    """(C, C) chances to leave at an age; nothing leaves an end."""
    K, C, _ = leave.shape
    return np.concatenate([leave[:, :, n], np.zeros((C - K, C))])


def _reach(leave: Floats, width: int) -> Floats:
    C = leave.shape[1]
    at_once = np.linalg.inv(np.eye(C) - np.minimum(_square(leave, 0), 1 - 1e-9))
    steps = [_square(leave, k) for k in range(width)]
    reach = np.zeros((width, C, C))
    for n in range(width):
        inside = np.eye(C) if n == 0 else np.zeros((C, C))
        for k in range(1, n + 1):
            inside = inside + steps[k] @ reach[n - k]
        reach[n] = at_once @ inside
    return np.ascontiguousarray(reach.transpose(1, 2, 0))


def passed_on(leave: Floats, reach: Floats, slope: Floats) -> Floats:
    """Derivative by the chances to leave, (K, C, W), of what has the derivative `slope` (C, C, W) by `reach`."""
    K, C, _ = leave.shape
    W = reach.shape[2]
    steps = [_square(leave, k) for k in range(W)]
    at_once = np.linalg.inv(np.eye(C) - np.minimum(steps[0], 1 - 1e-9))
    r, s = reach.transpose(2, 0, 1), slope.transpose(2, 0, 1).copy()
    found = np.zeros((W, C, C))
    of_inverse = np.zeros((C, C))
    solved = np.linalg.inv(at_once)
    for n in range(W - 1, -1, -1):
        of_inverse += s[n] @ (solved @ r[n]).T
        inside = at_once.T @ s[n]
        for k in range(1, n + 1):
            found[k] += inside @ r[n - k].T
            s[n - k] += steps[k].T @ inside
    found[0] = at_once.T @ of_inverse @ at_once.T
    return np.asarray(found.transpose(1, 2, 0)[:K])
