"""A history as two dates a deal would tell it: created and closed, one stage between."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from simfunnel.history.history import NEVER, STILL, UNSEEN, Ends, History, Spells

STAGE = "Open"


def as_two_dates(history: History) -> History:
    """Forget the stages of a view: each deal is open from its creation to its last end.

    A deal that nobody saw any more is out of sight from when it was seen last; one opened again is open until its later
    end.
    """
    n = len(history.deals)
    s, e = history.spells, history.ends
    to = np.full(n, UNSEEN, dtype=np.int64)
    left, before = history.deals.created.copy(), history.deals.created_before.copy()
    gone = s.left != NEVER
    np.maximum.at(left, s.deal[gone], s.left[gone])
    np.maximum.at(before, s.deal[gone], s.left_before[gone])
    order = np.argsort(e.closed, kind="stable")
    last = np.full(n, -1, dtype=np.int64)
    last[e.deal[order]] = order
    over = last >= 0
    to[over] = e.outcome[last[over]]
    left[over], before[over] = e.closed[last[over]], e.closed_before[last[over]]
    still = s.deal[s.to == STILL]
    to[still], left[still], before[still] = STILL, NEVER, NEVER
    staged = np.zeros(n, dtype=np.bool_)
    staged[s.deal] = True
    deal = np.flatnonzero(staged)
    created = history.deals.created[deal]
    spells = Spells(
        deal, np.zeros(len(deal), dtype=np.int64), created, history.deals.created_before[deal],
        np.maximum(left[deal], created), np.maximum(before[deal], created), to[deal],
    )  # fmt: skip
    final = np.isin(np.arange(len(e.deal)), last[over])
    ends = Ends(e.deal[final], e.outcome[final], e.closed[final], e.closed_before[final])
    return replace(history, spells=spells, ends=ends, stages=(STAGE,), form="two_dates")
