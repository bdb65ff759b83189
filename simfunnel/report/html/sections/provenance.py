"""Where the numbers come from, and how to make them again."""

from __future__ import annotations

from simfunnel.report.html.blocks import Block, Section, Table, cell
from simfunnel.report.html.material import Material
from simfunnel.report.html.sections.common import sentence
from simfunnel.report.words.forecast import how_made
from simfunnel.wording.language import in_english, joined, tell
from simfunnel.wording.numbers import day_told


def provenance(m: Material) -> Section:
    """Lay out the commands and what they rest on."""
    p = m.forecast.provenance
    hidden = tell("pseudonyms; the key is with whoever made this") if m.anonymous else ""
    if m.alike:
        hidden = tell(
            "{pseudonyms}; {names} may also be a stage, segment, source or variant, whose name is the same",
            pseudonyms=hidden, names=joined(m.alike),
        )  # fmt: skip
    facts = [
        (tell("Names"), hidden),
        (tell("Scenario"), p.scenario_name or p.scenario_path or ""), (tell("File"), p.scenario_path or ""),
        (tell("As of"), day_told(m.forecast.as_of)), (tell("Hash of what was read"), p.sha256),
        (tell("Changed by"), ", ".join(p.overrides) if m.owner is None else ""), (tell("Variant"), p.variant or ""),
        (tell("Method"), how_made(m.forecast)), (tell("Seed"), str(p.seed) if p.trials else ""),
        (tell("Made by"), f"simfunnel {p.version}"),
    ]  # fmt: skip
    blocks: list[Block] = [
        Table(tell("What this rests on"), [tell("Fact"), tell("Value{of_money_or_none}", of_money_or_none="")],
              [[cell(name), cell(value)] for name, value in facts if value], texts=(0, 1)),
        sentence(tell("The numbers can be made again:")),
        *(sentence(source.made, "command") for source in m.sources),
    ]  # fmt: skip
    if m.untold and not in_english():
        blocks.append(sentence(tell(
            "Sentences of {results} stand in English: their folders are of an earlier version; make them again.",
            results=joined(m.untold),
        ), "note"))  # fmt: skip
    return Section("provenance", tell("Where it comes from"), blocks)
