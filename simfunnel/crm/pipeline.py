"""From a pipeline file (or inline deals, or a data frame) to the table of open deals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from math import floor
from typing import TYPE_CHECKING

import numpy as np

from simfunnel.crm.currency import missing_rates
from simfunnel.crm.deals import OpenDeals, PipelineTable, WonDeals
from simfunnel.crm.fields import Rows, read_rows
from simfunnel.crm.headers import Layout, find_layout
from simfunnel.crm.inline import inline_table
from simfunnel.crm.quality import DataQuality
from simfunnel.crm.rules import Sorted, Sorter, unplaced
from simfunnel.crm.stages import StageNames, no_known_stage
from simfunnel.crm.structure import Repeats, structural_faults
from simfunnel.errors import InputError, Problem
from simfunnel.progress import Progress
from simfunnel.tabular.reading import read_table, table_from_frame
from simfunnel.tabular.table import Table
from simfunnel.wording.findings import Finding

if TYPE_CHECKING:
    import pandas as pd

    from simfunnel.scenario.pipeline import Pipeline

STALE_DAYS = 45
"""A file whose newest date lies further before `as_of` than this may be an old one."""


def read_pipeline(
    spec: Pipeline,
    *,
    as_of: date,
    period_start: date,
    stages: Sequence[str],
    segments: Sequence[str] = (),
    currency: str,
    teams: Mapping[str, str] | None = None,
    table: pd.DataFrame | None = None,
    progress: Progress | None = None,
) -> PipelineTable:
    """Read the open deals, and the deals won in the current period, as they stood at the start of `as_of`.

    Parameters
    ----------
    spec
        The scenario's `pipeline`: its file, or the opportunities it lists, or neither.
    as_of
        Day at whose start the world is known.
    period_start
        First day of the period that contains `as_of`; wins from it on are won in the current period.
    stages
        Stages of the scenario, in order.
    segments
        Segments of the scenario; other values in the file stay as labels.
    currency
        Currency of the scenario.
    teams
        Owner -> team, for rows without a team.
    table
        A data frame to read instead of a file.
    progress
        Called with rows done and rows in all.

    Returns
    -------
    PipelineTable
        Open deals, won deals, and the account of every row.

    Raises
    ------
    InputError
        If the file as a whole cannot be used. Single bad rows are excluded and listed instead.
    """
    source, layout, kind = _source(spec, table, stages)
    kept = kind not in {"inline", "none"}  # in a table of its own, not in the scenario
    names = StageNames(stages, spec.stage_map, layout.preset.stage_names)
    rows = read_rows(source, layout, spec, as_of=as_of, currency=currency, teams=teams or {}, segments=segments)
    faults = structural_faults(source, rows.stages, report=kept)
    sorter = Sorter(rows, names, Repeats(source), as_of, period_start)
    result = sorter.sort(faults, progress)
    if result.unknown and len(result.unknown) + len(faults) == len(source.rows):
        raise InputError(no_known_stage(unplaced(rows, result), stages, source.file))
    foreign = {rows.currencies[index] for index in (*result.open, *result.won)} - {""}
    if foreign:
        raise missing_rates(sorted(foreign), currency, source.file)
    about = [*source.warnings, *_about_file(source, layout, spec, sorter.newest(), as_of)] if kept else []
    return PipelineTable(_open(rows, result), _won(rows, result), _quality(source, layout, kind, result, about))


def _source(spec: Pipeline, table: pd.DataFrame | None, stages: Sequence[str]) -> tuple[Table, Layout, str]:
    if table is None and spec.file is None:
        source, layout = inline_table(spec.opportunities)
        return source, layout, "inline" if spec.opportunities else "none"
    if table is not None:
        if not (hasattr(table, "iloc") and hasattr(table, "columns")):
            raise InputError(Problem(f"expected a pandas DataFrame, found {type(table).__name__}", "pipeline"))
        source = table_from_frame(table)
    else:
        assert spec.file is not None
        source = read_table(spec.file, sheet=spec.sheet, encoding=spec.encoding, delimiter=spec.delimiter)
    layout = find_layout(source, spec, stages)
    return source, layout, layout.preset.name


def _open(rows: Rows, result: Sorted) -> OpenDeals:
    at = np.array(result.open, dtype=np.intp)
    labels = {name: tuple(column[index] for index in result.open) for name, column in rows.labels.items()}
    return OpenDeals(
        id=tuple(result.ids[index] for index in result.open),
        row=tuple(rows.numbers[index] for index in result.open),
        stage=tuple(result.open_stages),
        entered=rows.dates["stage_entered"].days[at],
        created=rows.dates["created"].days[at],
        close_date=rows.dates["close_date"].days[at],
        amount=rows.amounts.values[at],
        owner=labels["owner"],
        team=labels["team"],
        segment=labels["segment"],
        source=labels["source"],
        win_rate=rows.shares["win_rate"][0][at],
        not_before=rows.dates["not_before"].days[at],
        probability=rows.shares["probability"][0][at],
        forecast_category=labels["forecast_category"],
        last_activity=rows.dates["last_activity"].days[at],
        name=labels["name"],
        account=labels["account"],
    )


def _won(rows: Rows, result: Sorted) -> WonDeals:
    at = np.array(result.won, dtype=np.intp)
    labels = {name: tuple(column[index] for index in result.won) for name, column in rows.labels.items()}
    return WonDeals(
        id=tuple(result.ids[index] for index in result.won),
        row=tuple(rows.numbers[index] for index in result.won),
        closed=rows.dates["closed" if rows.has_closed else "close_date"].days[at],
        amount=rows.amounts.values[at],
        owner=labels["owner"],
        team=labels["team"],
        segment=labels["segment"],
        source=labels["source"],
    )


def _about_file(table: Table, layout: Layout, spec: Pipeline, newest: float, as_of: date) -> Iterator[Finding]:
    """Warn of what may be wrong with the file as a whole."""
    if not table.rows:
        yield Finding("no_rows")
        return
    if "amount" not in layout.columns and "amount" not in spec.columns:
        yield Finding("no_amount_column", {"unused": layout.unused(table)}, key="pipeline.columns")
    if newest < -STALE_DAYS:
        day = floor(newest)
        yield Finding("stale_file", {"day": as_of + timedelta(days=day), "days": -day})


def _quality(table: Table, layout: Layout, kind: str, result: Sorted, about: Sequence[Finding]) -> DataQuality:
    inline = kind in {"inline", "none"}
    return DataQuality(
        rows=len(table.rows),
        used=len(result.open),
        won=len(result.won),
        won_earlier=result.won_earlier,
        lost=result.lost,
        excluded=tuple(result.excluded),
        warnings=(*about, *result.warnings),
        overrides=tuple(result.overrides),
        preset=kind,
        columns={} if inline else layout.headers(table),
        file=table.file,
        encoding=table.encoding,
        delimiter=table.delimiter,
        sheet=table.sheet,
        unused=() if inline else layout.unused(table),
    )
