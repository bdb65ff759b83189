"""A file of what owners said would come: owner, day, period, commit and best case, one row each."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.crm.currency import currency_code
from simfunnel.crm.date_columns import DateRules, read_dates
from simfunnel.crm.money import read_amounts
from simfunnel.errors import InputError, Problem, shorten
from simfunnel.funnel.calendar import period_of
from simfunnel.scenario.periods import Periods
from simfunnel.store.submissions import EXPORT, KINDS, Submission
from simfunnel.tabular.reading import read_table
from simfunnel.tabular.table import Table
from simfunnel.values.messages import show
from simfunnel.values.names import name_key
from simfunnel.values.words import bare_letters

WORDS: Mapping[str, tuple[str, ...]] = {
    "owner": ("owner", "ownername", "opportunityowner", "dealowner", "rep", "salesrep", "seller", "salesperson"),
    "day": ("day", "date", "asof", "made", "submitted", "submittedon", "submissiondate"),
    "period": ("period", "quarter", "month", "fiscalperiod", "forecastperiod"),
    "commit": ("commit", "committed", "commitamount", "commitforecast"),
    "best_case": ("bestcase", "bestcaseamount", "bestcaseforecast"),
    "source": ("source",),
}
"""Field -> its headers, in letters and digits alone."""
_FIELDS = {word: field for field, listed in WORDS.items() for word in listed}
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


class _Headers:
    """The words by which the row of the headers is found."""

    def fields(self, cells: Sequence[str]) -> int:
        return len({_FIELDS[word] for cell in cells if (word := bare_letters(cell)) in _FIELDS})

    def is_value(self, text: str) -> bool:
        return False


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
    table = read_table(file, vocabulary=_Headers())
    places = _places(table, day, period)
    if not len(table):
        raise InputError(Problem("holds no row below its headers: expected one for each owner", file=file))
    faults: list[Problem] = []
    amounts = {kind: _amounts(table, places[kind], kind, currency, decimal, faults) for kind in KINDS if kind in places}
    days = _days(table, places, day, faults)
    people, labels = table.column(places["owner"]), None if "period" not in places else table.column(places["period"])
    sources = None if "source" not in places else table.column(places["source"])
    spelled = {name_key(name): name for name in owners}
    known: dict[str, bool] = {}
    found: dict[tuple[dt.date, str, str, str], Submission] = {}
    blank = derived = 0
    for row, number in enumerate(table.numbers.tolist()):
        here = {kind: float(values[row]) for kind, values in amounts.items() if not np.isnan(values[row])}
        label = period if labels is None else _label(labels.text(row))
        text = " ".join(people.text(row).split())
        owner = spelled.setdefault(name_key(text), text)
        if not here:
            blank += 1
            continue
        if sources is not None and bare_letters(sources.text(row)) == EXPORT:
            derived += 1
            continue
        for what, there in (("owner", owner), ("period", label), ("day", days[row])):
            if not there:
                faults.append(Problem(f"no {what} beside an amount", file=file, line=number))
        if label and label not in known:
            known[label] = period_of(label, periods) is not None
            if not known[label]:
                faults.append(Problem(_no_period(label, periods), file=file, line=number))
        made = days[row]
        if owner and label and made:
            for kind, amount in here.items():
                _add(found, Submission(made, owner, label, kind, amount), faults, file, number)
    if faults:
        beyond = [Problem(f"and {len(faults) - MOST_NAMED:,} more faults", file=file)] if faults[MOST_NAMED:] else []
        raise InputError([*faults[:MOST_NAMED], *beyond])
    if not found:
        message = (
            "every row was read from an export: none is of people" if derived else "no row has a commit or a best case"
        )
        raise InputError(Problem(message, file=file))
    read = {places[name] for name in places}
    unread = tuple(header for at, header in enumerate(table.headers) if at not in read and header)
    return Submitted(tuple(found.values()), blank, derived, unread)


def _places(table: Table, day: dt.date | None, period: str | None) -> dict[str, int]:
    """Field -> its column; refuse two of one field, and a field that nothing tells."""
    places: dict[str, int] = {}
    faults = []
    for at, header in enumerate(table.headers):
        field = _FIELDS.get(bare_letters(header))
        if field is None:
            continue
        if field in places:
            both = f"{show(table.headers[places[field]])} and {show(header)}"
            faults.append(Problem(f"two columns say the {_spoken(field)}: {both}; leave one out", file=table.file))
        places.setdefault(field, at)
    listed = shorten(", ".join(show(header) for header in table.headers if header), 240)
    wanted = {"owner": True, "day": day is None, "period": period is None}
    for field, needed in wanted.items():
        if needed and field not in places:
            instead = {"day": " (or --day DAY)", "period": " (or --period LABEL)"}.get(field, "")
            message = f"no column of the {field}{instead}: expected one called {' or '.join(WORDS[field][:3])}"
            faults.append(Problem(f"{message}; the columns are {listed}", file=table.file))
    if not places.keys() & set(KINDS):
        message = f"no column called commit or best case: nothing was said; the columns are {listed}"
        faults.append(Problem(message, file=table.file))
    if faults:
        raise InputError(faults)
    return places


def _spoken(field: str) -> str:
    return field.replace("_", " ")


def _amounts(
    table: Table, at: int, kind: str, currency: str, decimal: str | None, faults: list[Problem]
) -> Floats:  # fmt: skip
    header = table.headers[at]
    read = read_amounts(table.column(at), decimal=decimal, header=header, file=table.file)

    def wrong(row: int, message: str) -> None:
        faults.append(Problem(f"{header}: {message}", file=table.file, line=int(table.numbers[row])))

    for row, text in (read.unreadable | read.too_large).items():
        wrong(row, f"expected an amount such as 250000 or 250k, found {show(text)}")
    for row, code in read.currencies.items():
        if currency_code(code, currency) != currency:
            wrong(row, f"expected an amount in {currency}, found one in {code}")
    for row in np.flatnonzero(read.values < 0).tolist():
        wrong(row, f"a {_spoken(kind)} cannot be below 0, found {read.values[row]:,g}")
    return read.values


def _days(table: Table, places: Mapping[str, int], day: dt.date | None, faults: list[Problem]) -> list[dt.date | None]:
    """Day of each row; None where it cannot be told."""
    if "day" not in places:
        return [day] * len(table)
    at, start = places["day"], dt.date(1970, 1, 1)
    header = table.headers[at]
    read = read_dates({header: table.column(at)}, DateRules(as_of=start, file=table.file))[header]
    for row, text in read.unreadable.items():
        message = f"{header}: expected a day such as 2027-01-31, found {show(text)}"
        faults.append(Problem(message, file=table.file, line=int(table.numbers[row])))
    return [None if np.isnan(x) else start + dt.timedelta(days=int(x)) for x in read.days.tolist()]


def _label(text: str) -> str:
    """A label as the calendar writes it."""
    return text.lower() if "+" in text else text.upper()


def _no_period(label: str, periods: Periods) -> str:
    first = "FY" if periods.fiscal_year_start != 1 or periods.weeks else ""
    return (
        f"the calendar has no period {show(label)}: expected a label such as {first}2027-Q1, 2027-01, 2027-W05 or "
        f"{first}2027"
    )


def _add(
    found: dict[tuple[dt.date, str, str, str], Submission], one: Submission, faults: list[Problem], file: str, row: int
) -> None:  # fmt: skip
    known = found.setdefault(one.key, one)
    if known.amount != one.amount:
        faults.append(Problem(
            f"a second {_spoken(one.kind)} of {show(one.owner)} for {one.period} on {one.made}: {one.amount:,g}, "
            f"before it {known.amount:,g}", file=file, line=row,
        ))  # fmt: skip


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
