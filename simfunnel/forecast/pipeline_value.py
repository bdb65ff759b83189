"""The open pipeline in money: what is shown beside every forecast."""

from __future__ import annotations

from dataclasses import dataclass

from simfunnel.arrays import Floats, Ints


@dataclass(frozen=True, slots=True)
class PipelineValue:
    """The open pipeline of each group at as_of, major units."""

    open: Floats
    weighted: Floats
    weighted_by_close_date: Floats
    """(G, K) of the deals whose close date falls in the period"""
    close_dates: Ints
    """(G,) how many deals have a close date, whether it falls in a period or not"""

    def has_close_dates(self, group: int = 0) -> bool:
        """Whether any deal of a group has a close date, so that a period can be told what is due in it."""
        return bool(self.close_dates[group] > 0)
