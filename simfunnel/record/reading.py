"""An export as it is read to be kept: its bytes, its rows, and how they were understood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from simfunnel.crm.kept import asked_table
from simfunnel.crm.pipeline import table_of_file
from simfunnel.errors import InputError, Problem, shorten
from simfunnel.forecast.inputs import Prepared, prepare
from simfunnel.record.exporting import csv_of
from simfunnel.record.submissions import owners_in
from simfunnel.scenario import LoadedScenario
from simfunnel.store.rows import Rows, rows_of
from simfunnel.store.snapshots import gaps_of
from simfunnel.tabular.table import Table

HISTORY_NAMES = {"id": "case", "stage": "stage", "amount": "amount", "owner": "owner", "segment": "segment",
                 "closed": "closed"}  # fmt: skip
"""Field of a pipeline file -> what a history calls it."""


@dataclass(frozen=True)
class Export:
    """An export, read once and for all."""

    data: bytes
    name: str
    table: Table
    rows: Rows
    reading: dict[str, Any]

    @property
    def owners(self) -> list[str]:
        """Names in its column of owners."""
        return owners_in(self.table, self.reading.get("columns", {}).get("owner"))


def read_export(loaded: LoadedScenario) -> tuple[Prepared, Export]:
    """Read the pipeline file of a scenario, or ask its database.

    Raises
    ------
    InputError
        If there is none, it cannot be read, or it changes while it is read.
    """
    spec = loaded.scenario.pipeline
    if spec.file is not None:
        return _read(loaded, spec.file)
    if spec.url is None or spec.sql is None:
        message = "nothing to keep: expected `pipeline.file`, the export of the day, or a query (`url` and `sql`)"
        raise InputError(Problem(message, "pipeline", loaded.source))
    return _asked(loaded, spec.url, spec.sql)


def _read(loaded: LoadedScenario, file: str) -> tuple[Prepared, Export]:
    """Read the file once; what is kept and what is forecast are the same bytes."""
    path, scenario = Path(file), loaded.scenario
    before = _state(path)
    table = table_of_file(scenario.pipeline, [stage.name for stage in scenario.stages], scenario.currency)
    # hashed as the file that it is, not as a table made in memory
    ready = replace(prepare(loaded, pipeline=table), frame_bytes=b"")
    data = path.read_bytes()
    if _state(path) != before:
        raise InputError(Problem("the file changed while it was read; keep it again", file=file))
    return ready, _export(ready, table, data, path.name)


def _state(path: Path) -> tuple[int, ...] | None:
    """What changes with the content of a file; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino


def _asked(loaded: LoadedScenario, url: str, sql: str) -> tuple[Prepared, Export]:
    """Ask a database, once; what came is kept as a CSV file."""
    table = asked_table(url, sql, loaded.scenario.as_of)
    ready = prepare(loaded, pipeline=table)
    return ready, _export(ready, table, csv_of(table), "query.csv")


def _export(ready: Prepared, table: Table, data: bytes, name: str) -> Export:
    columns = dict(ready.table.quality.columns)
    encoding, preset = ready.scenario.pipeline.encoding, ready.table.quality.preset
    reading = how_read(table, name, columns, encoding=encoding, preset=preset)
    return Export(data, name, table, rows_by_id(table, columns), reading)


def rows_by_id(table: Table, columns: Mapping[str, str]) -> Rows:
    """Rows of a table, by the column that was taken for the id."""
    return rows_of(table, table.headers.index(columns["id"]) if columns.get("id") in table.headers else None)


def how_read(table: Table, name: str, columns: Mapping[str, str], **more: object) -> dict[str, Any]:
    """Say how a file was read, so that its table can be made again of its rows; what is usual is left out.

    Parameters
    ----------
    name
        Of the file.
    columns
        Field -> the header that was taken for it.
    """
    told: dict[str, Any] = {
        "file": name,
        "sheet": table.sheet,
        "delimiter": table.delimiter,
        "columns": columns,
        **more,
    }
    if type(table) is Table:  # one of several sheets has no one header
        told |= {"header_row": table.header_row, "titles": list(table.titles),
                 "gaps": gaps_of(table.numbers.tolist(), table.header_row)}  # fmt: skip
    else:
        told |= {"header_row": 1}
    return {key: value for key, value in told.items() if value}


def check_day(ready: Prepared, *, late: bool) -> None:
    """Refuse a file that holds dates on the day for whose start it is kept, or later, with the day that fits.

    Parameters
    ----------
    late
        Whether such dates are slips.
    """
    for found in ready.table.quality.cautions:
        if found.code == "export_after_as_of" and not late:
            f = found.fields
            where = f"row {f['row']}, {shorten(f['id'])!r}, column {f['header']!r}"
            more = "" if f["rows"] == 1 else f"; {f['rows'] - 1:,} more of that day or later"
            # many a CRM leaves the day once expected where the deal is lost: which it is the file does not say
            expected = (
                f"; if {f['header']!r} of a lost deal is the day on which it was once expected, clear it there or name "
                "the column of the day on which deals were lost (pipeline.columns.lost_date), or --late-dates"
                if f["expected"] else "; if those dates are slips, --late-dates"
            )  # fmt: skip
            raise InputError(Problem(
                f"the file holds dates up to {f['day']} ({where}{more}), and was to be kept for the start of "
                f"{ready.scenario.as_of}: it is of {f['fits']} (--valid {f['fits']}){expected}",
                file=ready.scenario.pipeline.file))  # fmt: skip
