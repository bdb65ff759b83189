"""Bring the past into a store: dated exports, versions of a warehouse, logs of changes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from simfunnel.errors import InputError, Problem
from simfunnel.history.written import settings_of
from simfunnel.progress import Progress
from simfunnel.record.dated_exports import import_folder
from simfunnel.record.imported import Imported, Into
from simfunnel.record.place import UNNAMED
from simfunnel.record.whole_history import import_whole
from simfunnel.store import Store
from simfunnel.store.books import books

DatesFrom = Literal["name", "column", "file"]


def import_history(
    store: Store,
    source: str | os.PathLike[str] | Mapping[str, Any],
    *,
    book: str | None = None,
    dates_from: DatesFrom = "name",
    evening: bool = False,
    correct: bool = False,
    raw: bool = True,
    progress: Progress | None = None,
    **settings: Any,
) -> Imported:
    """Import what tells of the past.

    Parameters
    ----------
    store
        The store.
    source
        A folder of dated exports, or one file: of versions (dbt snapshots, Fivetran history mode), of changes (property
        or field history), or with the day of each row's snapshot in a column; or a YAML file with the key ``history``.
    book
        Which pipeline; default ``main``, or the only one of the store.
    dates_from
        Of a folder: whether the day stands in the ``name`` of a file, in a ``column``, or is the time of the ``file``.
    evening
        Whether the exports of a folder were made in the evening of their day: they are kept for the next.
    correct
        Whether a day that is kept with another file is told anew.
    raw
        Whether the files are kept as they came.
    progress
        Called with what is done and how much there is in all.
    settings
        What `read_history` takes: ``columns``, ``file_date``, ``date_format``, ``time_zone`` and so on.

    Raises
    ------
    InputError
        If something cannot be read, tells no days, or does not fit what is kept.
    """
    stated = settings_of(source, settings)
    if stated.file is None:
        raise InputError(Problem("nothing says what to import: name a file or a folder", "history.file"))
    path = Path(stated.file)
    with store.reading() as connection:
        known = list(books(connection))
    name = book or (known[0] if len(known) == 1 else UNNAMED)
    into = Into(store, name, stated, raw, progress)
    if path.is_dir() and dates_from != "column":
        return import_folder(into, path, of_file=dates_from == "file", evening=evening, correct=correct)
    return import_whole(into, path)
