"""Payments of deals that were won before as_of: the day of the win is known, so a payment is a draw among periods.

An instalment is due at or after a day where its uniform is below a chance that is the same in all trials: no delay is
looked up, and all trials of a block are compared at once.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from simfunnel.arrays import Floats, Ints, Words
from simfunnel.engine.draws.streams import Counter, draw, trial_state, uniform
from simfunnel.engine.jit import kernel
from simfunnel.engine.run.ledger import Ledger
from simfunnel.funnel.model import Model

_PAYMENT = int(Counter.PAYMENT)


class ClosedPayments(NamedTuple):
    """Instalments of closed deals, ordered so that deals of the same groups are neighbours."""

    deal: Ints
    """(N,) closed deal at each place."""
    start: Ints
    """(R + 1,) first place of each run: deals of the same groups."""
    group_start: Ints
    group: Ints
    """Groups of each run."""
    due: Ints
    """(N, M) minor units of each instalment; together the amount."""
    later: Floats
    """(N, M, K + 1) P(it is paid at or after each bound of the periods)."""


def closed_payments(model: Model) -> ClosedPayments:
    """Find what is left to draw of the payments of closed deals; without payment terms nothing is."""
    closed, bounds = model.closed, model.grid.day
    shares = model.payment.share
    labels = [
        tuple(closed.group[a:b].tolist()) for a, b in zip(closed.group_start[:-1], closed.group_start[1:], strict=True)
    ]
    order = sorted(range(len(labels)) if len(shares) else [], key=labels.__getitem__)
    cuts = [i for i in range(len(order)) if i == 0 or labels[order[i]] != labels[order[i - 1]]]
    index = np.array(order, dtype=np.int64)
    # rounded in total after each instalment: no minor unit is made or lost
    paid = np.floor(shares * closed.amount[index, None] + 0.5).astype(np.int64)
    waits = bounds - closed.day[index, None]
    later = np.empty((len(order), len(shares), len(bounds)))
    for m, table in enumerate(model.payment.delay_table.tolist()):
        delay = model.distributions[table]
        later[:, m] = np.where(waits > 0.0, delay.sf(np.maximum(waits, 0.0)), 1.0)
    groups = [labels[order[i]] for i in cuts]
    return ClosedPayments(
        deal=index,
        start=np.array([*cuts, len(order)], dtype=np.int64),
        group_start=np.concatenate([[0], np.cumsum([len(found) for found in groups])]).astype(np.int64),
        group=np.array([g for found in groups for g in found], dtype=np.int64),
        due=np.diff(paid, axis=1, prepend=0),
        later=later,
    )


@kernel
def closed_cash_block(
    payments: ClosedPayments, key: Words, first: int, state: Words, wait: Floats, later: Ints, ledger: Ledger
) -> None:
    """Add the payments of closed deals in trials first, first + 1, ... to the ledger of these trials.

    `state` and `wait` (B,) and `later` (K + 1, B) are working space: `later` what is paid at or after each bound.
    """
    bounds = len(later)
    for r in range(len(payments.start) - 1):
        for k in range(bounds):
            for t in range(len(state)):
                later[k, t] = 0
        for place in range(payments.start[r], payments.start[r + 1]):
            own = key[payments.deal[place]]
            for t in range(len(state)):
                state[t] = trial_state(own, np.uint64(first) + np.uint64(t))
            for m in range(payments.due.shape[1]):
                counter, due = np.uint64(_PAYMENT + m), payments.due[place, m]
                for t in range(len(state)):
                    wait[t] = 1.0 - uniform(draw(state[t], counter))
                for k in range(bounds):
                    limit, into = payments.later[place, m, k], later[k]
                    for t in range(len(state)):
                        into[t] += due if wait[t] <= limit else np.int64(0)
        for j in range(payments.group_start[r], payments.group_start[r + 1]):
            for k in range(bounds - 1):
                into, here, after = ledger.cash[payments.group[j], k], later[k], later[k + 1]
                for t in range(len(state)):
                    into[t] += here[t] - after[t]
