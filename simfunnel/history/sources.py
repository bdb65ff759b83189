"""Whatever a source is, file, folder or log, as one table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from simfunnel.crm.content import Known
from simfunnel.crm.headers import HeaderWords
from simfunnel.history.decisions import Decisions
from simfunnel.history.fields import OWN
from simfunnel.history.settings import HistorySettings
from simfunnel.progress import Progress
from simfunnel.tabular.reading import read_table
from simfunnel.tabular.table import Table
from simfunnel.values.cells import clean, key
from simfunnel.values.words import bare_letters


class HistoryWords(HeaderWords):
    """Words of headers: those of pipelines, and those of histories."""

    _own = frozenset(bare_letters(name) for names in OWN.values() for name in names)

    def fields(self, cells: Sequence[str]) -> int:
        """Count the different fields that cells would name if they were headers."""
        own = [cell for cell in cells if bare_letters(cell) in self._own]
        return len(set(own)) + super().fields([cell for cell in cells if bare_letters(cell) not in self._own])


def read_source(
    path: Path, settings: HistorySettings, decided: Decisions | None, progress: Progress | None
) -> tuple[Table, bool]:
    """Read a source as one table; and tell whether it is an XES log."""
    return _read(path, settings, progress), False


def _read(path: Path, settings: HistorySettings, progress: Progress | None) -> Table:
    known = Known(
        stages=frozenset(key(clean(name)) for name in settings.stages or ()), date_format=settings.date_format
    )
    return read_table(
        path, sheet=settings.sheet, encoding=settings.encoding, delimiter=settings.delimiter,
        header_row=settings.header_row, vocabulary=HistoryWords(known), progress=progress,
    )  # fmt: skip
