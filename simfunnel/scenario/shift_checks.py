"""Checks of shifts against the scenario they belong to: do the names they are narrowed by exist?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from simfunnel.scenario.shifts import Shift
from simfunnel.values.frozen import Loc
from simfunnel.values.messages import unknown

if TYPE_CHECKING:
    from simfunnel.scenario.schema import Scenario


def check_shifts(scenario: Scenario) -> Iterator[tuple[Loc, str]]:
    """Check every shift of every variant."""
    for name, variant in scenario.variants.items():
        for i, shift in enumerate(variant.shifts):
            for text in shift_faults(scenario, shift):
                yield ("variants", name, *variant.place, i, "path"), text


def shift_faults(scenario: Scenario, shift: Shift) -> Iterator[str]:
    """List the names in the filters of a shift that the scenario does not know.

    Owners, and with a pipeline file segments and sources too, may come from the data; they are
    checked only when it has been read.
    """
    path = shift.target
    known: dict[str, list[str]] = {"stage": [stage.name for stage in scenario.stages]}
    sources = [source.name for source in scenario.leads]
    if path.name.startswith("leads."):
        known["source"] = sources
    if scenario.pipeline.inline:
        deals = scenario.pipeline.opportunities
        from_leads = (name for s in scenario.leads for name in s.segment_shares)
        segments = [*scenario.segments, *from_leads, *(d.segment for d in deals)]
        known["segment"] = list(dict.fromkeys(s for s in segments if s is not None))
        known.setdefault("source", list(dict.fromkeys([*sources, *(d.source for d in deals if d.source)])))
    for key, name in path.filters.items():
        if key in known and name not in known[key]:
            yield unknown("lead source" if key == "source" else key, name, known[key])
