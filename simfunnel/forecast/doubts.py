"""Where an exact forecast is known less well than an exact answer promises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from simfunnel.engine.exact.solve import SolvedDistribution
from simfunnel.funnel.model import ALL
from simfunnel.wording.findings import Finding

Key = tuple[int, int, str]
"""(group, period, kind)"""
SELF_CHECK = 1e-3
GOOD_STANDARD_ERROR = 0.005
GOOD_STEP = 1e-5
GOOD_GRID = 1e-3
GOOD_GROUP, GROUP_CHECK = 0.01, 0.01
"""Of groups without a target, on which less work is spent."""


def doubts_of_whole(found: Mapping[Key, SolvedDistribution]) -> list[Finding]:
    """Say where the distributions of everything are rough."""
    whole = [s for (g, _, _), s in found.items() if g == ALL]
    doubts = []
    worst = max(s.check for s in whole)
    if not worst <= SELF_CHECK:
        doubts.append(Finding("exact_fails_its_check", {"off": worst}))
    drawn = max((s.integration_error for s in whole if s.replicated), default=0.0)
    if drawn > GOOD_STANDARD_ERROR:
        doubts.append(Finding("exact_draws_are_rough", {"stderr": drawn}))
    step = max((s.integration_error for s in whole if not s.replicated), default=0.0)
    if step > GOOD_STEP:
        doubts.append(Finding("exact_rule_is_rough", {"moves": step}))
    grid = max(s.grid_error for s in whole)
    if grid > GOOD_GRID:
        doubts.append(Finding("exact_buckets_are_coarse", {"off": grid}))
    return doubts


def doubts_of_groups(found: Mapping[Key, SolvedDistribution], groups: Sequence[tuple[str, str]]) -> list[Finding]:
    """Say in one line that some groups are known less well than a user would think, and which least."""
    errors = {
        key: s.grid_error + s.integration_error + (1.0 if not s.check <= GROUP_CHECK else 0.0)
        for key, s in found.items()
        if key[0] != ALL
    }
    rough = {g for (g, _, _), error in errors.items() if error > GOOD_GROUP}
    if not rough:
        return []
    worst = max(errors, key=lambda key: errors[key])
    dimension, name = groups[worst[0]]
    fields = {
        "groups": len(rough), "bound": GOOD_GROUP, "kind": worst[2], "dimension": dimension, "name": name,
        "off": found[worst].stated_error,
    }  # fmt: skip
    return [Finding("exact_groups_are_rough", fields)]
