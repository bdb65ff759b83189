"""What becomes of each row: open, won, won earlier, lost, or excluded with a reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from math import floor
from typing import Any

import numpy as np
import numpy.typing as npt

from simfunnel.arrays import Floats
from simfunnel.crm.amounts import Money
from simfunnel.crm.fields import Rows
from simfunnel.crm.standing import Standing
from simfunnel.tabular.column import Mask
from simfunnel.wording.findings import Finding

Places = npt.NDArray[np.intp]
NO_DEALS = frozenset({"total", "sums_above", "lone_cell", "header_again", "second_table", "group_heading"})
"""Reasons of rows that are no deals: what they hold is no money."""
ODD_DATES = ("stage_entered", "created", "close_date", "last_activity")


@dataclass(slots=True)
class Sorted:
    """Rows by what becomes of them; indexes into the rows."""

    standing: npt.NDArray[np.intp]
    """(rows,) number of the standing of each."""
    standings: Sequence[Standing]
    open: Places
    open_stages: list[str]
    won: Places
    closed: Floats
    """(rows,) day of closing of won and lost rows."""
    won_earlier: Places
    lost: Places
    excluded: list[Finding] = field(default_factory=list)
    """In the order of the rows."""
    excluded_rows: list[int] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)
    overrides: list[Finding] = field(default_factory=list)
    doubtful: int = 0
    """Rows left out of the open ones because something about them was not understood or cannot be."""


class Sorter:
    """Applies the rules to all rows, a rule at a time.

    Parameters
    ----------
    rows, money
        What the rows say.
    standing, standings
        How the deals stand, see `Evidence.read`.
    as_of, period_start
        Reference day, and first day of its period.
    """

    def __init__(
        self, rows: Rows, money: Money, standing: npt.NDArray[np.intp], standings: Sequence[Standing], as_of: date,
        period_start: date,
    ) -> None:  # fmt: skip
        self._rows, self._money = rows, money
        self._standing, self._standings = standing, standings
        self._as_of, self._start = as_of, (period_start - as_of).days
        self._reasons: dict[int, Finding] = {}
        self._odd: list[tuple[int, int, int, Finding]] = []  # place (open, won, lost), row, order, what
        self._judged: list[tuple[int, int, Finding]] = []
        self._left = np.ones(len(rows.numbers), dtype=np.bool_)

    def sort(self, faults: Mapping[int, Finding], repeated: Mapping[int, Finding]) -> Sorted:
        """Sort all rows; `faults` are no deals at all, `repeated` are other rows again."""
        kind = np.array([standing.kind for standing in self._standings] or ["out"])[self._standing]
        self._exclude(faults)
        self._exclude(self._because(self._is_deleted() & self._left, "deleted"))
        self._exclude(repeated)
        ignored = self._rows.ignored & self._left
        self._judged += [(row, 0, self._of(row, "judged_ignored")) for row in np.flatnonzero(ignored).tolist()]
        self._exclude(self._because(ignored, "ignored"))
        out = np.flatnonzero((kind == "out") & self._left).tolist()
        doubtful = sum(self._standings[self._standing[row]].doubtful for row in out)
        self._exclude({row: self._reason(row) for row in out})
        closed = self._closing_days(kind)
        lost = self._lost(kind == "lost", closed)
        won, earlier = self._won(kind == "won", closed)
        before = len(self._reasons)
        opened = self._open(kind == "open")
        doubtful += len(self._reasons) - before
        for mask, place in ((opened, 0), (won | earlier, 1), (lost, 2)):
            self._closes_before_created(mask, closed, place)
        rows = np.flatnonzero(opened)
        self._judgements(opened)
        excluded = sorted(self._reasons)
        return Sorted(
            self._standing, self._standings, rows,
            [self._standings[code].stage or "" for code in self._standing[rows].tolist()],
            np.flatnonzero(won), closed, np.flatnonzero(earlier), np.flatnonzero(lost),
            [self._with_row(row, self._reasons[row]) for row in excluded], excluded,
            [finding for *_, finding in sorted(self._odd, key=lambda odd: odd[:3])],
            [finding for *_, finding in sorted(self._judged, key=lambda judged: judged[:2])], doubtful,
        )  # fmt: skip

    def _is_deleted(self) -> Mask:
        deleted = [s.reason is not None and s.reason.code == "deleted" for s in self._standings]
        return np.array(deleted or [False], dtype=np.bool_)[self._standing]

    def _reason(self, row: int) -> Finding:
        reason = self._standings[int(self._standing[row])].reason
        assert reason is not None
        return reason

    def _closing_days(self, kind: npt.NDArray[np.str_]) -> Floats:
        """(rows,) the actual closing day where a column states it, of won rows the day won; else the close date."""
        dates, days = self._rows.dates, np.full(len(kind), np.nan)
        for end in ("won", "lost"):
            own = dates["close_date"].days
            if self._rows.states_end(end):
                closed = dates["closed"].days
                own = np.where(np.isnan(closed), dates[f"{end}_date"].days, closed)
            days = np.where(kind == end, own, days)
        return days

    def _lost(self, lost: Mask, closed: Floats) -> Mask:
        late = lost & self._left & (closed >= 0)
        if self._rows.states_end("lost"):
            self._exclude(self._late(late, "lost", closed))
        else:
            self._warn(late, 2, 0, "lost_close_date_late", lambda row: {"day": self._date(closed[row])})
        return lost & self._left

    def _won(self, won: Mask, closed: Floats) -> tuple[Mask, Mask]:
        """Wins of the current period, and earlier ones."""
        won = won & self._left
        self._exclude(self._late(won & (closed >= 0), "won", closed))
        names = ("closed", "won_date") if self._rows.states_end("won") else ("close_date",)
        unread = {row: text for name in names for row, text in self._rows.dates[name].unreadable.items() if won[row]}
        self._exclude({row: Finding("won_close_date_unreadable", {"text": text}) for row, text in unread.items()
                       if np.isnan(closed[row])})  # fmt: skip
        self._exclude(self._because(won & np.isnan(closed), "won_without_close_date"))
        earlier = won & self._left & (closed < self._start)
        now = won & self._left & ~earlier
        self._exclude(self._bad_amounts(now))
        missing = now & np.isnan(self._money.values)
        self._exclude(self._because(missing, "won_without_amount", lambda row: {"day": self._date(closed[row])}))
        return now & self._left, earlier

    def _late(self, those: Mask, word: str, closed: Floats) -> dict[int, Finding]:
        return self._because(
            those, "closed_after_as_of",
            lambda row: {"word": word, "day": self._date(closed[row]), "as_of": self._as_of},
        )  # fmt: skip

    def _open(self, opened: Mask) -> Mask:
        opened = opened & self._left
        created, entered = self._rows.dates["created"].days, self._rows.dates["stage_entered"].days
        self._exclude(self._because(opened & (created >= 0), "created_after_as_of",
                                    lambda row: {"day": self._date(created[row]), "as_of": self._as_of}))  # fmt: skip
        late = (entered > 0) | ((entered == 0) & ~self._rows.aged)
        self._exclude(self._because(opened & late, "entered_after_as_of",
                                    lambda row: {"day": self._date(entered[row]), "as_of": self._as_of}))  # fmt: skip
        self._exclude(self._bad_amounts(opened))
        opened = opened & self._left
        self._warn(opened & (self._money.values == 0), 0, 0, "amount_zero")
        self._warn(opened & (np.floor(entered) < np.floor(created)), 0, 1, "entered_before_created",
                   lambda row: {"entered": self._date(entered[row]), "created": self._date(created[row])})  # fmt: skip
        for order, name in enumerate(ODD_DATES, start=2):
            self._unreadable(opened, name, order)
        return opened

    def _unreadable(self, those: Mask, name: str, order: int) -> None:
        for row, text in self._rows.dates[name].unreadable.items():
            if those[row]:
                self._odd.append((0, row, order, self._of(row, "date_unreadable", field=name, text=text)))

    def _bad_amounts(self, those: Mask) -> dict[int, Finding]:
        money = self._money
        found = {row: Finding("amount_unreadable", {"text": text}, key="pipeline.columns.amount")
                 for row, text in money.unreadable.items() if those[row]}  # fmt: skip
        found |= {row: Finding("amount_too_large", {"text": text}, key="pipeline.columns.amount")
                  for row, text in money.too_large.items() if those[row] and row not in found}  # fmt: skip
        negative = those & self._left & (money.values < 0)
        return self._because(negative, "amount_negative", lambda row: {"amount": float(money.values[row])}) | found

    def _judgements(self, opened: Mask) -> None:
        rates, unreadable = self._rows.shares["win_rate"]
        self._odd += [(0, row, 6, self._of(row, "win_rate_unreadable", text=text))
                      for row, text in unreadable.items() if opened[row]]  # fmt: skip
        self._judged += [(row, 1, self._of(row, "judged_win_rate", rate=float(rates[row])))
                         for row in np.flatnonzero(opened & ~np.isnan(rates)).tolist()]  # fmt: skip
        self._unreadable(opened, "not_before", 7)
        days = self._rows.dates["not_before"].days
        self._judged += [(row, 2, self._of(row, "judged_not_before", day=self._date(days[row])))
                         for row in np.flatnonzero(opened & ~np.isnan(days)).tolist()]  # fmt: skip

    def _closes_before_created(self, those: Mask, closed: Floats, place: int) -> None:
        # Close dates are local days, creation times often UTC: one day apart can be the same moment.
        dates, created = self._rows.dates, self._rows.dates["created"].days
        days = np.where(
            np.isnan(dates["close_date"].days), closed if place else dates["closed"].days, dates["close_date"].days
        )
        self._warn(those & (np.floor(days + 1) < np.floor(created)), place, 8, "closes_before_created",
                   lambda row: {"closed": self._date(days[row]), "created": self._date(created[row])})  # fmt: skip

    def _because(
        self, those: Mask, code: str, fields: Callable[[int], dict[str, Any]] = lambda _: {}
    ) -> dict[int, Finding]:
        return {row: Finding(code, fields(row)) for row in np.flatnonzero(those & self._left).tolist()}

    def _exclude(self, reasons: Mapping[int, Finding]) -> None:
        """Leave rows out; the first reason of a row stays."""
        for row, reason in reasons.items():
            self._reasons.setdefault(row, reason)
        self._left[list(reasons)] = False

    def _with_row(self, row: int, reason: Finding) -> Finding:
        money = self._money
        unknown = np.isnan(money.values[row]) or money.foreign[row] or reason.code in NO_DEALS
        amount = None if unknown else float(money.values[row])
        return replace(reason, row=int(self._rows.numbers[row]), id=self._rows.ids.text(row) or None, amount=amount)

    def _warn(
        self, those: Mask, place: int, order: int, code: str, fields: Callable[[int], dict[str, Any]] = lambda _: {}
    ) -> None:
        self._odd += [(place, row, order, self._of(row, code, **fields(row))) for row in np.flatnonzero(those).tolist()]

    def _of(self, row: int, code: str, **fields: Any) -> Finding:
        return Finding(code, fields, int(self._rows.numbers[row]), self._rows.id(row))

    def _date(self, day: float) -> date:
        return day_of(self._as_of, day)


def day_of(as_of: date, day: float) -> date:
    """Return the calendar day so many days after `as_of`, within the calendar."""
    ordinal = min(max(floor(day) + as_of.toordinal(), 1), date.max.toordinal())
    return as_of + timedelta(days=ordinal - as_of.toordinal())
