"""Kept forecasts against what came: the track record."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simfunnel.arrays import Bools
from simfunnel.backtesting.past import Past
from simfunnel.backtesting.results import LEVELS
from simfunnel.backtesting.run import has_amounts
from simfunnel.backtesting.saved import Said, TrackedForecast, scored, untold
from simfunnel.errors import InputError
from simfunnel.estimation.observation import observed_from
from simfunnel.history import History, read_history
from simfunnel.history.history import WON
from simfunnel.scenario.periods import TOTAL
from simfunnel.shown import Shown
from simfunnel.store import Store
from simfunnel.store.books import book_to_read
from simfunnel.store.forecasts import details_of, forecasts, levels, parts_of
from simfunnel.store.snapshots import Snapshot, snapshots

SETTLE = 7
"""Days after the end of a period before a snapshot is believed to hold all of its wins."""
NOBODY = "(none)"
FIELDS = (("id", "case"), ("stage", "stage"), ("amount", "amount"), ("owner", "owner"), ("segment", "segment"),
          ("closed", "closed"))  # fmt: skip
"""Field of a pipeline file, and what a history calls it."""


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
        if not kept:
            raise InputError(f"{store.address.shown}, book {name!r}: no forecast was kept; `simfunnel keep` keeps one")
        said = [one for row in kept for one in _said(parts_of(connection, row["id"]), row, by)]
        scenario = details_of(connection, kept[-1]["id"])["scenario"]
    if period is not None:
        labels = ", ".join(dict.fromkeys(one.period for one in said))
        said = [one for one in said if one.period == period]
        if not said:
            raise InputError(f"no forecast of {period} was kept; there are forecasts of {labels}")
    own = history is None
    told = _history_of(store, name, found, scenario) if history is None else history
    rows = _scored(told, said, [one.valid_day for one in found] if own else None, settle)
    ordered = sorted(rows, key=lambda x: (x.group is not None, x.group or ("", ""), x.first, x.last, x.as_of, x.made))
    return TrackRecord(store.address.shown, name, kept[-1]["currency"], by, tuple(ordered))


def _said(parts: Sequence[Mapping[str, Any]], row: Mapping[str, Any], by: str | None) -> list[Said]:
    """What a kept forecast said of each period: of everything, and of each group."""
    found = []
    for part in parts:
        if part["period"] == TOTAL or part["dimension"] not in ("", by):
            continue
        values = part["quantiles"]
        at = levels(len(values))
        found.append(Said(
            path=f"{row['as_of']}", as_of=dt.date.fromisoformat(row["as_of"]), period=part["period"],
            first=dt.date.fromisoformat(part["first"]), last=dt.date.fromisoformat(part["last"]), mean=part["mean"],
            draws=np.asarray(values), quantiles={q: float(values[int(np.abs(at - q).argmin())]) for q in LEVELS},
            target=part["target"], p_attain=part["p_attain"], made=row["recorded_at"], weighted=part["weighted"],
            group=(part["dimension"], part["label"]) if part["dimension"] else None,
        ))  # fmt: skip
    return found


def _history_of(store: Store, book: str, found: Sequence[Snapshot], scenario: Mapping[str, Any]) -> History:
    """Read the snapshots as the pipeline file was read."""
    if not found:
        raise InputError(f"book {book!r} has forecasts and no snapshot: name what tells what came with --history")
    pipeline = scenario["pipeline"]
    columns = found[-1].reading.get("columns", {})
    named = {field: columns[own] for own, field in FIELDS if columns.get(own)}
    stages = [stage["name"] for stage in scenario["stages"]]
    settings = {name: pipeline.get(name) for name in ("date_format", "decimal", "time_zone", "amount_unit")}
    mapped = {key: value for key, value in pipeline["stage_map"].items() if key != "*"}
    return read_history(
        {"store": {"url": _full(store), "book": book}}, columns=named, stages=stages, stage_map=mapped or None,
        **settings,
    )  # fmt: skip


def _full(store: Store) -> str:
    return store.address.url if store.address.path is None else str(store.address.path)


def _scored(
    history: History, said: Sequence[Said], days: Sequence[dt.date] | None, settle: int
) -> list[TrackedForecast]:  # fmt: skip
    past, observed = Past(history, count=False), observed_from(history)
    groups = {field: _labels(history, field) for field in {one.group[0] for one in said if one.group}}
    latest = {(one.as_of, one.period): one.made or "" for one in said}
    for one in said:
        key = (one.as_of, one.period)
        latest[key] = max(latest[key], one.made or "")
    rows = []
    for one in said:
        why, day = _actual_of(history, observed, one, days, settle)
        if why is None and (one.made or "") < latest[one.as_of, one.period]:
            why = "a forecast of the same day was kept later"
        own: Bools | None = None
        if one.group is not None:
            own = groups[one.group[0]] == ("" if one.group[1] == NOBODY else one.group[1])
        rows.append(scored(past, one, why, day, own))
    return rows


def _actual_of(
    history: History, observed: float, one: Said, days: Sequence[dt.date] | None, settle: int
) -> tuple[str | None, dt.date]:  # fmt: skip
    """Why nobody knows what a period brought; and the day as of which it is looked at."""
    if not (history.ends.outcome == WON).any():
        return "nothing tells of won deals: the exports hold open deals only (`--history` names what tells)", one.last
    if not has_amounts(history):
        return "most won deals have no amount", one.last
    if days is None:
        return untold(history, observed, one.first, one.last), one.last
    settled = one.last + dt.timedelta(days=settle)
    day = next((day for day in days if day >= settled), None)
    if day is None:
        return f"no snapshot of {settled} or later: the period ends at {one.last}, {settle} days to settle", one.last
    first = days[0]
    if one.first < first and not _reaches_back(history, first):
        return f"the first snapshot is of {first}, the period begins at {one.first}", one.last
    return None, day


def _reaches_back(history: History, first: dt.date) -> bool:
    """Whether the first snapshot tells of wins on days before it: then it was an export that holds them."""
    closed = history.ends.closed[history.ends.outcome == WON]
    return bool(len(closed)) and int(closed.min()) < history.midnight(first)


def _labels(history: History, field: str) -> Any:
    """(deals,) the last known label of each deal; empty where there is none."""
    labels = np.full(len(history.deals), "", dtype=object)
    fact = history.facts.get(field)
    if fact is not None:
        labels[fact.deal] = fact.value  # by time within a deal: the last stays
    return labels
