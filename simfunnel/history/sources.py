"""Whatever a source is, file, folder or log, as one table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from simfunnel.crm.content import Known
from simfunnel.crm.headers import HeaderWords
from simfunnel.errors import InputError, Problem, shorten
from simfunnel.history.decisions import Decisions
from simfunnel.history.fields import OWN
from simfunnel.history.file_days import days_of
from simfunnel.history.settings import HistorySettings
from simfunnel.history.stacking import stack
from simfunnel.history.xes import is_xes, read_xes
from simfunnel.progress import Progress
from simfunnel.scenario.places import StorePlace
from simfunnel.tabular.reading import PARQUET, TEXT, WORKBOOK, Settings, read_table
from simfunnel.tabular.table import Table
from simfunnel.values.cells import clean, key
from simfunnel.values.words import bare_letters
from simfunnel.wording.findings import Finding

SNAPSHOT = "Snapshot Date"
"""Header of the days that were found in the names of files."""
SHEET = "Sheet"
SAME = 0.5
"""Sheets hold the same kind of table if this part of the headers of one is in the other."""


class HistoryWords(HeaderWords):
    """Words of headers: those of pipelines, those of histories, and those that the settings name."""

    def __init__(self, known: Known, stated: Sequence[str]) -> None:
        super().__init__(known)
        self._own = {bare_letters(name) for names in OWN.values() for name in names} | {*map(bare_letters, stated)}

    def fields(self, cells: Sequence[str]) -> int:
        """Count the different fields that cells would name if they were headers."""
        own = [cell for cell in cells if bare_letters(cell) in self._own]
        return len(set(own)) + super().fields([cell for cell in cells if bare_letters(cell) not in self._own])


def read_source(
    path: Path, settings: HistorySettings, decided: Decisions | None, progress: Progress | None
) -> tuple[Table, str]:
    """Read a source as one table; and tell the order of year, month and day in the names of a folder's files."""
    if is_xes(path):
        return read_xes(path, progress), ""
    if path.is_dir():
        return _folder(path, settings, None if decided is None else decided.taken.get("file_days"), progress)
    return read_one(path, settings, progress), ""


def kept_snapshots(place: StorePlace) -> Table:
    """Read all snapshots of a store as one table."""
    from simfunnel.store import Store

    return Store.open(place.url).panel(place.book, recorded_before=place.recorded_before)[0]


def asked(settings: HistorySettings) -> Table:
    """Read the answer of a database."""
    from simfunnel.store.query import query

    return query(settings.url or "", settings.sql or "", None, path="history")


def _words(settings: HistorySettings) -> HistoryWords:
    own = frozenset(key(clean(name)) for name in settings.stages or ())
    return HistoryWords(
        Known(stages=own, date_format=settings.date_format), [h for h in settings.columns.values() if h is not None]
    )


def read_one(path: Path, settings: HistorySettings, progress: Progress | None = None) -> Table:
    """Read one file; of a workbook, all sheets that hold the same kind of table."""
    if path.suffix.lower() in WORKBOOK and settings.sheet is None:
        from simfunnel.tabular.workbook import read_sheets

        stated = Settings(header_row=settings.header_row, section="history")
        return _sheets(*read_sheets(path, str(path), stated, _words(settings)))
    return read_table(
        path, sheet=settings.sheet, encoding=settings.encoding, delimiter=settings.delimiter,
        header_row=settings.header_row, section="history", vocabulary=_words(settings), progress=progress,
    )  # fmt: skip


def _sheets(tables: Sequence[Table], chosen: int) -> Table:
    """Stack the sheets that are like the chosen one, which has the most known headers."""
    main = tables[chosen]
    own = {bare_letters(header) for header in main.headers if header}
    alike = []
    for table in tables:
        headers = {bare_letters(header) for header in table.headers if header}
        if table is main or (len(table) and len(own & headers) >= SAME * max(len(own), 1)):
            alike.append(table)
    others = tuple(table.sheet for table in tables if not any(table is one for one in alike))
    if others:
        found = Finding("sheets_left_out", {"sheets": others}, key="history.sheet")
        main = replace(main, warnings=(*main.warnings, found))
        alike = [main if table is tables[chosen] else table for table in alike]
    if len(alike) == 1:
        return main
    stacked = stack(alike, {SHEET: [table.sheet or "" for table in alike]}, main.file)
    found = Finding("sheets_read", {"sheets": tuple(table.sheet for table in alike)}, key="history.sheet")
    return stacked.noting(found)


def _folder(path: Path, settings: HistorySettings, order: str | None, progress: Progress | None) -> tuple[Table, str]:
    """Read a folder of dated exports; the day stands in the name of each, or in a column."""
    kinds = (*TEXT, *WORKBOOK, *PARQUET)
    files = sorted(
        p for p in path.iterdir() if p.is_file() and not p.name.startswith((".", "~")) and kind_of(p) in kinds
    )
    if not files:
        raise InputError(Problem(
            "this folder holds no CSV, XLSX or Parquet file: expected dated exports of the pipeline", "history.file",
            str(path)))  # fmt: skip
    order, days = days_of([file.name for file in files], settings.file_date, str(path), order)
    dated = [file for file in files if file.name in days]
    left_out = tuple(file.name for file in files if file.name not in days)
    if not dated:
        return _by_column(path, files, settings), order
    tables: list[Table] = []
    for number, file in enumerate(dated):
        if progress is not None:
            progress(number, len(dated))
        tables.append(read_one(file, settings, None))
    if progress is not None:
        progress(len(dated), len(dated))
    own: list[dt.date] = [days[file.name] for file in dated]
    table = stack(tables, {SNAPSHOT: own}, str(path))
    return table.noting(Finding("files_left_out", {"files": left_out})) if left_out else table, order


def _by_column(path: Path, files: Sequence[Path], settings: HistorySettings) -> Table:
    """Read files whose day stands in a column."""
    tables = [read_one(file, settings, None) for file in files]
    called = {bare_letters(name) for name in OWN["snapshot"]}
    stated = settings.columns.get("snapshot")
    called |= {bare_letters(stated)} if stated else set()
    if not all(called & {bare_letters(header) for header in table.headers} for table in tables):
        listed = shorten(", ".join(file.name for file in files), 200)
        raise InputError(Problem(
            f"no day stands in the names of the files ({listed}), nor in a column such as `Snapshot Date`: expected "
            "one file for each export, named for example pipeline_2027-01-04.csv; or say how the day is written, "
            'for example `file_date: "%d%m%Y"`', "history.file_date", str(path)))  # fmt: skip
    return stack(tables, {}, str(path))


def kind_of(path: Path) -> str:
    """Suffix of a file that says what it is, below .gz."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    return suffixes[-2] if suffixes[-1:] == [".gz"] and len(suffixes) > 1 else (suffixes or [""])[-1]
