"""Which column holds what: the user's `columns`, then the headers the preset knows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simfunnel.crm.detect import detect_preset, header_key
from simfunnel.crm.presets import PRESETS, Preset
from simfunnel.crm.presets.common import ADDED, CLOSED_STAGES
from simfunnel.errors import InputError, Problem, shorten
from simfunnel.tabular.table import Table
from simfunnel.values.cells import clean, key, letters, nearest

if TYPE_CHECKING:
    from simfunnel.scenario.pipeline import Pipeline

FIELDS = (
    "id", "stage", "status", "stage_entered", "amount", "amount_won", "currency", "owner", "team", "segment",
    "source", "created", "close_date", "closed", "probability", "forecast_category", "last_activity",
    "win_rate",
    "not_before", "ignore", "pipeline", "is_closed", "is_won", "is_lost", "is_deleted", "age", "name", "account",
)  # fmt: skip
DISPLAYED = ("name", "account")
"""Fields that tables show and no number depends on: a header of theirs that occurs twice is no reason to stop."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where each field of a table is."""

    preset: Preset
    columns: Mapping[str, int]
    """Field -> index of its column."""
    entered: Sequence[tuple[str, str | None, int]] = ()
    """(stage, pipeline, index) of columns `date entered STAGE`, names as letters and digits only."""

    def headers(self, table: Table) -> dict[str, str]:
        """Field -> header."""
        return {name: table.headers[index] for name, index in self.columns.items()}

    def unused(self, table: Table) -> tuple[str, ...]:
        """Headers of the columns nothing is read from."""
        used = {*self.columns.values(), *(index for _, _, index in self.entered)}
        return tuple(header for index, header in enumerate(table.headers) if header and index not in used)


def find_layout(table: Table, spec: Pipeline, stages: Sequence[str] = ()) -> Layout:
    """Find the column of every field; `stages` are those of the scenario, for advice.

    Raises
    ------
    InputError
        If a stated column is not there, no stage column is found, or a used header occurs twice.
    """
    places: dict[str, list[int]] = {}
    for index, header in enumerate(table.headers):
        if header:
            places.setdefault(header_key(header), []).append(index)
    preset = detect_preset(table.headers) if spec.preset == "auto" else PRESETS[spec.preset]
    stated: dict[str, str | None] = {str(name): header for name, header in spec.columns.items()}
    columns: dict[str, int] = {}
    problems: list[Problem] = []
    for name in FIELDS:
        if name in stated:
            wanted = stated[name]
            if wanted is None:
                continue
            if header_key(wanted) not in places:
                problems.append(_missing(name, wanted, table))
                continue
            candidates: tuple[str, ...] = (wanted,)
        else:
            candidates = preset.headers.get(name, ()) + ADDED.get(name, ())
        found = next((header for header in candidates if header_key(header) in places), None)
        if found is None:
            continue
        indexes = places[header_key(found)]
        exact = [index for index in indexes if table.headers[index] == found]
        if len(indexes) > 1 and len(exact) != 1:
            if name in DISPLAYED and name not in stated:
                continue
            problems.append(_duplicate(name, table.headers[indexes[0]], indexes, table))
        columns[name] = exact[0] if len(exact) == 1 else indexes[0]
    if problems:
        raise InputError(problems)
    if "stage" not in columns:
        raise InputError(_no_stage(table, spec, stages))
    entered = () if "stage_entered" in spec.columns else _entered_columns(table, preset)
    return Layout(preset, columns, entered)


def _entered_columns(table: Table, preset: Preset) -> tuple[tuple[str, str | None, int], ...]:
    found: list[tuple[str, str | None, int]] = []
    for pattern in preset.entered_patterns:
        compiled = re.compile(pattern + "$", re.IGNORECASE)
        for index, header in enumerate(table.headers):
            if match := compiled.match(header):
                pipeline = match["pipeline"]
                found.append((letters(match["stage"]), letters(pipeline) if pipeline else None, index))
    return tuple(found)


def _missing(name: str, wanted: str, table: Table) -> Problem:
    near = nearest(wanted, [header for header in table.headers if header])
    hint = f": did you mean {near!r}?" if near else f". The headers are: {_list(table)}"
    return Problem(f"there is no column {wanted!r} (stated for {name!r}){hint}", "pipeline.columns", table.file, 1)


def _duplicate(name: str, header: str, indexes: Sequence[int], table: Table) -> Problem:
    places = " and ".join(str(index + 1) for index in indexes)
    return Problem(
        f"the header {header!r} (read for {name!r}) stands over columns {places}: rename one of them",
        file=table.file, line=1)  # fmt: skip


def _no_stage(table: Table, spec: Pipeline, stages: Sequence[str]) -> Problem:
    hint = ""
    if len(table.headers) == 1 and table.delimiter is not None and spec.delimiter is not None:
        hint = f" (is {spec.delimiter!r} the right delimiter?)"
    return Problem(
        f"no column holds the stage of the deals{hint}. The headers are: {_list(table)}. Say which one it is "
        "under `pipeline`, for example\n  columns: {stage: " + _stage_column(table, spec, stages) + "}",
        file=table.file, line=1)  # fmt: skip


def _list(table: Table) -> str:
    return shorten(", ".join(repr(header) for header in table.headers if header), 400)


def _stage_column(table: Table, spec: Pipeline, stages: Sequence[str]) -> str:
    """Header of the column that holds mostly stages, in quotes, or a place to fill in."""
    known = {key(name) for name in (*stages, *spec.stage_map, *CLOSED_STAGES)}
    best, best_share = "<your column>", 0.5
    for index, header in enumerate(table.headers):
        texts = [text for cell in table.column(index) if (text := clean(cell))] if header else []
        share = sum(key(text) in known for text in texts) / len(texts) if texts else 0.0
        if share > best_share:
            best, best_share = header, share
    return f'"{best}"'
