"""Keep a pipeline as it is today, and what is forecast from it: both, or nothing."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simfunnel.crm.kept import asked_table
from simfunnel.crm.pipeline import table_of_file
from simfunnel.errors import InputError, Problem
from simfunnel.forecast.forecast import Forecast
from simfunnel.forecast.inputs import Prepared, ScenarioLike, as_loaded, prepare
from simfunnel.forecast.labels import without_over
from simfunnel.record.exporting import csv_of
from simfunnel.record.place import book_of, store_of
from simfunnel.record.said import forecast_parts, scenario_data, summary_data
from simfunnel.record.submissions import KeptSubmissions, kept_submissions, owners_in, tell_submissions
from simfunnel.record.submitted_file import read_submissions
from simfunnel.shown import Shown
from simfunnel.store import Store
from simfunnel.store.books import book_to_write
from simfunnel.store.forecasts import put_forecast
from simfunnel.store.forgotten import refuse_forgotten
from simfunnel.store.raw import hash_of_bytes, put_raw
from simfunnel.store.rows import Rows, rows_of
from simfunnel.store.snapshots import Kept, Snapshot, gaps_of, keep_snapshot, snapshots, tell
from simfunnel.store.submissions import Told
from simfunnel.tabular.table import Table

if TYPE_CHECKING:
    import sqlalchemy as sa

Forecaster = Callable[[Prepared], Forecast]


@dataclass(frozen=True)
class KeptPipeline(Shown):
    """What `keep` kept."""

    store: str
    """Without passwords."""
    book: str
    valid_day: dt.date
    recorded_at: str
    """ISO time, UTC."""
    rows: int
    source_hash: str
    new_versions: int
    unchanged: int
    corrected: bool
    """Whether another snapshot of that day, or days after it, was there already."""
    same: bool
    """Whether the very same file was kept for the day before: then no snapshot is new."""
    forecast: Forecast
    forecast_new: bool
    """Whether the forecast is new; the same one is kept once."""
    over: tuple[str, ...] = ()
    """Periods that ended before the day, whose targets and closed wins were left out."""
    submissions: KeptSubmissions | None = None
    """What a file of commits and best cases brought; None without one."""


@dataclass(frozen=True)
class _Export:
    """An export, read once and for all."""

    data: bytes
    name: str
    table: Table
    rows: Rows
    reading: dict[str, Any]


def keep(
    scenario: ScenarioLike,
    *,
    store: str | os.PathLike[str] | None = None,
    book: str | None = None,
    valid: dt.date | str | None = None,
    correct: bool = False,
    late: bool = False,
    overrides: Sequence[str] = (),
    forecast: str | os.PathLike[str] | Forecaster | None = None,
    samples: bool = False,
    raw: bool = True,
    submissions: str | os.PathLike[str] | None = None,
) -> KeptPipeline:
    """Keep the pipeline file of a scenario, and the forecast made of it, in one transaction.

    Parameters
    ----------
    scenario
        A scenario with a pipeline file.
    store
        Path of a SQLite file, or a URL; default: the scenario's key `store`, else SIMFUNNEL_STORE, else
        ``simfunnel.db`` beside the scenario.
    book
        Which pipeline this is; default: the scenario's `store.book`, else its name.
    valid
        Day at whose start the file holds, in place of the scenario's `as_of`, for the forecast too.
    correct
        Whether a day that is kept already may be told anew, or one before the newest.
    late
        Whether dates in the file on that day or later are slips: then they are no reason to refuse it.
    overrides
        ``path=value`` texts.
    forecast
        Folder of a saved forecast of this scenario, or what makes one; default: `simulate`.
    samples
        Whether the trials are kept too.
    raw
        Whether the file is kept as it came.
    submissions
        File of what owners say will come, kept with it: see `keep_submissions`; of this day where it names none.

    Raises
    ------
    InputError
        If the scenario has no pipeline file, the day does not fit, or the forecast is of something else.
    SurroundingsError
        If the store cannot be reached or written.
    """
    if valid is not None:
        overrides = (*overrides, f"as_of={valid}")
    loaded = as_loaded(scenario, overrides)
    spec = loaded.scenario.pipeline
    if spec.file is None and spec.url is None:
        message = "nothing to keep: expected `pipeline.file`, the export of the day, or a query (`url` and `sql`)"
        raise InputError(Problem(message, "pipeline", loaded.source))
    loaded, over = without_over(loaded)
    place, name = str(store_of(loaded, None if store is None else os.fspath(store))), book_of(loaded, book)
    ready, export = _asked(loaded) if spec.file is None else _read(loaded, spec.file)
    _check_day(ready, late=late)
    people = _owners(export)
    listed = None if submissions is None else read_submissions(
        submissions, currency=ready.scenario.currency, periods=ready.scenario.periods, day=ready.scenario.as_of,
        decimal=spec.decimal, owners=people,
    )  # fmt: skip
    said = _forecast(ready, forecast)
    opened = Store.open(place, make=True)
    told = Told(0, 0, 0)

    def work(connection: sa.Connection) -> tuple[Kept, tuple[int, str], bool, bool, bool]:
        nonlocal told
        done = _kept(connection, ready, export, said, name, correct=correct, samples=samples, raw=raw)
        if listed is not None:
            own = book_to_write(connection, name)
            told = tell_submissions(connection, own, done[1][0], listed.said, correct=correct)
        return done

    kept, (_, at), corrected, same, new = opened.writing(work)
    return KeptPipeline(
        store=opened.address.shown, book=name, valid_day=loaded.scenario.as_of, recorded_at=at, rows=len(export.rows),
        source_hash=hash_of_bytes(export.data), new_versions=kept.new_versions, unchanged=kept.unchanged,
        corrected=corrected, same=same, forecast=said, forecast_new=new,
        over=over, submissions=None if listed is None else kept_submissions(opened, name, listed, told, people),
    )  # fmt: skip


def _read(loaded: Any, file: str) -> tuple[Prepared, _Export]:
    """Read the file; what is kept and what is forecast are the same bytes."""
    path, scenario = Path(file), loaded.scenario
    ready = prepare(loaded)
    data = path.read_bytes()
    table = table_of_file(scenario.pipeline, [stage.name for stage in scenario.stages], scenario.currency)
    if path.read_bytes() != data:
        raise InputError(Problem("the file changed while it was read; keep it again", file=file))
    return ready, _export(ready, table, data, path.name)


def _asked(loaded: Any) -> tuple[Prepared, _Export]:
    """Ask a database, once; what came is kept as a CSV file."""
    spec = loaded.scenario.pipeline
    table = asked_table(spec.url, spec.sql, loaded.scenario.as_of)
    ready = prepare(loaded, pipeline=table)
    return ready, _export(ready, table, csv_of(table), "query.csv")


def _export(ready: Prepared, table: Table, data: bytes, name: str) -> _Export:
    scenario = ready.scenario
    columns = dict(ready.table.quality.columns)
    at = table.headers.index(columns["id"]) if columns.get("id") in table.headers else None
    reading = {
        "file": name, "sheet": table.sheet, "delimiter": table.delimiter, "encoding": scenario.pipeline.encoding,
        "header_row": table.header_row, "titles": list(table.titles),
        "gaps": gaps_of(table.numbers.tolist(), table.header_row), "columns": columns,
        "preset": ready.table.quality.preset,
    }  # fmt: skip
    return _Export(data, name, table, rows_of(table, at), {k: v for k, v in reading.items() if v})


def _check_day(ready: Prepared, *, late: bool) -> None:
    for found in ready.table.quality.cautions:
        if found.code == "export_after_as_of" and not late:
            day, fits = found.fields["day"], found.fields["fits"]
            raise InputError(Problem(
                f"the file holds dates up to {day}, and was to be kept for the start of {ready.scenario.as_of}: it is "
                f"of {fits} (--valid {fits}); if those dates are slips, --late-dates",
                file=ready.scenario.pipeline.file))  # fmt: skip


def _forecast(ready: Prepared, given: str | os.PathLike[str] | Forecaster | None) -> Forecast:
    """Make the forecast, or take one that was saved of the very same scenario and file."""
    if given is None:
        from simfunnel.forecast.simulation import simulate

        return simulate(ready)
    if callable(given):
        return given(ready)
    found = Forecast.load(given)
    if found.as_of != ready.scenario.as_of:
        message = f"the forecast is of {found.as_of}, the pipeline of {ready.scenario.as_of}"
        raise InputError(Problem(message, file=os.fspath(given)))
    variant = found.provenance.variant
    if found.provenance.sha256 != ready.sha256(ready.variant(variant)):
        message = "the forecast was made of another scenario, other settings or another file: make it again"
        raise InputError(Problem(message, file=os.fspath(given)))
    return found


def _kept(
    connection: sa.Connection, ready: Prepared, export: _Export, said: Forecast, name: str, *, correct: bool,
    samples: bool, raw: bool,
) -> tuple[Kept, tuple[int, str], bool, bool, bool]:  # fmt: skip
    """All that is written, in one transaction."""
    book, day = book_to_write(connection, name), ready.scenario.as_of
    known = snapshots(connection, book)
    digest = hash_of_bytes(export.data)
    there = next((one for one in known if one.valid_day == day), None)
    same = there is not None and _is_same(there, digest, export)
    corrected = False
    if not same:
        corrected = _check_order(known, there, day, name, correct=correct)
        refuse_forgotten(connection, book, export.rows, _owners(export))
    told = tell(connection, book, "keep")
    kept = Kept(0, len(export.rows), 0)
    if not same:
        before = next((one.source_hash for one in reversed(known) if one.valid_day < day), None)
        source = put_raw(connection, export.data, export.name, like=before) if raw else None
        kept = keep_snapshot(
            connection, book, day, told[0], export.rows, source_hash=digest,
            reading=export.reading | ({} if source else {"raw": False}),
        )  # fmt: skip
    _, new = put_forecast(
        connection, book, told[0], identity=_identity(said), as_of=day.isoformat(), currency=said.currency,
        scenario=scenario_data(ready), summary=summary_data(said), samples=_samples(said) if samples else None,
        parts=forecast_parts(said),
    )  # fmt: skip
    return kept, told, corrected, same, new


def _is_same(there: Snapshot, digest: str, export: _Export) -> bool:
    """Whether the snapshot is of these bytes, read from the same place in them."""
    own = (export.reading.get("sheet"), export.reading.get("header_row"))
    return there.source_hash == digest and (there.reading.get("sheet"), there.reading.get("header_row")) == own


def _check_order(
    known: Sequence[Snapshot], there: Snapshot | None, day: dt.date, name: str, *, correct: bool
) -> bool:  # fmt: skip
    """Whether the past is told anew; refuse that where it was not asked for."""
    newest = max((one.valid_day for one in known), default=None)
    if there is not None:
        if not correct:
            raise InputError(
                f"{day} is kept already in the book {name!r}, with another file ({there.reading.get('file')}, "
                f"recorded {there.recorded_at[:19]}): to correct that day, --correct; for another day, --valid DAY"
            )
        return True
    if newest is not None and day < newest:
        if not correct:
            raise InputError(
                f"{day} lies before the newest snapshot of the book {name!r}, {newest}: to tell that day later than "
                "the days after it, --correct; for another day, --valid DAY"
            )
        return True
    return False


def _owners(export: _Export) -> list[str]:
    return owners_in(export.table, export.reading.get("columns", {}).get("owner"))


def _identity(said: Forecast) -> str:
    p = said.provenance
    parts = (p.sha256, p.variant, p.method, p.kernel, p.trials, p.seed, p.overrides, said.as_of.isoformat())
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _samples(said: Forecast) -> bytes:
    from simfunnel.forecast.storage import write_arrays

    stream = io.BytesIO()
    write_arrays(said, stream)  # type: ignore[arg-type]
    return stream.getvalue()
