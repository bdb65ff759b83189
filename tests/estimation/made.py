"""Histories with known truth, from a seeded generator: two stages, losses, exits at once, deals still open."""

from __future__ import annotations

import datetime as dt

import numpy as np

from simfunnel.history.history import DAY, LOST, NEVER, STILL, WON, Deals, Ends, Facts, History, Spells, midnight

START = dt.date(2025, 1, 6)
ZONE = "UTC"
P_ON, P_WON = 0.5, 0.4
"""Chance to go from Demo to Offer, and from Offer to Won; the others are lost."""
DAYS_ON, DAYS_LOST, DAYS_OFFER = 8.0, 15.0, 20.0
"""Means of exponential times: Demo to Offer, Demo to Lost, Offer to either end."""


def made_history(days: int = 365, per_day: float = 6.0, *, seed: int = 1, amount: float | None = None) -> History:
    """Deals arrive at a constant rate for so many days; what happens later is not known."""
    rng = np.random.default_rng(seed)
    n = rng.poisson(per_day * days)
    created = np.sort(rng.uniform(0, days, n))
    on = rng.random(n) < P_ON
    left = created + np.where(on, rng.exponential(DAYS_ON, n), rng.exponential(DAYS_LOST, n))
    won = rng.random(n) < P_WON
    ended = np.where(on, left + rng.exponential(DAYS_OFFER, n), left)
    origin = midnight(START, ZONE)

    def instant(x: np.ndarray) -> np.ndarray:
        return (origin + np.rint(x * DAY)).astype(np.int64)

    end = origin + days * DAY
    rows = []
    for i in range(n):
        a, b, c = (int(instant(x[i : i + 1])[0]) for x in (created, left, ended))
        rows.append((i, 0, a, b if b < end else NEVER, STILL if b >= end else 1 if on[i] else LOST))
        if on[i] and b < end:
            rows.append((i, 1, b, c if c < end else NEVER, STILL if c >= end else WON if won[i] else LOST))
    deal, stage, entered, out, to = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    closed = np.flatnonzero((to == WON) | (to == LOST))
    money = np.round(rng.lognormal(7, 0.5, n), 2) if amount is None else np.full(n, amount)
    at = instant(created)
    return History(
        deals=Deals(np.array([f"D{i}" for i in range(n)], dtype=object), at, at),
        spells=Spells(deal, stage, entered, entered, out, out, to),
        facts={"amount": Facts(np.arange(n), at, at, money)},
        ends=Ends(deal[closed], to[closed], out[closed], out[closed]),
        stages=("Demo", "Offer"), time_zone=ZONE, last=end - 1, form="events", currency="USD",
    )  # fmt: skip
