"""The open pipeline in money: what is shown beside every forecast."""

from __future__ import annotations

from dataclasses import dataclass

from simfunnel.arrays import Floats


@dataclass(frozen=True, slots=True)
class PipelineValue:
    """The open pipeline of each group at as_of, major units."""

    open: Floats
    weighted: Floats
    weighted_by_close_date: Floats
    """(G, K)"""
