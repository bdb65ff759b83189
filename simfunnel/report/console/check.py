"""The console page of `validate`."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from simfunnel.forecast.check import Check
from simfunnel.report.console.quality import caution_lines, column_notes, quality_notes
from simfunnel.wording.findings import CLOSED_MISSING
from simfunnel.wording.language import tell
from simfunnel.wording.numbers import period_told, plural


def check_page(result: Check, width: int) -> RenderableType:
    """Lay out what a scenario holds and what was noticed in it."""
    s, quality, periods = result.prepared.scenario, result.compiled.quality, result.compiled.book.periods
    name = result.prepared.loaded.source or s.name or tell("scenario")
    line = tell(
        "{name}: valid. {stages}, {open_deals}, {lead_sources}, {targets}, {variants}; {first} to {last}.",
        name=name,
        stages=plural(len(s.stages), "stage"),
        open_deals=plural(quality.used, "open deal"),
        lead_sources=plural(len(s.leads), "lead source"),
        targets=plural(len(s.targets), "target"),
        variants=plural(len(s.variants), "variant"),
        first=period_told(periods[0].label),
        last=period_told(periods[-1].label),
    )
    notes = [found for found in result.compiled.findings if found.code != CLOSED_MISSING]
    lines = [Text(f"! {found.sentence}", style="yellow") for found in notes]
    columns = column_notes(result.compiled, width)
    return Group(Text(line, style="bold"), *caution_lines(quality.cautions), *lines, *columns, *quality_notes(quality))
