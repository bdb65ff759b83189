"""What is doubtful in metrics."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from simfunnel.diagnosis.grouping import Groups
from simfunnel.diagnosis.results import GroupMetrics
from simfunnel.wording.findings import Finding

FEW, FEW_OF_GROUP = 100, 10
"""Decided deals, of all and of a group, below which rates rest on little."""


def doubts(whole: GroupMetrics, groups: Sequence[GroupMetrics], grouping: Groups) -> Iterator[Finding]:
    """Say what is doubtful, the most costly first."""
    if whole.decided < FEW:
        yield Finding("few_events", {"decided": whole.decided})
    if grouping.by is None:
        return
    if grouping.undated:
        yield Finding("undated_fact", {"fields": [grouping.by]}, key="history.undated")
    small = sum(group.decided < FEW_OF_GROUP for group in groups)
    if small:
        yield Finding("few_events_in_groups", {"groups": small, "of": len(groups), "least": FEW_OF_GROUP})
