"""Copies of a model with something else in one place: the only ones that are made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from simfunnel.arrays import Bools, Floats
from simfunnel.funnel.model import Funnels, Model, every_win


def with_deals_as_groups(model: Model) -> Model:
    """Every open deal a group of its own, after that of everything: a ledger then tells what each deal brought."""
    D, streams, closed = len(model.deals.stage), len(model.streams.source), len(model.closed.day)
    own = np.column_stack([np.zeros(D, dtype=np.int64), np.arange(1, D + 1)]).ravel()
    return replace(
        model,
        deals=model.deals._replace(group_start=2 * np.arange(D + 1), group=np.ascontiguousarray(own)),
        streams=model.streams._replace(group_start=np.arange(streams + 1), group=np.zeros(streams, dtype=np.int64)),
        closed=model.closed._replace(group_start=np.arange(closed + 1), group=np.zeros(closed, dtype=np.int64)),
        groups=D + 1,
    )


def with_market_alone(model: Model) -> Model:
    """Of what deals share, the market factor without those of segments and owners."""
    return replace(model, factors=model.factors._replace(segment_load=0.0, owner_load=0.0))


def with_leads_only_of(model: Model, streams: Sequence[bool] | Bools) -> Model:
    """No leads but those of some streams: a flag for each."""
    return replace(model, streams=model.streams._replace(mean=np.where(streams, model.streams.mean, 0.0)))


def without_payment(model: Model) -> Model:
    """No payment terms: the time to a win, and bookings, do not depend on them."""
    nothing = model.payment._replace(share=np.zeros(0), delay_table=np.zeros(0, dtype=np.int64))
    return replace(model, payment=nothing)


def with_timing_at_mean_rates(model: Model) -> Model:
    """Without payment terms, with a time to a win that is that at the mean rates; win probabilities keep theirs.

    Only where uncertain rates and several ways to Won meet does the time to a win depend on the rates at all, and then
    little; the law at each of thousands of nodes would take minutes.
    """
    certain = np.zeros_like(model.funnels.uncertain)
    return replace(without_payment(model), funnels=model.funnels._replace(uncertain=certain))


def without_months(model: Model) -> Model:
    """Every win of a candidate is kept, in whatever month of the quarter it falls."""
    return replace(model, months=every_win())


def with_funnels(model: Model, funnels: Funnels) -> Model:
    """Other funnels over the same stages, such as those of one draw of the rates."""
    return replace(model, funnels=funnels)


def with_bounds(model: Model, bound: Floats) -> Model:
    """Other bounds of the periods, in operational time."""
    return replace(model, grid=model.grid._replace(bound=bound))
