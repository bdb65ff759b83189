"""Deals that came and ended between two snapshots."""

from __future__ import annotations

import numpy as np

from simfunnel.history.history import LOST, UNSEEN, VOID, WON, History


def unseen_deals(history: History) -> float:
    """Estimate how many deals no snapshot ever showed in a stage.

    Those that a later snapshot shows ended are counted. Others were gone from it: as often as deals that were seen in a
    stage were gone from the next snapshot instead of standing in it with their end. 0 where times are known.
    """
    if history.moments is None or not len(history.moments):
        return 0.0
    s, e, deals = history.spells, history.ends, history.deals
    staged = np.bincount(s.deal, minlength=len(deals)) > 0
    late = deals.created_before > history.moments[0]
    shown = np.unique(e.deal[(e.outcome != VOID) & ~staged[e.deal] & late[e.deal]])
    ended, gone = int(np.isin(s.to, (WON, LOST)).sum()), int((s.to == UNSEEN).sum())
    return len(shown) * (ended + gone) / ended if ended else float(len(shown))
