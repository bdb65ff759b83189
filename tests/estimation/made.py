"""Histories with known truth, from a seeded generator: two stages, losses, exits at once, deals still open."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from simfunnel.history.history import DAY, LOST, NEVER, STILL, WON, Deals, Ends, Facts, History, Spells, midnight

START = dt.date(2025, 1, 6)
ZONE = "UTC"
P_ON, P_WON = 0.5, 0.4
"""Chance to go from Demo to Offer, and from Offer to Won; the others are lost."""
DAYS_ON, DAYS_LOST, DAYS_OFFER = 8.0, 15.0, 20.0
"""Means of exponential times: Demo to Offer, Demo to Lost, Offer to either end."""


@dataclass(frozen=True)
class Owner:
    """An owner with chances of his own; deals go to those who are there, by their shares."""

    name: str
    share: float = 1.0
    on: float = P_ON
    won: float = P_WON
    begins: float = 0.0


def made_history(
    days: int = 365, per_day: float = 6.0, *, seed: int = 1, amount: float | None = None, owners: Sequence[Owner] = ()
) -> History:
    """Deals arrive at a constant rate for so many days; what happens later is not known."""
    rng = np.random.default_rng(seed)
    n = rng.poisson(per_day * days)
    created = np.sort(rng.uniform(0, days, n))
    p_on, p_won, names = np.full(n, P_ON), np.full(n, P_WON), np.full(n, "", dtype=object)
    if owners:
        shares = np.array([[o.share * (o.begins <= t) for o in owners] for t in created])
        place = np.random.default_rng(seed + 1_000_000)  # its own: the deals stay those of a history without owners
        which = (place.random(n)[:, None] > np.cumsum(shares, axis=1) / shares.sum(axis=1)[:, None]).sum(axis=1)
        p_on, p_won = np.array([o.on for o in owners])[which], np.array([o.won for o in owners])[which]
        names = np.array([o.name for o in owners], dtype=object)[which]
    on = rng.random(n) < p_on
    left = created + np.where(on, rng.exponential(DAYS_ON, n), rng.exponential(DAYS_LOST, n))
    won = rng.random(n) < p_won
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
    facts = {"amount": Facts(np.arange(n), at, at, money)}
    if owners:
        facts["owner"] = Facts(np.arange(n), at, at, names)
    return History(
        deals=Deals(np.array([f"D{i}" for i in range(n)], dtype=object), at, at),
        spells=Spells(deal, stage, entered, entered, out, out, to),
        facts=facts,
        ends=Ends(deal[closed], to[closed], out[closed], out[closed]),
        stages=("Demo", "Offer"), time_zone=ZONE, last=end - 1, form="events", currency="USD",
    )  # fmt: skip


def moved(history: History, speeds: np.ndarray) -> History:
    """The same deals under a clock that passes over each day from START on at a speed of its own."""
    origin = history.midnight(START)
    passed = np.concatenate([[0.0], np.cumsum(speeds)])

    def at(instant: np.ndarray) -> np.ndarray:
        there = instant < np.iinfo(np.int64).max
        days = np.interp((np.where(there, instant, origin) - origin) / DAY, passed, np.arange(len(passed), dtype=float))
        return np.where(there, origin + np.rint(days * DAY).astype(np.int64), instant)

    s, e, d = history.spells, history.ends, history.deals
    born, entered, left, closed = (at(x) for x in (d.created, s.entered, s.left, e.closed))
    return replace(
        history, deals=replace(d, created=born, created_before=born), last=int(at(np.array([history.last]))[0]),
        spells=replace(s, entered=entered, entered_before=entered, left=left, left_before=left),
        ends=replace(e, closed=closed, closed_before=closed),
        facts={name: replace(f, since=born[f.deal], since_before=born[f.deal]) for name, f in history.facts.items()},
    )  # fmt: skip
