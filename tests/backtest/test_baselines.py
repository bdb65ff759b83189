"""Baselines of a history made by hand, against what is counted deal by deal."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from simfunnel.backtesting.baselines.pipeline import owner, same_point_mean, weighted
from simfunnel.backtesting.baselines.run_rates import run_rate_mean, seasonal
from simfunnel.backtesting.origin import Origin
from simfunnel.backtesting.past import Past
from simfunnel.history.history import (
    DAY,
    LOST,
    NEVER,
    STILL,
    UNDATED,
    VOID,
    WON,
    Deals,
    Ends,
    Facts,
    History,
    Spells,
    midnight,
)

START = dt.date(2024, 1, 1)
Deal = tuple[int, int | None, int, float]
"""Day of creation, day of the end, how it ended, amount."""


def history(deals: Sequence[Deal], days: int, zone: str = "UTC") -> History:
    """One stage; all at midnight of days since the start."""

    def at(day: int | None) -> int:
        return NEVER if day is None else midnight(START + dt.timedelta(days=day), zone)

    n = len(deals)
    number = np.arange(n)
    created = np.array([at(d[0]) for d in deals])
    left = np.array([at(d[1]) for d in deals])
    to = np.array([d[2] for d in deals])
    over = left != NEVER
    amounts = Facts(number, created, created, np.array([d[3] for d in deals]))
    return History(
        deals=Deals(np.array([f"D{i}" for i in range(n)], dtype=object), created, created),
        spells=Spells(number, np.zeros(n, dtype=np.int64), created, created, left, left, to),
        facts={"amount": amounts}, ends=Ends(number[over], to[over], left[over], left[over]), stages=("Open",),
        time_zone=zone, last=midnight(START + dt.timedelta(days=days), zone) - 1, form="events", currency="EUR",
        since=midnight(START, zone),
    )  # fmt: skip


def origin(deals: Sequence[Deal], day: int, length: int = 10, **more: object) -> Origin:
    past = Past(replace(history(deals, day + length), **more), count=False)
    return Origin(past, START + dt.timedelta(days=day), length)


def test_void_deals_are_neither_won_nor_lost() -> None:
    """Of three that were decided one is won; two void ones say nothing of the worth of the open deal."""
    deals = [(0, 5, WON, 7.0), (0, 6, LOST, 7.0), (1, 7, LOST, 7.0), (1, 8, VOID, 7.0), (1, 9, VOID, 7.0),
             (2, None, STILL, 90.0)]  # fmt: skip
    assert weighted(origin(deals, 20)).tolist() == [pytest.approx(30.0)]


@pytest.mark.parametrize(("day", "share"), [(40, 1.0), (6, 0.6), (1, 0.2)])
def test_a_window_seen_in_part_is_scaled_up_but_not_beyond_five_times(day: int, share: float) -> None:
    deals = [(0, day - 1, WON, 12.0), (0, None, STILL, 5.0)]
    now = origin(deals, day)
    assert run_rate_mean(now, now) == pytest.approx(12.0 / share)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin"])
def test_a_window_begins_with_its_day_although_a_summer_ended_in_it(zone: str) -> None:
    """Ten days before 2024-11-01 is 2024-10-22; clocks went back on the 27th."""
    day = (dt.date(2024, 11, 1) - START).days
    deals = [(0, day - 11, WON, 1.0), (0, day - 10, WON, 2.0), (0, day - 1, WON, 4.0), (0, day, WON, 8.0)]
    past = Past(history(deals, day + 400, zone), count=False)
    now = Origin(past, START + dt.timedelta(days=day), 10)
    assert run_rate_mean(now, now) == pytest.approx(6.0)
    later = Origin(past, START + dt.timedelta(days=day + 355), 10)  # a year later: its window is that of before
    found = seasonal(later)
    assert found is not None
    assert found.mean() == pytest.approx(6.0, rel=0.05)


def test_the_same_point_of_earlier_windows() -> None:
    """Of 100 open ten days ago 40 were won within ten days, of 50 twenty days ago 20; new ones brought 3 and 5."""
    deals = [
        (0, 29, WON, 20.0), (0, 33, WON, 30.0), (0, 60, LOST, 40.0), (12, 38, WON, 10.0), (22, 59, LOST, 20.0),
        (25, 28, WON, 5.0), (31, 33, WON, 3.0), (36, None, STILL, 100.0),
    ]  # fmt: skip
    now = origin(deals, 40)
    worth, had, new = 0.0, 0.0, []
    for before in (30, 20):
        there = [d for d in deals if d[0] < before and (d[1] is None or d[1] >= before)]
        won = [d for d in deals if d[2] == WON and d[1] is not None and before <= d[1] < before + 10]
        had += sum(d[3] for d in there)
        worth += sum(d[3] for d in there if d in won)
        new.append(sum(d[3] for d in won if d[0] >= before))
    assert new == [3.0, 5.0]
    still = sum(d[3] for d in deals if d[0] < 40 and (d[1] is None or d[1] >= 40))
    assert same_point_mean(now) == pytest.approx(worth / had * still + 4.0)


def dated(deals: Sequence[Deal], since: int | None, value: Sequence[float]) -> Facts:
    at = UNDATED if since is None else midnight(START + dt.timedelta(days=since), "UTC")
    return Facts(np.arange(len(deals)), np.full(len(deals), at), np.full(len(deals), at), np.array(value))


def test_owners_are_believed_for_deals_that_they_expect_to_close_in_the_window() -> None:
    deals = [(0, None, STILL, 100.0), (0, None, STILL, 10.0), (0, None, STILL, 1.0)]
    close = midnight(START, "UTC") + np.array([25.0, 30.0, 3.0]) * DAY
    facts = {"probability": dated(deals, 1, [0.5, 0.5, 0.2]), "close_date": dated(deals, 1, close.tolist())}
    amounts = history(deals, 30).facts
    found = owner(origin(deals, 20, facts={**amounts, **facts}))
    assert found is not None
    assert found.tolist() == [pytest.approx(50.2)]  # the second is expected on the day after the window


def test_probabilities_that_nobody_dated_are_those_of_the_end() -> None:
    """A file of one row a deal says 100 % of what is won by now: on a day of the past nobody knew."""
    deals = [(0, 25, WON, 100.0), (0, 26, LOST, 100.0)]
    facts = {**history(deals, 30).facts, "probability": dated(deals, None, [1.0, 0.0])}
    assert owner(origin(deals, 20, facts=facts)) is None
