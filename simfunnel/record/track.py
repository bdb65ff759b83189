"""Kept forecasts against what came: the track record."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simfunnel.arrays import Bools
from simfunnel.backtesting.results import LEVELS
from simfunnel.backtesting.saved import Scorable, TrackedForecast, scored
from simfunnel.errors import InputError
from simfunnel.estimation.owner_bias import OwnerBias
from simfunnel.funnel.calendar import period_of
from simfunnel.history import History
from simfunnel.record.actuals import Actuals, history_of
from simfunnel.record.owner_record import OwnerRecord, owner_record
from simfunnel.scenario.periods import TOTAL, Periods
from simfunnel.shown import Shown
from simfunnel.store import Store
from simfunnel.store.books import book_to_read
from simfunnel.store.forecasts import details_of, forecasts, levels, parts_of
from simfunnel.store.snapshots import snapshots
from simfunnel.store.submissions import Submission, submissions
from simfunnel.values.names import name_key
from simfunnel.wording.language import tell

SETTLE = 7
"""Days after the end of a period before a snapshot is believed to hold all of its wins."""
NOBODY = "(none)"


@dataclass(frozen=True, eq=False)
class TrackRecord(Shown):
    """Forecasts of a book that were kept, beside what came."""

    store: str
    book: str
    currency: str
    by: str | None
    """``owner`` or ``segment``, where groups are scored too."""
    forecasts: tuple[TrackedForecast, ...]
    """By period, and then by the day they were made of; of everything first."""
    owners: OwnerRecord | None = None
    """What owners said beside what came; None where nothing was kept of it."""
    elsewhere: int = 0
    """Deals last seen at a stage that the scenario does not name: they count as not won."""

    def of(self, group: tuple[str, str] | None = None) -> tuple[TrackedForecast, ...]:
        """Forecasts of everything, or of one group."""
        return tuple(row for row in self.forecasts if row.group == group)

    @property
    def afterwards(self) -> int:
        """How many of the scored forecasts of everything were recorded when their period was over already."""
        return sum(row.actual is not None and (row.made or "")[:10] >= row.last.isoformat() for row in self.of())

    @property
    def groups(self) -> tuple[tuple[str, str], ...]:
        """The groups that are scored."""
        return tuple(dict.fromkeys(row.group for row in self.forecasts if row.group is not None))


def track_record(
    store: Store,
    *,
    book: str | None = None,
    history: History | None = None,
    period: str | None = None,
    by: str | None = None,
    settle: int = SETTLE,
) -> TrackRecord:
    """Score the kept forecasts of a book.

    Parameters
    ----------
    store
        The store.
    book
        Which pipeline.
    history
        What tells what came; default: the snapshots of the book, which then have to hold won deals.
    period
        Label of the only period to score.
    by
        ``owner`` or ``segment``: score the forecasts of each as well.
    settle
        Days after the end of a period from which on a snapshot is believed to hold all of its wins.

    Raises
    ------
    InputError
        If there is no forecast, or none of the period.
    """
    with store.reading() as connection:
        number, name = book_to_read(connection, book, store.address.shown)
        kept = forecasts(connection, number)
        found = snapshots(connection, number)
        submitted = submissions(connection, number)
        if not kept:
            raise InputError(f"{store.address.shown}, book {name!r}: no forecast was kept; `simfunnel keep` keeps one")
        said = [one for row in kept for one in _said(parts_of(connection, row["id"]), row, by)]
        scenario = details_of(connection, kept[-1]["id"])["scenario"]
    if period is not None:
        labels = ", ".join(dict.fromkeys(one.period for one in said))
        said = [one for one in said if one.period == period]
        submitted = [one for one in submitted if one.period == period]
        if not said:
            raise InputError(f"no forecast of {period} was kept; there are forecasts of {labels}")
    actuals = Actuals(
        history_of(store, name, found, scenario) if history is None else history,
        [one.valid_day for one in found] if history is None else None, settle,
    )  # fmt: skip
    rows = _scored(actuals, said)
    ordered = sorted(rows, key=lambda x: (x.group is not None, x.group or ("", ""), x.first, x.last, x.as_of, x.made))
    owners = _owner_record(actuals, submitted, scenario) if submitted else None
    return TrackRecord(store.address.shown, name, kept[-1]["currency"], by, tuple(ordered), owners, actuals.elsewhere)


def commit_biases(
    store: Store, *, book: str | None = None, likely: str | None = None, until: dt.date | None = None,
    settle: int = SETTLE,
) -> dict[str, OwnerBias]:  # fmt: skip
    """Tell how far what each owner commits is from what comes.

    Parameters
    ----------
    store
        The store.
    book, likely
        Which pipeline, and the one that is meant where several might be.
    until
        Day at whose start this is known: what came is looked at in snapshots of that day or before.
    settle
        As `track_record` takes it.

    Returns
    -------
    dict
        Owners as `name_key` writes them; empty where no submission or no forecast was kept.
    """
    with store.reading() as connection:
        number, name = book_to_read(connection, book, store.address.shown, likely)
        kept, found = forecasts(connection, number), snapshots(connection, number)
        submitted = submissions(connection, number, until=until)
        if not kept or not submitted:
            return {}
        scenario = details_of(connection, kept[-1]["id"])["scenario"]
    days = [one.valid_day for one in found if until is None or one.valid_day <= until]
    if not days:
        return {}
    record = _owner_record(Actuals(history_of(store, name, found, scenario), days, settle), submitted, scenario)
    return {name_key(one.owner): one for one in record.of("commit") if one.owner is not None}


def _owner_record(actuals: Actuals, said: Sequence[Submission], scenario: Mapping[str, Any]) -> OwnerRecord:
    calendar = Periods.model_validate(scenario["periods"])
    return owner_record(
        actuals.past, actuals.labels("owner"), said, lambda label: period_of(label, calendar),
        lambda one: actuals.actual(one.start, one.end),
    )  # fmt: skip


def _said(parts: Sequence[Mapping[str, Any]], row: Mapping[str, Any], by: str | None) -> list[Scorable]:
    """What a kept forecast said of each period: of everything, and of each group."""
    found = []
    for part in parts:
        if part["period"] == TOTAL or part["dimension"] not in ("", by):
            continue
        values = part["quantiles"]
        at = levels(len(values))
        found.append(Scorable(
            path=f"{row['as_of']}", as_of=dt.date.fromisoformat(row["as_of"]), period=part["period"],
            first=dt.date.fromisoformat(part["first"]), last=dt.date.fromisoformat(part["last"]), mean=part["mean"],
            draws=np.asarray(values), quantiles={q: float(values[int(np.abs(at - q).argmin())]) for q in LEVELS},
            target=part["target"], p_attain=part["p_attain"], made=row["recorded_at"], weighted=part["weighted"],
            group=(part["dimension"], part["label"]) if part["dimension"] else None,
        ))  # fmt: skip
    return found


def _scored(actuals: Actuals, said: Sequence[Scorable]) -> list[TrackedForecast]:
    latest: dict[tuple[dt.date, str], str] = {}
    for one in said:
        key = (one.as_of, one.period)
        latest[key] = max(latest.get(key, ""), one.made or "")
    rows = []
    for one in said:
        why, day = actuals.actual(one.first, one.last)
        if why is None and (one.made or "") < latest[one.as_of, one.period]:
            why = tell("a forecast of the same day was kept later")
        own: Bools | None = None
        if one.group is not None:
            own = actuals.labels(one.group[0]) == ("" if one.group[1] == NOBODY else one.group[1])
        rows.append(scored(actuals.past, one, why, day, own))
    return rows
