"""A history with known times as dated exports would show it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd

from simfunnel.history import History, read_history
from simfunnel.history.history import DAY, LOST, WON


def exported(
    history: History, every: int = 7, *, first: int = 3, kept: int = 30, last: int | None = None
) -> pd.DataFrame:
    """Rows of exports every so many days; deals that have ended stand in them for so many days more."""
    s, start = history.spells, int(history.deals.created.min()) // DAY * DAY
    moments = np.arange(start + first * DAY, history.last + 2, every * DAY)[:last]
    rows: list[dict[str, Any]] = []
    for at in moments.tolist():
        here = (s.entered < at) & (s.left >= at)
        over = (s.left < at) & np.isin(s.to, (WON, LOST)) & (s.left >= at - kept * DAY)
        day = dt.datetime.fromtimestamp(at // 1_000_000, dt.UTC).strftime("%Y-%m-%d")
        for i in np.flatnonzero(here | over).tolist():
            stage = history.stages[s.stage[i]] if here[i] else "Closed Won" if s.to[i] == WON else "Closed Lost"
            rows.append({"Snapshot Date": day, "Deal ID": history.deals.id[s.deal[i]], "Stage": stage, "Amount": 100})
    return pd.DataFrame(rows)


def read_back(rows: pd.DataFrame, history: History, **settings: Any) -> History:
    return read_history(rows, stages=list(history.stages), time_zone="UTC", **settings)
