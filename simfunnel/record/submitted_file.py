"""A file of what owners said would come: owner, day, period, commit and best case, one row each."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from simfunnel.errors import InputError, Problem
from simfunnel.funnel.calendar import period_of
from simfunnel.record.submitted_columns import Defaults, HeaderWords, Row, read_rows, spoken_kind
from simfunnel.scenario.periods import Periods
from simfunnel.store.submissions import KINDS, Submission
from simfunnel.tabular.reading import read_table
from simfunnel.values.messages import show

MOST_NAMED = 10
"""Faults that are listed one by one."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """What a file of submissions holds."""

    said: tuple[Submission, ...]
    blank: int
    """Rows with neither a commit nor a best case."""
    derived: int
    """Rows that were read from an export and not from people, as ``store export --submissions`` writes them."""
    unread: tuple[str, ...]
    """Headers of the columns that were not read."""


def read_submissions(
    path: str | os.PathLike[str], *, currency: str, periods: Periods, day: dt.date | None = None,
    period: str | None = None, decimal: str | None = None, owners: Iterable[str] = (),
) -> Submitted:  # fmt: skip
    """Read a file of submissions.

    Parameters
    ----------
    path
        CSV, XLSX or Parquet: an owner, and a commit or a best case or both, in each row.
    currency
        Of the book: amounts written in another are refused.
    periods
        The calendar by which labels are read.
    day, period
        Of all rows, where the file has no such column.
    decimal
        Decimal mark, where the file does not tell.
    owners
        Names as the pipeline writes them: one that differs in capitals or blanks alone is taken for them.

    Raises
    ------
    InputError
        With everything that cannot be read, by row.
    """
    file = os.fspath(path)
    table = read_table(file, vocabulary=HeaderWords())
    faults: list[Problem] = []
    rows, unread = read_rows(table, currency, Defaults(day, period, decimal), owners, faults)
    if not len(table):
        raise InputError(Problem("holds no row below its headers: expected one for each owner", file=file))
    taken = _Taken(file, periods, faults)
    blank = derived = 0
    for row in rows:
        if not row.amounts:
            blank += 1
        elif row.derived:
            derived += 1
        else:
            taken.add(row)
    if faults:
        beyond = [Problem(f"and {len(faults) - MOST_NAMED:,} more faults", file=file)] if faults[MOST_NAMED:] else []
        raise InputError([*faults[:MOST_NAMED], *beyond])
    if not taken.found:
        message = (
            "every row was read from an export: none is of people"
            if derived
            else ("no row has a commit or a best case")
        )
        raise InputError(Problem(message, file=file))
    return Submitted(tuple(taken.found.values()), blank, derived, unread)


class _Taken:
    """Submissions found so far, and what is wrong with the others."""

    def __init__(self, file: str, periods: Periods, faults: list[Problem]) -> None:
        self._file, self._periods, self._faults = file, periods, faults
        self._known: dict[str, bool] = {}
        self.found: dict[tuple[dt.date, str, str, str], Submission] = {}

    def add(self, row: Row) -> None:
        """Take the amounts of a row."""
        for what, there in (("owner", row.owner), ("period", row.label), ("day", row.made)):
            if not there:
                self._fault(f"no {what} beside an amount", row)
        if row.label and row.label not in self._known:
            self._known[row.label] = period_of(row.label, self._periods) is not None
            if not self._known[row.label]:
                self._fault(_no_period(row.label, self._periods), row)
        if row.owner and row.label and row.made:
            for kind, amount in row.amounts.items():
                one = Submission(row.made, row.owner, row.label, kind, amount)
                known = self.found.setdefault(one.key, one)
                if known.amount != amount:
                    self._fault(
                        f"a second {spoken_kind(kind)} of {show(one.owner)} for {one.period} on {one.made}: "
                        f"{amount:,g}, before it {known.amount:,g}", row,
                    )  # fmt: skip

    def _fault(self, message: str, row: Row) -> None:
        self._faults.append(Problem(message, file=self._file, line=row.number))


def _no_period(label: str, periods: Periods) -> str:
    first = "FY" if periods.fiscal_year_start != 1 or periods.weeks else ""
    return (
        f"the calendar has no period {show(label)}: expected a label such as {first}2027-Q1, 2027-01, 2027-W05 or "
        f"{first}2027"
    )


def lines_of(said: Sequence[Submission]) -> Iterator[tuple[str, ...]]:
    """Submissions as the rows of such a file: owner, day, period, commit, best case, and where they came from."""
    cells: dict[tuple[dt.date, str, str, str], dict[str, float]] = {}
    for one in said:
        cells.setdefault((one.made, one.owner, one.period, one.source), {})[one.kind] = one.amount
    for (made, owner, period, source), amounts in cells.items():
        yield (owner, made.isoformat(), period, *(_written(amounts.get(kind)) for kind in KINDS), source)


def _written(amount: float | None) -> str:
    if amount is None:
        return ""
    return f"{amount:.0f}" if amount == int(amount) else repr(amount)
