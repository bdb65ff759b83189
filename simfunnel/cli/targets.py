"""``run --target``: a target as one more change of the scenario, so that it is recorded like any other."""

from __future__ import annotations

import json
from collections.abc import Sequence


def target_override(scenario: str, overrides: Sequence[str], target: str, period: str | None) -> str:
    """Write the targets of a scenario, with another one for everything in a period, as ``--set`` takes them.

    Parameters
    ----------
    scenario
        Scenario file.
    overrides
        Changes that come before.
    target
        Amount to reach, such as 3M.
    period
        Label, or total; default the first.

    Raises
    ------
    InputError
        If the scenario cannot be read, or the target is no amount above 0.
    """
    from simfunnel.errors import InputError
    from simfunnel.funnel.calendar import fiscal_periods
    from simfunnel.planning.goal import resolve_target
    from simfunnel.scenario import load_scenario
    from simfunnel.scenario.schema import TOTAL

    amount = resolve_target(target)
    known = load_scenario(scenario, overrides).scenario
    labels = [p.label for p in fiscal_periods(known.periods, known.as_of)]
    label = labels[0] if period is None else period
    if label not in (*labels, TOTAL):
        raise InputError(f"no period '{label}' in the scenario; known: {', '.join(labels)}, {TOTAL}")
    kept = [t for t in known.targets if t.group is not None or t.period != label]
    listed = [t.model_dump(mode="json", exclude_none=True, exclude_defaults=True) for t in kept]
    return f"targets={json.dumps([*listed, {'period': label, 'amount': amount}], ensure_ascii=False)}"
