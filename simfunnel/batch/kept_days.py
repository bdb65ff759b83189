"""One scenario on every kept day of a store: which days there are, and the scenario with the deals of one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from simfunnel.batch.jobs import Job
from simfunnel.errors import InputError
from simfunnel.forecast.inputs import Prepared, as_loaded
from simfunnel.record.explain import with_kept_deals
from simfunnel.record.place import book_of, store_of
from simfunnel.store import Store
from simfunnel.store.books import book_to_read
from simfunnel.store.snapshots import snapshots


@dataclass(frozen=True, slots=True)
class KeptDay:
    """A snapshot of a store."""

    store: Store
    book: str
    day: dt.date

    def prepare(self, scenario: str, overrides: Sequence[str]) -> Prepared:
        """Read the deals of the day, and the scenario as of it, without the targets that it does not see."""
        return with_kept_deals(self.store, self.book, self.day, scenario, overrides)


def jobs_of_store(
    jobs: Sequence[Job],
    store: str | None = None,
    book: str | None = None,
    first: dt.date | None = None,
    last: dt.date | None = None,
) -> tuple[Job, ...]:
    """List a job for each kept day, called as the day is.

    Parameters
    ----------
    jobs
        From `jobs_of`: one scenario.
    store, book
        Where the days are kept; default: as the scenario says.
    first, last
        Days before the first and after the last one are left out; default: none is.

    Raises
    ------
    InputError
        If there are several scenarios, no such store or book, or no day in it.
    """
    if len(jobs) != 1:
        raise InputError(f"days of a store are forecast for one scenario; found {len(jobs):,} scenarios")
    (job,) = jobs
    loaded = as_loaded(job.scenario, job.overrides)
    opened = Store.open(store_of(loaded, store))
    with opened.reading() as connection:
        number, name = book_to_read(connection, book, opened.address.shown, book_of(loaded))
        days = sorted({one.valid_day for one in snapshots(connection, number, None)})
    chosen = [day for day in days if (first is None or first <= day) and (last is None or day <= last)]
    if not chosen:
        where = f"{opened.address.shown}, book {name!r}"
        kept = f"those kept are of {days[0]} to {days[-1]}" if days else "none was kept at all"
        raise InputError(f"{where}: no day is kept from {first or 'the first'} to {last or 'the last'}; {kept}")
    return tuple(replace(job, name=str(day), kept=KeptDay(opened, name, day)) for day in chosen)
