"""What is doubtful in metrics."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from simfunnel.diagnosis.results import GroupMetrics
from simfunnel.estimation.grouping import Groups
from simfunnel.wording.findings import Finding

FEW, FEW_OF_GROUP = 100, 10
"""Decided deals, of all and of a group, below which rates rest on little."""


SHARE = 0.05
"""Share of the decided deals without a stage from which on it is said."""


def doubts(
    whole: GroupMetrics, groups: Sequence[GroupMetrics], grouping: Groups, unstaged: int, gap: float | None,
    fast: Sequence[str],
) -> Iterator[Finding]:  # fmt: skip
    """Say what is doubtful, the most costly first.

    Parameters
    ----------
    unstaged
        Decided deals that were never seen in a stage.
    gap, fast
        Days between dated exports, and the stages that most deals leave sooner.
    """
    if unstaged > SHARE * whole.decided:
        fields = {"deals": unstaged, "decided": whole.decided}
        yield Finding("decided_without_stage", fields, key="history.stages")
    if gap is not None and fast:
        yield Finding("wide_gaps", {"gap": gap, "stages": list(fast)})
    if whole.decided < FEW:
        yield Finding("few_events", {"decided": whole.decided})
    if grouping.by is None:
        return
    if grouping.undated:
        yield Finding("undated_fact", {"fields": [grouping.by]}, key="history.undated")
    small = sum(group.decided < FEW_OF_GROUP for group in groups)
    if small:
        yield Finding("few_events_in_groups", {"groups": small, "of": len(groups), "least": FEW_OF_GROUP})
