"""Cohorts: what has become of the deals created in a month, by the end of each month since."""

from __future__ import annotations

import datetime as dt

import numpy as np

from simfunnel.diagnosis.results import Cohort
from simfunnel.estimation.outcomes import GONE, OPEN, Outcomes
from simfunnel.history.history import DAY, LOST, VOID, WON, History


def cohorts(history: History, deals: Outcomes, since: float) -> tuple[Cohort, ...]:
    """Count, for each month of creation, won, lost and open deals at the end of each month up to now.

    They add up to the deals of the cohort in each row; the last row of a cohort is how it stands now.
    """
    used = (deals.created >= since) & (deals.created < history.end / DAY)
    if not used.any():
        return ()
    first = history.day(int(deals.created[used].min() * DAY))
    starts = periods(first, history.day(history.end), 1)
    ends = np.array([history.midnight(day) / DAY for day in starts[1:]])
    ends = np.append(ends[ends < history.end / DAY], history.end / DAY)
    month = np.where(used, np.searchsorted(ends, deals.created, side="right"), -1)
    rows = []
    for i in range(len(ends)):
        mine = month == i
        n = int(mine.sum())
        if not n:
            continue
        for j in range(i, len(ends)):
            over = mine & (deals.outcome != OPEN) & (deals.ended < ends[j])
            won, lost, void, gone = (int((over & (deals.outcome == o)).sum()) for o in (WON, LOST, VOID, GONE))
            rows.append(Cohort(starts[i], j - i, n, won, lost, void, gone, n - won - lost - void - gone))
    return tuple(rows)


def periods(first: dt.date, last: dt.date, months: int) -> list[dt.date]:
    """First days of the periods of so many months from the one of `first` to the one after `last`."""
    start = first.replace(day=1, month=(first.month - 1) // months * months + 1)
    found = [start]
    while found[-1] <= last:
        year, month = divmod(found[-1].year * 12 + found[-1].month - 1 + months, 12)
        found.append(dt.date(year, month + 1, 1))
    return found
