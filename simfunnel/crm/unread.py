"""Columns that nothing is read from although their cells could be a field that is missing: named, not guessed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from simfunnel.crm.content import Fit, Known, fit, sample
from simfunnel.crm.dates import parse_date
from simfunnel.crm.headers import Layout
from simfunnel.crm.money import is_amount, is_share
from simfunnel.crm.words.header_words import LEXICON
from simfunnel.crm.words.outcome_words import outcome
from simfunnel.crm.words.units import CODES, measure
from simfunnel.tabular.table import Table
from simfunnel.values.cells import clean
from simfunnel.wording.findings import Finding

DATES = ("close_date", "stage_entered", "created")
DECIDED = frozenset({"won", "lost", "closed", "void"})
NO_MONEY = frozenset({"id", "weighted", "duration", "stay", "probability", "percent", "date"})
"""Meanings of headers whose numbers are no amounts of deals."""
_MARKED = re.compile(r"\d[.,' \u2019]\d{3}(?!\d)|\d[.,]\d\d$|[$\u20ac\u00a3\u00a5\u20b9]")
MOSTLY = 0.8
"""Part of the different cells that must be of a field."""


def unread_columns(table: Table, layout: Layout, stated: frozenset[str]) -> Iterator[Finding]:
    """Name the columns that could hold what is missing; where `stated` fields are, the scenario says."""
    used = {*layout.columns.values(), *(column.index for column in layout.entered)}
    unread = [index for index, header in enumerate(table.headers) if header and index not in used]
    missing = [name for name in DATES if name not in layout.columns and name not in stated]
    if "age" in layout.columns or layout.entered:
        missing = [name for name in missing if name != "stage_entered"]
    dated = [table.headers[index] for index in unread if missing and _is_unknown_date(table, index)]
    if dated:
        yield Finding("could_be_date", {"headers": tuple(dated), "fields": tuple(missing)}, key="pipeline.columns")
    if "amount" not in layout.columns and "amount" not in stated:
        for index in unread:
            if _is_money(table, index):
                shown = tuple(clean(cell) for cell in sample(table.column(index))[:3])
                yield Finding(
                    "could_be_amount", {"header": table.headers[index], "words": shown}, key="pipeline.columns.amount"
                )
    for index in unread:
        header, cells = table.headers[index], [clean(cell) for cell in sample(table.column(index))]
        if not cells:
            continue
        no_currency = "currency" not in layout.columns and "currency" not in stated and "amount" in layout.columns
        if no_currency and all(text in CODES for text in cells):
            yield Finding(
                "could_be_currency", {"header": header, "words": tuple(cells)}, key="pipeline.columns.currency"
            )
        if "status" not in stated and _is_status(cells):
            yield Finding("could_be_status", {"header": header, "words": tuple(cells)}, key="pipeline.columns.status")
    if "id" not in stated:
        yield from _ids(table, layout, unread)


def _is_money(table: Table, index: int) -> bool:
    """Whether a column holds numbers as money is written: with a currency or marks of thousands, or large ones.

    Ids are large numbers too: they are all different and hold no cents, and their headers say so more often than not.
    """
    said = measure(table.headers[index])
    if said.meanings & NO_MONEY:
        return False
    cells = sample(table.column(index))
    numbers = [cell for cell in cells if is_amount(cell) and parse_date(cell if isinstance(cell, str) else 0) is None]
    if not cells or len(numbers) < MOSTLY * len(cells) or (all(is_share(cell) for cell in cells) and _small(cells)):
        return False
    if said.unit or said.currency or said.meanings & {"amount", "revenue"}:
        return True
    texts = [clean(cell) for cell in numbers]
    written = any(_MARKED.search(text) for text in texts)
    round_ones = sum(text.rstrip("0") != text for text in texts)
    return written or (not _small(cells) and 2 * round_ones > len(texts))


def _small(cells: Sequence[object]) -> bool:
    """Whether no number is as large as amounts are."""
    return all(len("".join(c for c in str(cell).split(".")[0] if c.isdigit())) <= 3 for cell in cells)


def _is_unknown_date(table: Table, index: int) -> bool:
    """Whether a column holds dates of which its header does not say what they are."""
    meaning = LEXICON.read(measure(table.headers[index]).words)
    if not meaning.unknown and "date" not in meaning.set and meaning.said:
        return False
    known = meaning.set & {"next", "previous", "modified", "activity", "creator"}
    column = table.column(index)
    cells = [cell for cell in sample(column) if not isinstance(cell, (int, float))]
    return not known and len(cells) > 0 and not _numeric(cells) and fit("created", column, Known()) == Fit.HOLDS


def _numeric(cells: Sequence[object]) -> bool:
    """Whether the cells are numbers, which could be dates of a spreadsheet as well as anything else."""
    return all(isinstance(cell, str) and cell.strip().replace(".", "", 1).isdecimal() for cell in cells)


def _is_status(cells: list[str]) -> bool:
    said = [outcome(text) for text in cells]
    return (
        len(cells) > 1
        and any(one in DECIDED for one in said)
        and sum(one is not None for one in said) >= MOSTLY * len(cells)
    )


def _ids(table: Table, layout: Layout, unread: list[int]) -> Iterator[Finding]:
    """Say which column looks like an id and repeats: its rows may be states or lines of the same deal."""
    for index in unread:
        said = LEXICON.text(table.headers[index])
        other = said.set & {"account", "owner", "currency", "stage", "pipeline", "product", "source", "team", "creator"}
        if "id" not in said.said or other or (said.unknown and "id" in layout.columns):
            continue
        column = table.column(index)
        count = np.bincount(column.identity[column.filled], minlength=1)
        several = int((count > 1).sum())
        if several and int((count > 0).sum()) > 1:
            fields = {"header": table.headers[index], "count": several, "id": layout.headers(table).get("id")}
            yield Finding("id_repeats", fields, key="pipeline.columns.id")
