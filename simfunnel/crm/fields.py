"""All cells of a pipeline table read as what they mean, column by column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from simfunnel.arrays import Floats
from simfunnel.crm.content import Fit, Known, fit
from simfunnel.crm.date_columns import DateColumn, DateRules, read_dates
from simfunnel.crm.entered import own_stage_dates
from simfunnel.crm.flags import FLAGS, truth
from simfunnel.crm.headers import Layout
from simfunnel.crm.money import read_shares
from simfunnel.crm.segments import map_segments
from simfunnel.crm.standing import FILLED, WORDS, Evidence
from simfunnel.errors import InputError
from simfunnel.tabular.column import Column, Mask
from simfunnel.tabular.table import Table
from simfunnel.values.cells import Cell, key, label
from simfunnel.wording.findings import Finding

if TYPE_CHECKING:
    from simfunnel.scenario.pipeline import Pipeline

DATES = (
    "stage_entered", "created", "close_date", "closed", "last_activity", "not_before", "won_date", "lost_date"
)  # fmt: skip
SHARES = ("probability", "win_rate")
LABELS = ("owner", "team", "segment", "source", "forecast_category", "name", "account")


@dataclass(frozen=True, slots=True)
class LabelColumn:
    """Labels of the rows: an owner, a team, a name; None where there is none."""

    codes: npt.NDArray[np.int64]
    values: Sequence[str | None]

    def take(self, rows: npt.NDArray[np.intp]) -> tuple[str | None, ...]:
        """Labels of some rows."""
        return tuple(self.values[code] for code in self.codes[rows].tolist())

    def distinct(self, rows: npt.NDArray[np.intp]) -> list[str]:
        """Different labels of some rows, in order of appearance."""
        codes = self.codes[rows]
        found, first = np.unique(codes, return_index=True)
        labels = (self.values[code] for code in found[np.argsort(first)].tolist())
        return list(dict.fromkeys(label for label in labels if label is not None))


@dataclass(frozen=True, slots=True)
class Rows:
    """The table, read: every sequence has one entry per row."""

    numbers: npt.NDArray[np.int64]
    ids: Column
    stages: Column
    """As in the file, trimmed."""
    evidence: Evidence
    dates: Mapping[str, DateColumn]
    """Field -> days relative to `as_of`; all NaN for a field the table does not have."""
    closing: frozenset[str]
    """Fields the table has of those that state the actual closing day: closed, won_date, lost_date."""
    has_close_date: bool
    """Whether a column states the expected one."""
    aged: Mask
    """Whether the age is given as such: 0 is then a deal that enters its stage as the forecast starts."""
    shares: Mapping[str, tuple[Floats, Mapping[int, str]]]
    labels: Mapping[str, LabelColumn]
    ignored: Mask
    found: tuple[Finding, ...] = ()
    """What there is to say of a column as a whole."""

    def with_expected(self, opened: Mask) -> Rows:
        """Take what is called the closing day for the expected one, if open deals have days to come in it."""
        days = self.dates["closed"].days
        if "closed" not in self.closing or self.has_close_date or not (days[opened] >= 0).any():
            return self
        none = DateColumn(np.full(len(days), np.nan), {})
        dates = {**self.dates, "close_date": self.dates["closed"], "closed": none}
        return replace(self, dates=dates, closing=self.closing - {"closed"})

    def states_end(self, end: str) -> bool:
        """Whether a column states the actual day on which deals were `won`, or `lost`."""
        return bool(self.closing & {"closed", f"{end}_date"})

    def id(self, row: int) -> str:
        """Id of a row; its number where it has none."""
        return self.ids.text(row) or f"row {self.numbers[row]}"


def date_rules(table: Table, spec: Pipeline, as_of: date) -> DateRules:
    """What the scenario states about dates."""
    return DateRules(as_of, spec.date_format, spec.time_zone, table.file)


def read_rows(
    table: Table, layout: Layout, spec: Pipeline, stages: Column, *, as_of: date, teams: Mapping[str, str],
    segments: Sequence[str],
) -> Rows:  # fmt: skip
    """Read every column the layout knows, but for amounts; `stages` are those of the rows, groups filled."""
    count = len(table)
    columns = {name: table.column(index) for name, index in layout.columns.items()}
    blank = Column(np.zeros(count, dtype=np.int32), [None])
    if layout.entered and "stage_entered" not in columns:
        columns["stage_entered"] = own_stage_dates(table, layout.entered, stages, columns.get("pipeline"))
    headers = {name: table.headers[index] for name, index in layout.columns.items()}
    headers.setdefault("stage_entered", "date entered the stage")
    dates = _dates(columns, headers, date_rules(table, spec, as_of), table)
    if "age" in columns:
        ages = columns["age"].numbers(_age)
        known = np.where(np.isnan(dates["stage_entered"].days), -ages, dates["stage_entered"].days)
        dates["stage_entered"] = replace(dates["stage_entered"], days=known)
        aged = ~np.isnan(ages)
    else:
        aged = np.zeros(count, dtype=np.bool_)
    said = {name: columns[name] for name in (*WORDS, *FLAGS, *FILLED) if name in columns}
    past = _ended(columns, dates)
    shares, found = _shares(columns, blank, headers, table.file)
    return Rows(
        numbers=table.numbers,
        ids=columns.get("id", blank),
        stages=stages,
        evidence=Evidence(said, headers, spec.status_map, layout.preset.statuses, past),
        dates=dates,
        closing=frozenset({"closed", "won_date", "lost_date"} & columns.keys()),
        has_close_date="close_date" in columns,
        aged=aged,
        shares={name: shares[name] for name in SHARES},
        labels=_labels(columns, blank, teams, spec, segments),
        ignored=columns.get("ignore", blank).marks(lambda text: truth(text) is True),
        found=found,
    )


def _shares(
    columns: Mapping[str, Column], blank: Column, headers: Mapping[str, str], file: str | None
) -> tuple[dict[str, tuple[Floats, Mapping[int, str]]], tuple[Finding, ...]]:
    """Read win rates, and the CRM's probabilities; of the latter, in which nothing depends on, doubts are only said."""
    shares: dict[str, tuple[Floats, Mapping[int, str]]] = {}
    found: list[Finding] = []
    for name in SHARES:
        column, header = columns.get(name, blank), headers.get(name, name)
        try:
            shares[name] = read_shares(column, header=header, file=file)
        except InputError:
            if name == "win_rate":
                raise
            found.append(Finding("probability_mixed", {"header": header}, key="pipeline.columns.probability"))
            shares[name] = read_shares(Column(column.codes, [None] * len(column.cells)))
    return shares, tuple(found)


def _dates(
    columns: Mapping[str, Column], headers: Mapping[str, str], rules: DateRules, table: Table
) -> dict[str, DateColumn]:
    present = {name: columns[name] for name in DATES if name in columns}
    own: dict[str, Sequence[Cell] | Column] = {headers[name]: column for name, column in present.items()}
    try:
        by_header = read_dates(own, rules)
    except InputError as undecided:
        by_header = _dates_by_others(own, rules, table, undecided)
    none = DateColumn(np.full(len(table), np.nan), {})
    return {name: by_header[headers[name]] if name in present else none for name in DATES}


def _dates_by_others(
    own: Mapping[str, Sequence[Cell] | Column], rules: DateRules, table: Table, undecided: InputError
) -> dict[str, DateColumn]:
    """Read dates with the help of columns that are not read: perhaps one of them shows which part is the day."""
    others = {
        header: column for header, column in zip(table.headers, table.columns, strict=True)
        if header and header not in own and fit("created", column, Known()) == Fit.HOLDS
    }  # fmt: skip
    try:
        return read_dates({**own, **others}, rules)
    except InputError:
        raise undecided from None


def _age(text: str) -> float:
    try:
        return float(text.replace(",", ".")) if text else np.nan
    except ValueError:
        return np.nan


def _ended(columns: Mapping[str, Column], dates: Mapping[str, DateColumn]) -> Mask | None:
    """(rows,) whether the actual closing day is past; None where the column holds expected days, or is none."""
    if "closed" not in columns or columns["closed"] is columns.get("close_date"):
        return None
    days = dates["closed"].days
    with np.errstate(invalid="ignore"):
        return None if (days >= 0).any() else days < 0


def _labels(
    columns: Mapping[str, Column], blank: Column, teams: Mapping[str, str], spec: Pipeline, segments: Sequence[str]
) -> dict[str, LabelColumn]:
    found: dict[str, LabelColumn] = {}
    for name in LABELS:
        column = columns.get(name, blank)
        found[name] = LabelColumn(column.codes.astype(np.int64), [label(cell) for cell in column.cells] or [None])
    found["team"] = _teams(found["team"], found["owner"], teams)
    segment = found["segment"]
    found["segment"] = LabelColumn(segment.codes, map_segments(segment.values, spec.segment_map, segments))
    return found


def _teams(team: LabelColumn, owner: LabelColumn, teams: Mapping[str, str]) -> LabelColumn:
    """Teams; where there is none, that of the owner."""
    by_owner = {key(name): of for name, of in teams.items()}
    own: list[Any] = [by_owner.get(key(name)) if name else None for name in owner.values]
    none = np.array([value is None for value in team.values], dtype=np.bool_)[team.codes]
    codes = np.where(none, len(team.values) + owner.codes, team.codes)
    return LabelColumn(codes, [*team.values, *own])
