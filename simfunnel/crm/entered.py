"""Columns of dates with a stage in their header: `Date entered "Proposal"`, `Proposal date`, or the stage alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simfunnel.crm.content import Fit, Known, fit
from simfunnel.crm.presets import PRESETS, Preset
from simfunnel.crm.words.header_words import LEXICON
from simfunnel.tabular.column import Column
from simfunnel.tabular.table import Table
from simfunnel.values.cells import Cell, key, letters

AROUND = frozenset({"date", "entered", "stage", "nothing", "deal", "last"})
"""What may stand in a header beside the stage."""


@dataclass(frozen=True, slots=True)
class EnteredColumn:
    """A column that says when deals entered a stage; names as letters and digits only."""

    stage: str
    pipeline: str | None
    index: int


def entered_columns(table: Table, preset: Preset, known: Known, taken: set[int]) -> tuple[EnteredColumn, ...]:
    """Find the columns `date entered STAGE`: by the pattern of the CRM, then by the names of known stages."""
    patterns = preset.entered_patterns or PRESETS["hubspot"].entered_patterns
    found: list[EnteredColumn] = []
    for pattern in patterns:
        compiled = re.compile(pattern + "$", re.IGNORECASE)
        for index, header in enumerate(table.headers):
            if index not in taken and (match := compiled.match(header)):
                pipeline = match["pipeline"]
                found.append(EnteredColumn(letters(match["stage"]), letters(pipeline) if pipeline else None, index))
    seen = {column.index for column in found}
    stages = sorted(filter(None, known.stages), key=len, reverse=True)
    for index, header in enumerate(table.headers):
        if index in taken or index in seen or not header or fit("created", table.column(index), known) != Fit.HOLDS:
            continue
        if (stage := _stage_in(key(header), stages)) is not None:
            found.append(EnteredColumn(letters(stage), None, index))
    return tuple(found)


def _stage_in(header: str, stages: Sequence[str]) -> str | None:
    """Return the stage whose date a header promises; whatever stands beside it must say date or entered."""
    for stage in stages:
        before, found, after = header.partition(stage)
        if not found:
            continue
        beside = LEXICON.text(f"{before} {after}")
        if not beside.unknown and beside.set <= AROUND:
            return stage
    return None


def own_stage_dates(table: Table, entered: Sequence[EnteredColumn], stages: Column, pipelines: Column | None) -> Column:
    """For each row, the cell of the `date entered STAGE` column of the stage it is in."""
    count = len(table)
    cells = np.full(count, None, dtype=object)
    names = np.array([letters(text) for text in stages.texts] or [""], dtype=object)[stages.codes]
    homes = (
        np.full(count, "", dtype=object) if pipelines is None
        else np.array([letters(text) for text in pipelines.texts] or [""], dtype=object)[pipelines.codes]
    )  # fmt: skip
    open_rows = np.ones(count, dtype=np.bool_)
    for one in entered:
        own = names == one.stage
        if one.pipeline is not None:
            own |= names == one.stage + one.pipeline
            if not one.pipeline.isdigit():
                own &= (homes == "") | (homes == one.pipeline)
        column = table.column(one.index)
        rows = np.flatnonzero(own & open_rows & column.filled)
        values = np.array([*column.cells, None], dtype=object)[:-1]
        cells[rows] = values[column.codes[rows]]
        open_rows[rows] = False
    found: list[Cell] = cells.tolist()
    return Column.of(found)
