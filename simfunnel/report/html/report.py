"""The report of a forecast: its sections in the order in which a manager asks, as one HTML file."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

from simfunnel.errors import InputError
from simfunnel.report.html.blocks import Paragraph, Section
from simfunnel.report.html.material import Material
from simfunnel.report.html.of_owner import OF_ALL, left_out
from simfunnel.report.html.page import Page, render
from simfunnel.report.html.sections.actions import actions
from simfunnel.report.html.sections.answer import answer
from simfunnel.report.html.sections.bottleneck import bottleneck
from simfunnel.report.html.sections.enough import enough
from simfunnel.report.html.sections.moving import moving
from simfunnel.report.html.sections.people import people
from simfunnel.report.html.sections.provenance import provenance
from simfunnel.report.html.sections.trust import trust
from simfunnel.report.html.workbook import workbook_of
from simfunnel.report.xlsx.workbook import Contents
from simfunnel.values.messages import unknown
from simfunnel.wording.language import CHINESE, spoken, tell

SECTIONS: dict[str, Callable[[Material], Section]] = {
    "answer": answer,
    "enough": enough,
    "moving": moving,
    "bottleneck": bottleneck,
    "actions": actions,
    "trust": trust,
    "people": people,
    "provenance": provenance,
}
"""Name of a section -> what lays it out, in the order of the report."""


def report_html(material: Material, sections: Sequence[str] = ()) -> str:
    """Write a report.

    Parameters
    ----------
    material
        What it is made of.
    sections
        Names of the sections that are wanted, in the order of the report whatever their order here; all for none.

    Returns
    -------
    str
        HTML that loads nothing.

    Raises
    ------
    InputError
        If there is no such section.
    """
    check_sections(sections)
    p = material.forecast.provenance
    title = p.scenario_name or tell("Sales forecast")
    made = tell("as of {day} · {currency} · made by simfunnel {version}", day=material.forecast.as_of,
                currency=material.forecast.currency, version=p.version)  # fmt: skip
    return render(Page(
        title=title if material.owner is None else tell("{title}: {owner}", title=title, owner=material.owner),
        subtitle=made,
        footer=tell("Chances are shares of simulated futures under the stated assumptions; they are no promise."),
        language="zh-CN" if spoken() == CHINESE else "en",
        sections=_chosen(material, sections),
    ))  # fmt: skip


def report_workbook(material: Material, sections: Sequence[str] = ()) -> Contents:
    """Give the tables of a report as a workbook; takes what `report_html` takes."""
    check_sections(sections)
    name = material.forecast.provenance.scenario_name or tell("Sales forecast")
    return workbook_of(name, _chosen(material, sections))


def _chosen(material: Material, sections: Sequence[str]) -> list[Section]:
    told = dataclasses.replace(material, sections=tuple(sections))
    if material.owner is None:
        return [make(told) for name, make in SECTIONS.items() if told.has(name)]
    made = [make(told) for name, make in SECTIONS.items() if told.has(name) and name not in OF_ALL]
    first, *others = made or [Section(OF_ALL[0], tell("Where is the bottleneck?"))]
    return [dataclasses.replace(first, blocks=[*first.blocks, Paragraph(left_out(), "note")]), *others]


def check_sections(names: Sequence[str]) -> None:
    """Refuse a section that does not exist."""
    for name in names:
        if name not in SECTIONS:
            raise InputError(f"--sections: {unknown('section', name, SECTIONS)}")
