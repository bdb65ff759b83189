"""Keep a pipeline as it is today, and what is forecast from it: both, or nothing."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from simfunnel.errors import InputError, Problem
from simfunnel.forecast.forecast import Forecast
from simfunnel.forecast.inputs import Prepared, ScenarioLike, as_loaded
from simfunnel.forecast.labels import without_over
from simfunnel.record.commits import ExportCommits, commits_of
from simfunnel.record.place import book_of, store_of
from simfunnel.record.reading import check_day, read_export
from simfunnel.record.said import SaidForecast
from simfunnel.record.submissions import KeptSubmissions, kept_submissions
from simfunnel.record.submitted_file import read_submissions
from simfunnel.record.writing import Asked, write
from simfunnel.shown import Shown
from simfunnel.store import Store
from simfunnel.store.raw import hash_of_bytes
from simfunnel.store.submissions import Told

Forecaster = Callable[[Prepared], Forecast]


@dataclass(frozen=True, slots=True)
class KeptCommits:
    """What was kept of what an export says that its owners commit."""

    found: ExportCommits
    told: Told
    overruled: int
    """How many a file overrules: it says something of the same owner, period and week."""


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
    rows_before: int | None = None
    """Of the snapshot before this one; None where there is none."""
    beside: tuple[str, ...] = ()
    """The other books of the store, where this one is new in it."""
    over: tuple[str, ...] = ()
    """Periods that ended before the day, whose targets and closed wins were left out."""
    ahead: tuple[str, ...] = ()
    """Periods that begin after the last one that is forecast from the day: the same."""
    submissions: KeptSubmissions | None = None
    """What a file of commits and best cases brought; None without one."""
    commits: KeptCommits | None = None
    """What the export's own forecast categories say of them; None where it has no such column."""


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

    Where the file has a column of forecast categories, what each owner commits by it is kept too; what people say in
    the same week (`submissions`) counts before it.

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
        File of what owners say will come, kept with it as ``simfunnel store submissions`` keeps one; of this day where
        it names none.

    Raises
    ------
    InputError
        If the scenario has no pipeline file, the day does not fit, or the forecast is of something else.
    SurroundingsError
        If the store cannot be reached or written.
    """
    loaded = as_loaded(scenario, overrides)
    own = loaded.scenario.as_of
    if valid is not None:
        overrides = (*overrides, f"as_of={valid}")
        loaded = as_loaded(scenario, overrides)
    # an export of the past is kept under the scenario of today, whose targets may lie beyond what it forecasts
    loaded, over, ahead = without_over(loaded, ahead=loaded.scenario.as_of < own)
    place, name = str(store_of(loaded, None if store is None else os.fspath(store))), book_of(loaded, book)
    ready, export = read_export(loaded)
    check_day(ready, late=late)
    listed = None if submissions is None else read_submissions(
        submissions, currency=ready.scenario.currency, periods=ready.scenario.periods, day=ready.scenario.as_of,
        decimal=ready.scenario.pipeline.decimal, owners=export.owners,
    )  # fmt: skip
    said = _forecast(ready, forecast)
    opened = Store.open(place, make=True)
    commits = commits_of(ready)
    asked = Asked(name, correct, raw, () if listed is None else listed.said, () if commits is None else commits.said)
    told = SaidForecast.of(ready, said, samples=samples)
    done = opened.writing(lambda connection: write(connection, ready.scenario.as_of, export, told, asked))
    return KeptPipeline(
        store=opened.address.shown, book=name, valid_day=loaded.scenario.as_of, recorded_at=done.at,
        rows=len(export.rows), source_hash=hash_of_bytes(export.data), new_versions=done.kept.new_versions,
        unchanged=done.kept.unchanged, corrected=done.corrected, same=done.same, forecast=said,
        forecast_new=done.forecast_new, rows_before=done.rows_before, beside=done.beside, over=over, ahead=ahead,
        submissions=None if listed is None else kept_submissions(opened, name, listed, done.told, export.owners),
        commits=None if commits is None else KeptCommits(commits, *done.commits),
    )  # fmt: skip


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
