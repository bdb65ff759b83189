"""Owners, teams and segments against their targets, each with a page of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from simfunnel.forecast.summary import GroupSummary, PeriodSummary
from simfunnel.report.html.blocks import Block, Cell, Chart, Part, Section, Table
from simfunnel.report.html.charts.distributions import distribution
from simfunnel.report.html.material import Material
from simfunnel.report.html.names import deal_names
from simfunnel.report.html.sections.answer import chosen_period
from simfunnel.report.html.sections.common import MOST_PAGES, chance_cell, money_cell, sentence
from simfunnel.report.html.sections.enough import EVEN, MARKED
from simfunnel.report.html.sections.moving import deal_table
from simfunnel.report.words.changes import called
from simfunnel.report.words.reached import trials_behind
from simfunnel.wording.language import sentences, tell
from simfunnel.wording.numbers import money, percent, period_told

DIMENSIONS = ("owner", "team", "segment")
MOST_ROWS = 300
"""Groups of a dimension that the table of the page shows; a workbook holds all."""


def people(m: Material) -> Section:
    """Lay out who reaches what."""
    groups, names = m.forecast.summary.groups, deal_names(m)
    chosen = chosen_period(m)
    k = next((i for i, p in enumerate(m.forecast.periods) if p.label == chosen.label), len(m.forecast.periods))
    titles = {"owner": tell("Owners"), "team": tell("Teams"), "segment": tell("Segments")}
    blocks: list[Block] = []
    parts: list[Part] = []
    for dimension in DIMENSIONS:
        labels = groups.get(dimension, {})
        if not labels:
            continue
        blocks.append(_table(m, titles[dimension], dimension, labels, k))
        if dimension != "segment" or m.owner is None:
            parts += [
                _page(m, dimension, i, name, labels[name], k, names)
                for i, name in enumerate(_largest(labels, k, MOST_PAGES))
            ]
    if not blocks:
        what = tell(
            "Here would stand owners and segments against their targets: the pipeline names none, or the scenario has "
            "no `teams` and no columns for them."
        )
        blocks.append(sentence(what, "missing"))
    return Section("people", tell("Who reaches what"), blocks, parts)


def anchor_of(dimension: str, number: int) -> str:
    """Anchor of the page of a group."""
    return f"{dimension}-{number + 1}"


def _table(m: Material, title: str, dimension: str, labels: Mapping[str, GroupSummary], k: int) -> Table:
    anchors = {name: anchor_of(dimension, i) for i, name in enumerate(_largest(labels, k, MOST_PAGES))}
    rows = {}
    for name, group in labels.items():
        p = (*group.periods, group.total)[k]
        q = p.bookings.quantiles
        own = Cell(called(name), anchor=anchors.get(name, ""))
        reached = p.attainment.probability if p.attainment else None
        rows[name] = [
            own, money_cell(p.target), chance_cell(reached, trials_behind(p, m.forecast)),
            money_cell(p.bookings.mean), money_cell(q[0.1]), money_cell(q[0.9]), money_cell(p.open_pipeline),
            money_cell(p.by_origin["closed"].mean),
        ]  # fmt: skip
    label = (*m.forecast.summary.overall.periods, m.forecast.summary.overall.total)[k].label
    columns = ("Name", "Target", "P(attain)", "Mean", "P10", "P90", "Open pipeline", "Closed")
    shown = _largest(labels, k, MOST_ROWS)
    return Table(
        tell("{title}, {period}", title=title, period=period_told(label)),
        [tell(name) for name in columns],
        [rows[name] for name in shown],
        searchable=len(shown) > 10,
        note=_others([(*group.periods, group.total)[k] for name, group in labels.items() if name not in set(shown)]),
        every=list(rows.values()) if len(shown) < len(rows) else (),
    )


def _largest(labels: Mapping[str, GroupSummary], k: int, most: int) -> list[str]:
    """The groups with the largest mean, in the order in which all stand."""
    if len(labels) <= most:
        return list(labels)
    mean = {name: (*group.periods, group.total)[k].bookings.mean for name, group in labels.items()}
    kept = set(sorted(labels, key=lambda name: -mean[name])[:most])
    return [name for name in labels if name in kept]


def _others(left: Sequence[PeriodSummary]) -> str:
    """What the groups bring that the table does not show."""
    if not left:
        return ""
    return tell(
        "These are the {most} with the largest mean. {others:,} more stand in the workbook (`--xlsx`): together they "
        "have a mean of {mean}, an open pipeline of {value} and {closed} closed.",
        most=MOST_ROWS, others=len(left), mean=money(sum(p.bookings.mean for p in left)),
        value=money(sum(p.open_pipeline for p in left)), closed=money(sum(p.by_origin["closed"].mean for p in left)),
    )  # fmt: skip


def _page(
    m: Material, dimension: str, number: int, name: str, group: GroupSummary, k: int, names: Mapping[str, str]
) -> Part:  # fmt: skip
    p = (*group.periods, group.total)[k]
    q = p.bookings.quantiles
    told = tell(
        "In {period} {name} books {middle} in the median; 8 in 10 futures end between {low} and {high}.",
        period=period_told(p.label), name=called(name), middle=money(q[0.5]), low=money(q[0.1]), high=money(q[0.9]),
    )  # fmt: skip
    if p.attainment is not None and p.target is not None:
        chance = percent(p.attainment.probability, trials_behind(p, m.forecast))
        reached = tell("The target of {target} is reached with {chance}.", target=money(p.target), chance=chance)
        told = sentences(told, reached)
    blocks: list[Block] = [sentence(told)]
    if p.target is not None:
        values = np.maximum.accumulate(m.forecast.quantiles(EVEN, p.label, group=(dimension, name)))
        title = tell("What {name} may book in {period}", name=called(name), period=period_told(p.label))
        blocks.append(Chart(title, distribution(values, {n: q[at] for at, n in MARKED}, p.target, title, told)))
    if dimension == "owner" and m.health is not None:
        mine = [deal for deal in m.health["deals"] if deal["owner"] == name]
        if mine:
            title = tell("Open deals of {name}", name=called(name))
            blocks.append(deal_table(title, mine, names, m.forecast.periods[-1].label))
    return Part(called(name), blocks, anchor_of(dimension, number))
