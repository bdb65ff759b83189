"""The desk at which a table becomes a history: settings, columns, decisions made or taken over, what was noticed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from simfunnel.arrays import Bools, Floats, Ints
from simfunnel.crm.detect import detect_preset, header_key
from simfunnel.crm.money import read_amounts, read_shares
from simfunnel.crm.words.units import measure
from simfunnel.errors import InputError
from simfunnel.history.decisions import DateForm, Decisions, Form
from simfunnel.history.instants import DAY, Instants, read_instants
from simfunnel.history.iso_times import UNREAD
from simfunnel.history.settings import HistorySettings
from simfunnel.history.stage_words import StageWords
from simfunnel.history.strays import strays
from simfunnel.tabular.column import Column
from simfunnel.tabular.table import Table
from simfunnel.values.cells import key
from simfunnel.wording.findings import Finding

EXPECTED = ("close_date", "last_activity", "valid_to", "modified")
"""Fields of times that need not have come, or are far away for want of an end."""


@dataclass
class Desk:
    """What a reader of one form works with."""

    table: Table
    form: Form
    settings: HistorySettings
    fields: dict[str, int]
    """Field -> column."""
    entered: list[tuple[int, str]] = field(default_factory=list)
    """(column, stage as it is named there): when a stage was entered,"""
    exited: list[tuple[int, str]] = field(default_factory=list)
    """and left."""
    decided: Decisions | None = None
    """Decisions taken over from the reading of the whole."""
    attributes: list[int] = field(default_factory=list)
    found: list[Finding] = field(default_factory=list)
    dates: dict[str, DateForm] = field(default_factory=dict)
    decimals: dict[str, str] = field(default_factory=dict)
    taken: dict[str, str] = field(default_factory=dict)
    instants: dict[int, Instants] = field(default_factory=dict)
    currencies: dict[str, dict[int, str]] = field(default_factory=dict)
    """Header -> row -> currency that stands in the cell itself."""

    @property
    def time_zone(self) -> str:
        """Where days begin."""
        return self.settings.time_zone or "UTC"

    def column(self, name: str) -> Column | None:
        """Column of a field."""
        return self.table.column(self.fields[name]) if name in self.fields else None

    def header(self, name: str) -> str:
        """Header of a field."""
        return self.table.headers[self.fields[name]]

    def words(self) -> StageWords:
        """Reader of the words of stages; one taken over knows the stages that were decided."""
        labels = {key(raw): label for raw, label in detect_preset(self.table.headers).stage_names.items()}
        s = self.settings
        stages = s.stages if self.decided is None else self.decided.stages
        return StageWords(stages, s.stage_map, s.won, s.lost, s.void, labels)

    def read_dates(self, names: Sequence[str]) -> None:
        """Read all columns of dates together: those of some fields, and of the stages."""
        columns = {self.fields[name] for name in names if name in self.fields}
        columns |= {index for index, _ in (*self.entered, *self.exited)}
        by_header = {self.table.headers[index]: self.table.column(index) for index in sorted(columns)}
        read, self.dates = read_instants(
            by_header, self.time_zone, date_format=self.settings.date_format,
            decided=None if self.decided is None else self.decided.dates, file=self.table.file,
        )  # fmt: skip
        self.instants = {index: read[self.table.headers[index]] for index in columns}
        self._drop_strays()

    def _drop_strays(self) -> None:
        """Take a few times that lie years apart from all others for slips: `2044` for `2014`."""
        expected = {self.fields[name] for name in EXPECTED if name in self.fields}
        own = [index for index in self.instants if index not in expected]
        if not own:
            return
        told = [self.instants[index].at[self.instants[index].there] for index in own]
        least, most = strays(np.concatenate(told))
        least, most = int(self.decide("earliest", str(least))), int(self.decide("latest", str(most)))
        changed, of_file = self.times("modified"), most
        if changed is not None and changed.there.any():  # a stage dated later is planned, and has not been entered
            of_file = min(most, int(changed.at[changed.there].max()) + DAY)
        of_file = int(self.decide("of_file", str(of_file)))
        stages = {index for index, _ in self.entered}
        for index in own:
            one = self.instants[index]
            stray = one.there & ((one.at < least) | (one.at > (of_file if index in stages else most)))
            if stray.any():
                example = self.table.column(index).text(int(np.flatnonzero(stray)[0]))
                self.note("stray_times", stray, header=self.table.headers[index], example=example)
                self.instants[index] = Instants(np.where(stray, UNREAD, one.at), one.unreadable)

    def times(self, name: str) -> Instants | None:
        """Instants of a field, if it has a column."""
        return self.instants.get(self.fields[name]) if name in self.fields else None

    def amounts(self, name: str = "amount") -> Floats:
        """(rows,) amounts; NaN where there is none."""
        return self.money(self.column(name), self.header(name))

    def money(self, column: Column | None, header: str) -> Floats:
        """Amounts of a column, in units."""
        if column is None:
            return np.full(len(self.table), np.nan)
        mark = self.settings.decimal or (self.decided.decimals.get(header) if self.decided else None)
        read = read_amounts(column, decimal=mark, header=header, file=self.table.file)
        self.currencies[header] = read.currencies
        self.decimals[header] = mark or ("," if _comma(column, read.values) else ".")
        self.note("amount_unread", len(read.unreadable) + len(read.too_large), header=header,
                  example=next(iter((*read.unreadable.values(), *read.too_large.values())), ""))  # fmt: skip
        unit = self.settings.amount_unit or measure(header).factor
        values = read.values.copy()
        values[list(read.too_large)] = np.nan
        scaled: Floats = values * unit if unit >= 1 else values / round(1 / unit)
        return scaled

    def shares(self, column: Column, header: str) -> Floats:
        """Probabilities of a column; none where they are written in two ways."""
        try:
            return read_shares(column, header=header, file=self.table.file)[0]
        except InputError:
            self.found.append(Finding("probability_mixed", {"header": header}, key="history.columns.probability"))
            return np.full(len(column), np.nan)

    def note(self, code: str, count: int | np.integer | Bools | Ints, **fields: object) -> None:
        """Say what happened to so many; nothing if to none."""
        number = int(np.sum(count))
        if number:
            self.found.append(Finding(code, {"count": number, **fields}))

    def decide(self, name: str, answer: str) -> str:
        """Keep a decision, or give the one that was taken over."""
        if self.decided is not None and name in self.decided.taken:
            answer = self.decided.taken[name]
        self.taken[name] = answer
        return answer

    def decisions(self, stages: Sequence[str], left_out: frozenset[str]) -> Decisions:
        """Everything that was decided."""
        headers = self.table.headers
        return Decisions(
            self.form,
            {name: headers[index] for name, index in self.fields.items()},
            self.dates,
            tuple(stages),
            self.decimals,
            tuple((headers[index], stage) for index, stage in self.entered),
            tuple((headers[index], stage) for index, stage in self.exited),
            tuple(headers[index] for index in self.attributes),
            left_out,
            self.taken,
        )


def _comma(column: Column, values: Floats) -> bool:
    """Whether the decimal mark that was found is a comma: reading by it gives the same numbers."""
    if not any("," in text for text in column.words[:2000]):
        return False
    again = read_amounts(column, decimal=",").values
    return bool(np.array_equal(again, values, equal_nan=True))


def index_of(table: Table, headers: Mapping[str, str]) -> dict[str, int]:
    """Field -> column, by headers."""
    places = {header_key(header): index for index, header in reversed(list(enumerate(table.headers)))}
    return {name: places[header_key(header)] for name, header in headers.items() if header_key(header) in places}
