"""What becomes of each row: open, won, won earlier, lost, or excluded with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import floor, isnan, nan

from simfunnel.crm.fields import Rows
from simfunnel.crm.quality import Excluded, Override, RowWarning
from simfunnel.crm.stages import LOST, WON, StageNames
from simfunnel.crm.structure import Repeats
from simfunnel.errors import shorten
from simfunnel.progress import Progress
from simfunnel.wording.numbers import plural

PROGRESS_EVERY = 10_000
LISTED = 8
"""Names listed in one message."""


@dataclass(slots=True)
class Sorted:
    """Rows by what becomes of them; indexes into the rows."""

    ids: list[str]
    open: list[int] = field(default_factory=list)
    open_stages: list[str] = field(default_factory=list)
    won: list[int] = field(default_factory=list)
    won_earlier: int = 0
    lost: int = 0
    excluded: list[Excluded] = field(default_factory=list)
    warnings: list[RowWarning] = field(default_factory=list)
    overrides: list[Override] = field(default_factory=list)
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
        self._found: tuple[list[RowWarning], ...] = ([], [], [])  # of open, won, lost rows
        self._place = 0
        self._closed_rows: list[int] = []
        self.result = Sorted([known or f"row {number}" for known, number in zip(rows.ids, rows.numbers, strict=True)])

    def sort(self, faults: dict[int, str], progress: Progress | None = None) -> Sorted:
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
            return self._exclude(index, "deleted in the CRM")
        if rows.ids[index] and (reason := self._repeats.check(index, rows.ids[index])):
            return self._exclude(index, reason)
        if rows.ignored[index]:
            self._override(index, "ignored")
            return self._exclude(index, "ignored by judgement")
        placed = self._names.place(rows.stages[index], status)
        if placed.stage is None:
            if placed.unknown:
                result.unknown.append(index)
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

    def _closed(self, index: int, *, won: bool) -> str:
        """Count a closed row, or return why it is excluded."""
        word = "won" if won else "lost"
        name = "closed" if self._rows.has_closed else "close_date"
        day, text = self._days[name][index], self._rows.dates[name].unreadable.get(index)
        if not isnan(day) and day >= 0:
            if won or self._rows.has_closed:
                return f"{word} on {self._date(day)}, not before as_of ({self._as_of})"
            self._warn(index, f"lost, but its close date {self._date(day)} is not before as_of: counted lost")
        if not won:
            self.result.lost += 1
            return ""
        if text is not None:
            return f"won, but its close date {shorten(text)!r} cannot be read"
        if isnan(day):
            return "won, but without a close date"
        if day < self._start:
            self.result.won_earlier += 1
            return ""
        if reason := self._bad_amount(index):
            return reason
        if isnan(self._amounts[index]):
            return f"won on {self._date(day)}, but without an amount"
        self.result.won.append(index)
        return ""

    def _open(self, index: int) -> str:
        """Check an open row; return why it is excluded."""
        created, entered = self._days["created"][index], self._days["stage_entered"][index]
        if created >= 0:
            return f"created on {self._date(created)}, not before as_of ({self._as_of})"
        if entered > 0 or (entered == 0 and not self._rows.aged[index]):
            return f"entered its stage on {self._date(entered)}, on or after as_of ({self._as_of})"
        if reason := self._bad_amount(index):
            return reason
        if self._amounts[index] == 0:
            self._warn(index, "its amount is 0")
        if floor_before(entered, created):
            self._warn(index, f"entered its stage on {self._date(entered)}, before it was created on "
                              f"{self._date(created)}: the stage date was used")  # fmt: skip
        for name, what in (("stage_entered", "the date on which it entered its stage, {}, cannot be read"),
                           ("created", "its creation date {} cannot be read"),
                           ("close_date", "its close date {} cannot be read"),
                           ("last_activity", "its last activity {} cannot be read")):  # fmt: skip
            if (text := self._rows.dates[name].unreadable.get(index)) is not None:
                self._warn(index, what.format(repr(shorten(text))))
        return ""

    def _bad_amount(self, index: int) -> str:
        text = self._rows.amounts.unreadable.get(index)
        if text is not None:
            return f"amount {shorten(text)!r} cannot be read"
        if (text := self._rows.amounts.too_large.get(index)) is not None:
            return f"amount {shorten(text)!r} is too large; check the amount column"
        if self._amounts[index] < 0:
            return f"negative amount {self._amounts[index]:,.15g}"
        return ""

    def _judgement(self, index: int) -> None:
        rates, unreadable = self._rows.shares["win_rate"]
        if index in unreadable:
            text = shorten(unreadable[index])
            self._warn(index, f"win rate {text!r} is not in 0 to 1 or 0 % to 100 %: no judgement applied")
        elif not isnan(rates[index]):
            self._override(index, f"win_rate {rates[index]:.6g}")
        day = self._days["not_before"][index]
        if (unread := self._rows.dates["not_before"].unreadable.get(index)) is not None:
            self._warn(index, f"'not before' date {shorten(unread)!r} cannot be read: no judgement applied")
        elif not isnan(day):
            self._override(index, f"not before {self._date(day)}")

    def _closes_before_created(self, index: int) -> None:
        # Close dates are local days, creation times often UTC: one day apart can be the same moment.
        name = "close_date" if not isnan(self._days["close_date"][index]) else "closed"
        if floor_before(self._days[name][index] + 1, self._days["created"][index]):
            self._warn(index, f"closes before it was created ({self._date(self._days[name][index])}, "
                              f"{self._date(self._days['created'][index])})")  # fmt: skip

    def _summaries(self, faults: dict[int, str]) -> list[RowWarning]:
        result, rows = self.result, self._rows
        messages: list[str] = []
        unknown = sum(isnan(self._days["stage_entered"][index]) for index in result.open)
        if unknown:
            has = "has" if unknown == 1 else "have"
            messages.append(
                f"{plural(unknown, 'open deal')} {has} no date on which the stage was entered: age unknown, "
                "taken as that of a deal found in its stage at random"
            )
        nameless = sum(not rows.ids[index] and index not in faults for index in range(len(rows.ids)))
        if nameless:
            has = "has" if nameless == 1 else "have"
            messages.append(
                f"{plural(nameless, 'row')} {has} no id: named by row number ('row 2'), which changes with the file"
            )
        if result.unknown and not result.open:
            messages.append("no open deal is in a stage of the scenario: is `pipeline.stage_map` complete?")
        past = sum(self._days["close_date"][index] < 0 for index in result.open)
        if past:
            has = "has" if past == 1 else "have"
            messages.append(f"{plural(past, 'open deal')} {has} a close date in the past")
        if owners := _alike([rows.labels["owner"][index] for index in (*result.open, *result.won)]):
            messages.append(f"owners that differ only in case or spacing are kept apart: {owners}")
        return [RowWarning(None, None, message) for message in messages]

    def newest(self) -> float:
        """Latest day, relative to `as_of`, on which something happened according to the table; NaN if none."""
        names = ("created", "stage_entered", "closed", "last_activity")
        days = [day for name in names for day in self._days[name]]
        if not self._rows.has_closed:  # then closed rows have it as their close date
            days += [self._days["close_date"][index] for index in self._closed_rows]
        return max((day for day in days if not isnan(day)), default=nan)

    def _date(self, day: float) -> date:
        return self._as_of + timedelta(days=max(floor(day), -self._as_of.toordinal() + 1))

    def _exclude(self, index: int, reason: str) -> None:
        amount = self._amounts[index]
        known = None if isnan(amount) or self._rows.currencies[index] else amount
        identifier = self._rows.ids[index] or None
        self.result.excluded.append(Excluded(self._rows.numbers[index], identifier, reason, known))

    def _warn(self, index: int, message: str) -> None:
        self._found[self._place].append(RowWarning(self._rows.numbers[index], self.result.ids[index], message))

    def _override(self, index: int, what: str) -> None:
        self.result.overrides.append(Override(self._rows.numbers[index], self.result.ids[index], what))


def _alike(owners: Sequence[str | None]) -> str:
    """Quote the owners that differ only in case or spacing: `'ANA SILVA' and 'Ana Silva'; ...`."""
    spellings: dict[str, dict[str, None]] = {}
    for owner in dict.fromkeys(owners):
        if owner is not None:
            spellings.setdefault(" ".join(owner.casefold().split()), {})[owner] = None
    groups = [" and ".join(map(repr, found)) for found in spellings.values() if len(found) > 1]
    more = f"; and {len(groups) - LISTED} more" if len(groups) > LISTED else ""
    return "; ".join(groups[:LISTED]) + more


def floor_before(one: float, other: float) -> bool:
    """Whether both days are known and the first is an earlier calendar day."""
    return not isnan(one) and not isnan(other) and floor(one) < floor(other)


def unplaced(rows: Rows, result: Sorted) -> Sequence[str]:
    """Stages of the rows nothing could place."""
    return [rows.stages[index] for index in result.unknown]
