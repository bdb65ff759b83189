"""What came of the periods of a book: told by its own snapshots, or by a history that somebody names."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from simfunnel.backtesting.past import Past
from simfunnel.backtesting.saved import untold
from simfunnel.errors import InputError
from simfunnel.estimation.book import has_amounts
from simfunnel.estimation.observation import observed_from
from simfunnel.history import History, read_history
from simfunnel.history.history import STILL, WON
from simfunnel.history.stage_words import REST
from simfunnel.record.reading import HISTORY_NAMES
from simfunnel.store import Store
from simfunnel.store.snapshots import Snapshot
from simfunnel.wording.language import tell

ELSEWHERE = "(no stage of the scenario)"
"""Where a deal stands whose stage the scenario does not name: open, for all that anybody knows."""


def history_of(store: Store, book: str, found: Sequence[Snapshot], scenario: Mapping[str, Any]) -> History:
    """Read the snapshots as the pipeline file was read."""
    if not found:
        raise InputError(f"book {book!r} has forecasts and no snapshot: name what tells what came with --history")
    pipeline = scenario["pipeline"]
    columns = found[-1].reading.get("columns", {})
    named = {field: columns[own] for own, field in HISTORY_NAMES.items() if columns.get(own)}
    stages = [stage["name"] for stage in scenario["stages"]]
    settings = {name: pipeline.get(name) for name in ("date_format", "decimal", "time_zone", "amount_unit")}
    mapped = {REST: ELSEWHERE, **pipeline["stage_map"]}
    return read_history(
        {"store": {"url": _full(store), "book": book}}, columns=named, stages=[*stages, ELSEWHERE], stage_map=mapped,
        **settings,
    )  # fmt: skip


def _full(store: Store) -> str:
    return store.address.url if store.address.path is None else str(store.address.path)


class Actuals:
    """What tells what came.

    Parameters
    ----------
    history
        Deals and their ends.
    days
        Of the snapshots it is made of; None where it was named by somebody.
    settle
        Days after the end of a period from which on a snapshot holds all of its wins.
    """

    def __init__(self, history: History, days: Sequence[dt.date] | None, settle: int) -> None:
        self.past = Past(history, count=False, unseen=False)
        self._days, self._settle = days, settle
        self._observed = observed_from(history)
        self._amounts = has_amounts(history)
        self._labels: dict[str, Any] = {}

    @property
    def elsewhere(self) -> int:
        """How many deals were last seen at a stage that the scenario does not name: a win may be among them."""
        history = self.past.history
        if ELSEWHERE not in history.stages:
            return 0
        s = history.spells
        return int(np.count_nonzero((s.stage == history.stages.index(ELSEWHERE)) & (s.to == STILL)))

    def labels(self, field: str) -> Any:
        """(deals,) the last known label of each deal; empty where there is none."""
        if field not in self._labels:
            found = np.full(len(self.past.history.deals), "", dtype=object)
            fact = self.past.history.facts.get(field)
            if fact is not None:
                found[fact.deal] = fact.value  # by time within a deal: the last stays
            self._labels[field] = found
        return self._labels[field]

    def actual(self, first: dt.date, last: dt.date) -> tuple[str | None, dt.date]:
        """Why nobody knows what a period brought; and the day as of which it is looked at."""
        history, days = self.past.history, self._days
        if not (history.ends.outcome == WON).any():
            return tell(
                "nothing tells of won deals: the exports hold open deals only (`--history` names what tells)"
            ), last
        if not self._amounts:
            return tell("most won deals have no amount"), last
        if days is None:
            return untold(history, self._observed, first, last), last
        settled = last + dt.timedelta(days=self._settle)
        day = next((day for day in days if day >= settled), None)
        if day is None:
            return tell(
                "no snapshot of {settled} or later: the period ends at {last}, {days} days to settle",
                settled=settled, last=last, days=self._settle,
            ), last  # fmt: skip
        if first < days[0] and not self._reaches_back(days[0]):
            return tell("the first snapshot is of {day}, the period begins at {first}", day=days[0], first=first), last
        return None, day

    def _reaches_back(self, first: dt.date) -> bool:
        """Whether the first snapshot tells of wins on days before it: then it was an export that holds them."""
        history = self.past.history
        closed = history.ends.closed[history.ends.outcome == WON]
        return bool(len(closed)) and int(closed.min()) < history.midnight(first)
