"""How far the amounts of groups lie apart: log means shrunk to the pool, as far as the groups themselves say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simfunnel.arrays import Floats, Ints

SHARES = 60
"""Points on which the weight of the pool is known."""


@dataclass(frozen=True, eq=False)
class LogLevels:
    """Shrunken log means of groups, less the log mean of all."""

    mean: Floats
    """(G,)"""
    sd: Floats
    """(G,) how well each is known."""
    typical: Floats
    """(n,) amounts as they would be if all groups had the level of all, nothing among them: narrower than all are."""

    @property
    def factor(self) -> Floats:
        """(G,) factor on an amount of the pool."""
        return np.asarray(np.exp(self.mean))


def log_levels(amount: Floats, group: Ints, groups: int) -> LogLevels | None:
    """Shrink the log mean of each group's amounts to that of all.

    Parameters
    ----------
    amount
        (n,) amounts of won deals; those that are unknown or 0 say nothing of the level.
    group
        (n,) group of each.
    groups
        Number of groups.

    Returns
    -------
    LogLevels or None
        None where too few amounts are known to say how much they scatter within groups.

    Notes
    -----
    Normal-normal: y_g ~ N(theta_g, s^2 / n_g), theta_g ~ N(mu, tau^2), s^2 the pooled variance within groups, taken as
    known; mu is flat, and s0^2 / (s0^2 + tau^2), what the pool is worth to a group of the median n, uniform, so that
    few groups do not make tau 0 (Daniels 1999). Both are integrated out, tau on a grid. `typical` are the residuals
    about the groups' own log means, widened by the root of n / (n - 1).
    """
    known = amount > 0  # NaN is not
    y, which = np.log(amount[known]), group[known]
    n = np.bincount(which, minlength=groups).astype(np.float64)
    seen = n > 0
    free = float(n.sum() - seen.sum())
    if free < 1:
        return None
    own = np.bincount(which, y, minlength=groups) / np.where(seen, n, 1.0)
    within = float(((y - own[which]) ** 2).sum()) / free
    if within <= 0:  # prices of a list: groups that sell one price each tell theirs exactly
        within = 1e-12
    variance = within / np.where(seen, n, np.inf)[None, :].repeat(SHARES, axis=0)
    root = (np.arange(SHARES) + 0.5) / SHARES  # points lie closer where groups are far apart
    share = root**2
    between = (within / float(np.median(n[seen])) * (1 - share) / share)[:, None]
    with np.errstate(divide="ignore"):
        precision = np.where(seen, 1.0 / (variance + between), 0.0)
    total = precision.sum(axis=1, keepdims=True)
    centre = (precision * own).sum(axis=1, keepdims=True) / total
    off = np.where(seen, own - centre, 0.0)
    likelihood = 0.5 * (
        np.where(seen, np.log(np.where(seen, precision, 1.0)), 0.0).sum(axis=1)
        - (precision * off**2).sum(axis=1)
        - np.log(total[:, 0])
    ) + np.log(root)
    weight = np.exp(likelihood - likelihood.max())
    weight = weight / weight.sum()
    kept = np.where(seen, between * precision, 0.0)
    each = centre + kept * off
    spread = between * (1 - kept) + (1 - kept) ** 2 / total
    mean = weight @ each
    sd = np.sqrt(weight @ (spread + (each - mean) ** 2))
    size = n[which]
    about = (y - own[which])[size > 1] * np.sqrt((size / np.maximum(size - 1, 1))[size > 1])
    nothing = np.zeros(round(len(about) * float((amount == 0).sum()) / len(y)))
    typical = np.concatenate([np.exp(float(y.mean()) + about), nothing])
    return LogLevels(mean - float(y.mean()), sd, typical)
