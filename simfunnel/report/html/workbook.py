"""The tables of a report as a workbook: the same rows, with the numbers as they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from simfunnel.report.html.blocks import Cell, Chart, Paragraph, Section, Table
from simfunnel.report.xlsx.sheets import Sheet, Value, format_of
from simfunnel.report.xlsx.workbook import Contents


def workbook_of(title: str, sections: Sequence[Section]) -> Contents:
    """Take every table of some sections; their sentences stand on the first sheet."""
    about: list[tuple[str, str]] = []
    sheets: list[Sheet] = []
    for section in sections:
        for heading, block in _blocks(section):
            if isinstance(block, Table):
                sheets.append(_sheet(block))
            elif isinstance(block, str):
                about.append((heading, block))
    return Contents(title, about, sheets)


def _blocks(section: Section) -> Iterator[tuple[str, Table | str]]:
    for heading, blocks in ((section.title, section.blocks), *((part.title, part.blocks) for part in section.parts)):
        for block in blocks:
            if isinstance(block, Table):
                yield heading, block
            elif isinstance(block, Chart):
                if block.numbers is not None:
                    yield heading, block.numbers
            elif isinstance(block, Paragraph):
                yield heading, block.text


def _sheet(table: Table) -> Sheet:
    shown = table.every or table.rows
    rows = [[_value(cell) for cell in row] for row in shown]
    formats = []
    for i, column in enumerate(table.columns):
        share = any("%" in row[i].text for row in shown if row[i].order)
        formats.append("share" if share else format_of(column, (row[i] for row in rows)))
    return Sheet(table.title, table.columns, rows, formats)


def _value(cell: Cell) -> Value:
    if not cell.order:
        return cell.text or None
    number = float(cell.order)
    return int(number) if number.is_integer() and "%" not in cell.text else number
