"""What becomes of each row: open, won, won earlier, lost, or excluded with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from math import floor, isnan, nan
from typing import Any

from simfunnel.crm.fields import Rows
from simfunnel.crm.stages import LOST, WON, StageNames
from simfunnel.crm.structure import Repeats
from simfunnel.progress import Progress
from simfunnel.wording.findings import Finding

PROGRESS_EVERY = 10_000


@dataclass(slots=True)
class Sorted:
    """Rows by what becomes of them; indexes into the rows."""

    ids: list[str]
    open: list[int] = field(default_factory=list)
    open_stages: list[str] = field(default_factory=list)
    won: list[int] = field(default_factory=list)
    won_earlier: int = 0
    lost: int = 0
    excluded: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)
    overrides: list[Finding] = field(default_factory=list)
    unknown: list[int] = field(default_factory=list)
    """Rows excluded because nothing knows their stage."""


class Sorter:
    """Applies the rules to one row after the other."""

    def __init__(self, rows: Rows, names: StageNames, repeats: Repeats, as_of: date, period_start: date) -> None:
        self._rows, self._names, self._repeats = rows, names, repeats
        self._as_of = as_of
        self._start = (period_start - as_of).days
        self._amounts: list[float] = rows.amounts.values.tolist()
        self._days: dict[str, list[float]] = {name: column.days.tolist() for name, column in rows.dates.items()}
        self._found: tuple[list[Finding], ...] = ([], [], [])  # of open, won, lost rows
        self._place = 0
        self._closed_rows: list[int] = []
        self.result = Sorted([known or f"row {number}" for known, number in zip(rows.ids, rows.numbers, strict=True)])

    def sort(self, faults: dict[int, Finding], progress: Progress | None = None) -> Sorted:
        """Sort all rows; `faults` are those that are no deals at all."""
        count = len(self._rows.numbers)
        for index in range(count):
            if progress is not None and index % PROGRESS_EVERY == 0:
                progress(index, count)
            if index in faults:
                self._exclude(index, faults[index])
            else:
                self._sort(index)
        if progress is not None:
            progress(count, count)
        self.result.warnings = [*self._summaries(faults), *(warning for found in self._found for warning in found)]
        return self.result

    def _sort(self, index: int) -> None:
        rows, result = self._rows, self.result
        status = rows.statuses[index]
        if status == "deleted":
            return self._exclude(index, Finding("deleted"))
        if rows.ids[index] and (reason := self._repeats.check(index, rows.ids[index])):
            return self._exclude(index, reason)
        if rows.ignored[index]:
            self._override(index, "judged_ignored")
            return self._exclude(index, Finding("ignored"))
        placed = self._names.place(rows.stages[index], status)
        if placed.stage is None:
            if placed.unknown:
                result.unknown.append(index)
            assert placed.reason is not None
            return self._exclude(index, placed.reason)
        self._place = 1 if placed.stage == WON else 2 if placed.stage == LOST else 0
        if placed.stage in {WON, LOST}:
            self._closed_rows.append(index)
            reason = self._closed(index, won=placed.stage == WON)
        else:
            reason = self._open(index)
            if not reason:
                result.open.append(index)
                result.open_stages.append(placed.stage)
                self._judgement(index)
        if reason:
            return self._exclude(index, reason)
        self._closes_before_created(index)
        return None

    def _closed(self, index: int, *, won: bool) -> Finding | None:
        """Count a closed row, or return why it is excluded."""
        word = "won" if won else "lost"
        name = "closed" if self._rows.has_closed else "close_date"
        day, text = self._days[name][index], self._rows.dates[name].unreadable.get(index)
        if not isnan(day) and day >= 0:
            if won or self._rows.has_closed:
                fields = {"word": word, "day": self._date(day), "as_of": self._as_of}
                return Finding("closed_after_as_of", fields)
            self._warn(index, "lost_close_date_late", day=self._date(day))
        if not won:
            self.result.lost += 1
            return None
        if text is not None:
            return Finding("won_close_date_unreadable", {"text": text})
        if isnan(day):
            return Finding("won_without_close_date")
        if day < self._start:
            self.result.won_earlier += 1
            return None
        if reason := self._bad_amount(index):
            return reason
        if isnan(self._amounts[index]):
            return Finding("won_without_amount", {"day": self._date(day)})
        self.result.won.append(index)
        return None

    def _open(self, index: int) -> Finding | None:
        """Check an open row; return why it is excluded."""
        created, entered = self._days["created"][index], self._days["stage_entered"][index]
        if created >= 0:
            return Finding("created_after_as_of", {"day": self._date(created), "as_of": self._as_of})
        if entered > 0 or (entered == 0 and not self._rows.aged[index]):
            return Finding("entered_after_as_of", {"day": self._date(entered), "as_of": self._as_of})
        if reason := self._bad_amount(index):
            return reason
        if self._amounts[index] == 0:
            self._warn(index, "amount_zero")
        if floor_before(entered, created):
            days = {"entered": self._date(entered), "created": self._date(created)}
            self._warn(index, "entered_before_created", **days)
        for name in ("stage_entered", "created", "close_date", "last_activity"):
            if (text := self._rows.dates[name].unreadable.get(index)) is not None:
                self._warn(index, "date_unreadable", field=name, text=text)
        return None

    def _bad_amount(self, index: int) -> Finding | None:
        text = self._rows.amounts.unreadable.get(index)
        if text is not None:
            return Finding("amount_unreadable", {"text": text})
        if (text := self._rows.amounts.too_large.get(index)) is not None:
            return Finding("amount_too_large", {"text": text})
        if self._amounts[index] < 0:
            return Finding("amount_negative", {"amount": self._amounts[index]})
        return None

    def _judgement(self, index: int) -> None:
        rates, unreadable = self._rows.shares["win_rate"]
        if index in unreadable:
            self._warn(index, "win_rate_unreadable", text=unreadable[index])
        elif not isnan(rates[index]):
            self._override(index, "judged_win_rate", rate=float(rates[index]))
        day = self._days["not_before"][index]
        if (unread := self._rows.dates["not_before"].unreadable.get(index)) is not None:
            self._warn(index, "date_unreadable", field="not_before", text=unread)
        elif not isnan(day):
            self._override(index, "judged_not_before", day=self._date(day))

    def _closes_before_created(self, index: int) -> None:
        # Close dates are local days, creation times often UTC: one day apart can be the same moment.
        name = "close_date" if not isnan(self._days["close_date"][index]) else "closed"
        if floor_before(self._days[name][index] + 1, self._days["created"][index]):
            closed, created = self._date(self._days[name][index]), self._date(self._days["created"][index])
            self._warn(index, "closes_before_created", closed=closed, created=created)

    def _summaries(self, faults: dict[int, Finding]) -> list[Finding]:
        result, rows = self.result, self._rows
        found: list[Finding] = []
        if unknown := sum(isnan(self._days["stage_entered"][index]) for index in result.open):
            found.append(Finding("age_unknown", {"count": unknown}))
        if nameless := sum(not rows.ids[index] and index not in faults for index in range(len(rows.ids))):
            found.append(Finding("no_id", {"count": nameless}))
        if result.unknown and not result.open:
            found.append(Finding("no_open_stage"))
        if past := sum(self._days["close_date"][index] < 0 for index in result.open):
            found.append(Finding("close_dates_past", {"count": past}))
        if owners := _alike([rows.labels["owner"][index] for index in (*result.open, *result.won)]):
            found.append(Finding("owners_alike", {"groups": owners}))
        return found

    def newest(self) -> float:
        """Latest day, relative to `as_of`, on which something happened according to the table; NaN if none."""
        names = ("created", "stage_entered", "closed", "last_activity")
        days = [day for name in names for day in self._days[name]]
        if not self._rows.has_closed:  # then closed rows have it as their close date
            days += [self._days["close_date"][index] for index in self._closed_rows]
        return max((day for day in days if not isnan(day)), default=nan)

    def _date(self, day: float) -> date:
        return self._as_of + timedelta(days=max(floor(day), -self._as_of.toordinal() + 1))

    def _exclude(self, index: int, reason: Finding) -> None:
        amount = self._amounts[index]
        known = None if isnan(amount) or self._rows.currencies[index] else amount
        identifier = self._rows.ids[index] or None
        self.result.excluded.append(replace(reason, row=self._rows.numbers[index], id=identifier, amount=known))

    def _warn(self, index: int, code: str, **fields: Any) -> None:
        self._found[self._place].append(Finding(code, fields, self._rows.numbers[index], self.result.ids[index]))

    def _override(self, index: int, code: str, **fields: Any) -> None:
        self.result.overrides.append(Finding(code, fields, self._rows.numbers[index], self.result.ids[index]))


def _alike(owners: Sequence[str | None]) -> list[list[str]]:
    """Group the owners that differ only in case or spacing."""
    spellings: dict[str, dict[str, None]] = {}
    for owner in dict.fromkeys(owners):
        if owner is not None:
            spellings.setdefault(" ".join(owner.casefold().split()), {})[owner] = None
    return [list(found) for found in spellings.values() if len(found) > 1]


def floor_before(one: float, other: float) -> bool:
    """Whether both days are known and the first is an earlier calendar day."""
    return not isnan(one) and not isnan(other) and floor(one) < floor(other)


def unplaced(rows: Rows, result: Sorted) -> Sequence[str]:
    """Stages of the rows nothing could place."""
    return [rows.stages[index] for index in result.unknown]
