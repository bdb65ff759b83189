"""Cautions of a scenario as a whole: what it takes for granted."""

from __future__ import annotations

from collections.abc import Iterator

from simfunnel.scenario.schema import Scenario
from simfunnel.wording.findings import Finding


def assumptions_missing(scenario: Scenario, *, uncertain: bool) -> Iterator[Finding]:
    """Say in one sentence which assumptions a scenario does without; `uncertain` is whether any rate is."""
    c = scenario.correlation
    missing = {  # a correlation of 0 that is written is no oversight
        "leads": not scenario.leads,
        "correlation": c.market + c.segment + c.owner == 0 and not c.model_fields_set,
        "uncertain_rates": not uncertain,
    }
    if any(missing.values()):
        yield Finding("assumptions_missing", {"missing": tuple(name for name, is_so in missing.items() if is_so)})
