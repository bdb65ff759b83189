"""Read a history from any of its forms."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from simfunnel.errors import InputError, Problem
from simfunnel.history.decisions import Decisions
from simfunnel.history.detection import lay_out
from simfunnel.history.history import History
from simfunnel.history.readers.changes import read_changes
from simfunnel.history.readers.events import read_events
from simfunnel.history.readers.snapshots import read_snapshots
from simfunnel.history.readers.wide import read_two_dates, read_wide
from simfunnel.history.settings import HistorySettings
from simfunnel.history.sources import SNAPSHOT, asked, kept_snapshots, read_source
from simfunnel.history.written import settings_of
from simfunnel.history.xes import is_xes
from simfunnel.progress import Progress
from simfunnel.tabular.reading import table_from_frame
from simfunnel.tabular.table import Table

if TYPE_CHECKING:
    import pandas as pd

READERS = {
    "events": read_events, "xes": read_events, "wide": read_wide, "two_dates": read_two_dates,
    "changes": read_changes, "snapshots": read_snapshots,
}  # fmt: skip


def read_history(
    source: str | os.PathLike[str] | Mapping[str, Any] | pd.DataFrame,
    *,
    columns: Mapping[str, str | None] | None = None,
    stages: Sequence[str] | None = None,
    stage_map: Mapping[str, str | None] | None = None,
    won: Sequence[str] | None = None,
    lost: Sequence[str] | None = None,
    void: Sequence[str] | None = None,
    time_zone: str | None = None,
    since: date | str | None = None,
    format: str | None = None,
    undated: Literal["known", "unknown"] | None = None,
    decisions: Decisions | None = None,
    progress: Progress | None = None,
    **more: Any,
) -> History:
    """Read the history of past deals.

    Parameters
    ----------
    source
        A data file, a folder of dated exports, an XES log, a store, a YAML file with the key ``history``, the same as
        a dict, or a data frame.
    columns
        What a column means (``case``, ``stage``, ``time``, ``amount``, ``created``, ``closed``, ``outcome`` and so on,
        or a stage whose entry it dates) -> its header; None: do not use.
    stages
        Stages in order; by default those found in the source.
    stage_map
        Stage in the source -> one of `stages`, Won, Lost, Void, or None to leave it out.
    won, lost, void
        Stages or outcomes that are ends, beside the usual words.
    time_zone
        Where days begin; by default UTC.
    since
        Nothing before this day is used to estimate.
    format
        ``events``, ``wide``, ``snapshots``, ``changes``, ``two_dates`` or ``xes``; found by default.
    undated
        Whether facts without a time are ``known`` from the creation of their deal on (default), or ``unknown``.
    decisions
        What was decided when the whole of the source was read, `History.decisions`; decided anew by default.
    progress
        Called with rows read and rows in all.
    more
        What else the key ``history`` takes: ``date_format``, ``decimal``, ``sheet``, ``encoding`` and so on. All
        settings replace those of a YAML file.

    Returns
    -------
    History
        Everything that the source tells; `History.as_of` gives what was known on a day.

    Raises
    ------
    InputError
        If the source cannot be read, or nothing tells what its rows are.
    """
    settings = more | {
        "columns": columns, "stages": stages, "stage_map": stage_map, "won": won, "lost": lost, "void": void,
        "time_zone": time_zone, "since": since, "format": format, "undated": undated,
    }  # fmt: skip
    if hasattr(source, "iloc") and hasattr(source, "columns"):
        stated = settings_of({}, settings)
        return _read(table_from_frame(cast("pd.DataFrame", source)), stated, decisions)
    stated = settings_of(source, settings)
    if stated.store is not None:
        return _read(kept_snapshots(stated.store), _of_snapshots(stated), decisions)
    if stated.url is not None:
        return _read(asked(stated), stated, decisions)
    if stated.file is None:
        raise InputError(Problem("nothing says where the history is: name a file or a folder", "history.file"))
    path = Path(stated.file)
    table, file_days = read_source(path, stated, decisions, progress)
    return _read(table, stated, decisions, xes=is_xes(path), file_days=file_days)


def _of_snapshots(settings: HistorySettings) -> HistorySettings:
    """Kept snapshots are snapshots, whatever other dates their columns hold."""
    format = "snapshots" if settings.format == "auto" else settings.format
    columns = {"snapshot": SNAPSHOT, **settings.columns}
    return settings.model_copy(update={"format": format, "columns": columns})


def _read(
    table: Table, settings: HistorySettings, decisions: Decisions | None, *, xes: bool = False, file_days: str = ""
) -> History:
    if not len(table) and decisions is None:
        raise InputError(Problem("the source has headers but no rows: expected past deals", "history.file", table.file))
    desk = lay_out(table, settings, decisions, xes=xes)
    desk.found += table.warnings
    if file_days:
        desk.taken["file_days"] = file_days
    return READERS[desk.form](desk)
