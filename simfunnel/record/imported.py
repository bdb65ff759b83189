"""What is common to all imports: where to, how the file is read, and what came of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from simfunnel.history.desk import Desk
from simfunnel.history.settings import HistorySettings
from simfunnel.progress import Progress
from simfunnel.record.reading import HISTORY_NAMES
from simfunnel.shown import Shown
from simfunnel.store import Store


@dataclass(frozen=True)
class Imported(Shown):
    """What an import brought."""

    store: str
    book: str
    first: dt.date | None
    last: dt.date | None
    snapshots: int
    """That are new."""
    already: int
    """Snapshots that were there from an earlier import of the same files."""
    versions: int
    unchanged: int
    left_out: int
    """Rows without an id or a time, and files without a day."""


@dataclass(frozen=True, slots=True)
class Into:
    """Where an import goes, and how it reads."""

    store: Store
    book: str
    settings: HistorySettings
    raw: bool
    """Whether files are kept as they came."""
    progress: Progress | None

    @property
    def shown(self) -> str:
        """The store as messages call it."""
        return self.store.address.shown

    def told(self, done: int, total: int) -> None:
        """Say how far it is."""
        if self.progress is not None:
            self.progress(done, total)


def columns_of(desk: Desk) -> dict[str, str]:
    """Field of a pipeline file -> the header that was taken for it."""
    named = {**HISTORY_NAMES, "close_date": "close_date"}
    return {own: desk.header(name) for own, name in named.items() if name in desk.fields}
