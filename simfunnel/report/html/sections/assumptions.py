"""The assumptions of the scenario, each with what it rests on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from simfunnel.families.distribution import Distribution
from simfunnel.report.html.blocks import Block, Cell, Table, amount, cell
from simfunnel.report.html.material import Material
from simfunnel.report.html.sections.common import count_cell, sentence
from simfunnel.report.words.plan import EACH
from simfunnel.scenario import Scenario
from simfunnel.scenario.rates import Rate
from simfunnel.scenario.stages import StageKeys
from simfunnel.wording.language import joined, tell, term
from simfunnel.wording.numbers import money, percent


def assumptions(m: Material) -> list[Block]:
    """Rates with the number of deals they rest on, times, amounts, leads, and the spread that is assumed."""
    if m.assumed is None:
        how = tell("A saved forecast does not hold its assumptions: name the scenario to see them.")
        return [sentence(how, "missing")]
    columns = [tell("Assumption"), tell("Value{of_money_or_none}", of_money_or_none=""), tell("From so many deals")]
    note = tell("A rate without a number of deals is taken for certain; the fewer the deals, the wider the forecast.")
    rows = [*_rates(m.assumed), *_others(m.assumed)]
    return [Table(tell("What is assumed"), columns, rows, texts=(0, 1),
                  searchable=len(rows) > 20, note=note)]  # fmt: skip


def _rates(s: Scenario) -> Iterator[list[Cell]]:
    for stage in s.stages:
        yield from _of_stage(stage.name, stage)
    for segment, its in s.segments.items():
        for name, override in its.stages.items():
            yield from _of_stage(joined([name, segment]), override)


def _of_stage(name: str, stage: StageKeys) -> Iterator[list[Cell]]:
    def named(what: str) -> Cell:
        return cell(tell("{stage}: {what}", stage=name, what=what))

    for what, rate in ((tell("conversion"), stage.conversion), (tell("win rate"), stage.win_rate)):
        if isinstance(rate, Rate):
            yield [named(what), amount(percent(rate.mean), rate.mean), count_cell(rate.n)]
    for way in stage.transitions or ():
        chance = amount(percent(way.probability), way.probability)
        yield [named(tell("goes to {stage}", stage=way.to)), chance, count_cell(stage.n)]
    for what, law in ((tell("days"), stage.duration), (tell("days of those lost"), stage.lost_duration)):
        if law is not None:
            yield [named(what), cell(_law(law)), cell("")]


def _others(s: Scenario) -> Iterator[list[Cell]]:
    amounts = {tell("amount of a won deal"): s.amount}
    amounts |= {tell("amount, {name}", name=name): its.amount for name, its in s.segments.items()}
    for what, law in amounts.items():
        if law is not None:
            yield [cell(what), cell(_law(law)), cell("")]
    if s.pipeline.realization is not None:
        yield [cell(tell("final amount / listed amount")), cell(_law(s.pipeline.realization)), cell("")]
    for source in s.leads:
        told = tell("{n:g} {a_week}", n=source.rate.mean, a_week=tell(EACH[source.rate.per]))
        if source.rate.level_sd:
            told += tell(", known to ± {share}", share=percent(source.rate.level_sd))
        yield [cell(tell("leads, {name}", name=source.name)), cell(told), cell("")]
    spread = {
        tell("market: share of all deals' luck in common"): s.correlation.market,
        tell("the same within a segment"): s.correlation.segment,
        tell("the same of an owner"): s.correlation.owner,
        tell("uncertainty of the speed of all deals"): 0.0 if s.pace is None else s.pace.sd,
        tell("uncertainty of the level of amounts"): 0.0 if s.amount_level is None else s.amount_level.sd,
        tell("uncertainty of the level of all leads"): 0.0 if s.leads_level is None else s.leads_level.sd,
    }
    for what, share in spread.items():
        yield [cell(what), amount(percent(share), share), cell("")]
    if s.anchor is not None:
        yield [
            cell(tell("all win rates, towards the run-rate, times")),
            amount(f"{s.anchor.factor:.2f}", s.anchor.factor),
            cell(""),
        ]


def _law(law: Distribution) -> str:
    """A distribution in a line: its family and what it was given as."""
    written: Any = law.model_dump()
    if not isinstance(written, Mapping):
        return f"{written}" if isinstance(written, str) else f"{written:g}"
    ((family, given),) = written.items() if len(written) == 1 else ((law.family, {}),)
    if family in ("empirical", "mixture"):
        return tell("as measured") if family == "empirical" else tell("a mixture of several")
    values = given.items() if isinstance(given, Mapping) else [("", given)]
    parts = [f"{term(name) if name else ''} {money(v) if v >= 1000 else f'{v:g}'}".strip() for name, v in values]
    return tell("{family}: {parameters}", family=term(family), parameters=joined(parts))
