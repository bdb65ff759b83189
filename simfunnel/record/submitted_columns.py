"""The columns of a file of submissions, found by their headers, and its rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.crm.currency import currency_code
from simfunnel.crm.date_columns import DateRules, read_dates
from simfunnel.crm.money import read_amounts
from simfunnel.errors import InputError, Problem, shorten
from simfunnel.store.submissions import EXPORT, KINDS
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


class HeaderWords:
    """The words by which the row of the headers is found."""

    def fields(self, cells: Sequence[str]) -> int:
        """How many fields the cells of a row are headers of."""
        return len({_FIELDS[word] for cell in cells if (word := bare_letters(cell)) in _FIELDS})

    def is_value(self, text: str) -> bool:
        """No text is told from a header by itself."""
        return False


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the file, as far as it can be read."""

    number: int
    """As a spreadsheet counts."""
    owner: str
    made: dt.date | None
    label: str | None
    amounts: Mapping[str, float]
    """Kind -> amount, of those that are there."""
    derived: bool
    """Whether it was read from an export, and not said by people."""


@dataclass(frozen=True, slots=True)
class Defaults:
    """What holds for all rows where the file has no such column."""

    day: dt.date | None
    period: str | None
    decimal: str | None
    """Decimal mark, where the file does not tell."""


def read_rows(
    table: Table, currency: str, usual: Defaults, owners: Iterable[str], faults: list[Problem]
) -> tuple[Iterator[Row], tuple[str, ...]]:  # fmt: skip
    """Read the rows of a file, and say which of its headers are not read; faults of cells are added to `faults`.

    Raises
    ------
    InputError
        If columns are missing, or two say the same.
    """
    places = _places(table, usual)
    columns = {name: table.column(at) for name, at in places.items()}
    amounts = {
        kind: _amounts(table, places[kind], kind, currency, usual.decimal, faults) for kind in KINDS if kind in places
    }
    days = _days(table, places, usual.day, faults)
    spelled = {name_key(name): name for name in owners}

    def rows() -> Iterator[Row]:
        for row, number in enumerate(table.numbers.tolist()):
            text = " ".join(columns["owner"].text(row).split())
            yield Row(
                number, spelled.setdefault(name_key(text), text), days[row],
                _label(columns["period"].text(row)) if "period" in columns else usual.period,
                {kind: float(values[row]) for kind, values in amounts.items() if not np.isnan(values[row])},
                "source" in columns and bare_letters(columns["source"].text(row)) == EXPORT,
            )  # fmt: skip

    read = set(places.values())
    return rows(), tuple(header for at, header in enumerate(table.headers) if at not in read and header)


def _places(table: Table, usual: Defaults) -> dict[str, int]:
    """Field -> its column; refuse two of one field, and a field that nothing tells."""
    places: dict[str, int] = {}
    faults = []
    for at, header in enumerate(table.headers):
        field = _FIELDS.get(bare_letters(header))
        if field is None:
            continue
        if field in places:
            both = f"{show(table.headers[places[field]])} and {show(header)}"
            faults.append(Problem(f"two columns say the {spoken_kind(field)}: {both}; leave one out", file=table.file))
        places.setdefault(field, at)
    listed = shorten(", ".join(show(header) for header in table.headers if header), 240)
    wanted = {"owner": True, "day": usual.day is None, "period": usual.period is None}
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


def spoken_kind(field: str) -> str:
    """A field in words."""
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
        wrong(row, f"a {spoken_kind(kind)} cannot be below 0, found {read.values[row]:,g}")
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
