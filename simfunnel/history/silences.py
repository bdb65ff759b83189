"""Years of which a history tells nothing: what lies beyond them is few, and its dates are doubtful."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simfunnel.arrays import Ints
from simfunnel.history.history import NEVER, UNDATED, History
from simfunnel.history.strays import AFTER, BEFORE
from simfunnel.wording.findings import Finding

_NAMED = 3


@dataclass(frozen=True)
class Silence:
    """A stretch of years without any event; instants."""

    begins: int
    """The last event before it."""
    ends: int
    """The first after it."""
    late: bool
    """Whether less lies after it than before."""
    deals: tuple[str, ...]
    """Ids of deals with an event on the side where less lies."""

    def finding(self, history: History) -> Finding:
        """Say which deals lie years apart."""
        return Finding("years_apart", {
            "deals": self.deals[:_NAMED], "count": len(self.deals), "late": self.late,
            "begins": history.day(self.begins).isoformat(), "ends": history.day(self.ends).isoformat(),
        })  # fmt: skip


def silences(history: History) -> tuple[Silence, ...]:
    """Find the stretches without any event, of more than two years before the last few, or ten after the first few."""
    deal, at = _events(history)
    times = np.unique(at)
    found = []
    for i in np.flatnonzero(np.diff(times) > AFTER).tolist():
        begins, ends = int(times[i]), int(times[i + 1])
        after = at >= ends
        late = 2 * int(after.sum()) <= len(at)
        if late or ends - begins > BEFORE:
            apart = np.unique(deal[after if late else ~after])
            found.append(Silence(begins, ends, late, tuple(history.deals.id[apart[apart >= 0]].tolist())))
    return tuple(found)


def _events(history: History) -> tuple[Ints, Ints]:
    """Deal and instant of all that a history tells, from the day on from which it is used; deal -1: of none."""
    s, e = history.spells, history.ends
    dated = [(f.deal[f.since != UNDATED], f.since[f.since != UNDATED]) for f in history.facts.values()]
    moments = np.array([history.last]) if history.moments is None else np.append(history.moments, history.last)
    told = [
        (np.arange(len(history.deals)), history.deals.created), (s.deal, s.entered), (s.deal, s.left),
        (e.deal, e.closed), *dated, (np.full(len(moments), -1), moments),
    ]  # fmt: skip
    deal, at = (np.concatenate(column) for column in zip(*told, strict=True))
    used = (at != NEVER) & (at >= (UNDATED if history.since is None else history.since))
    return deal[used], at[used]
