"""What a row is: a deal, one of its snapshots or states, or one of its line items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from simfunnel.arrays import Floats
from simfunnel.crm.amounts import Money
from simfunnel.crm.content import Fit, Known, fit
from simfunnel.crm.currency import missing_rates
from simfunnel.crm.date_columns import DateRules, read_dates
from simfunnel.crm.headers import Layout
from simfunnel.crm.same_rows import same_rows
from simfunnel.errors import InputError, Problem, shorten
from simfunnel.tabular.column import Column, Mask
from simfunnel.tabular.table import Table
from simfunnel.wording.findings import Finding
from simfunnel.wording.numbers import plural

if TYPE_CHECKING:
    from simfunnel.scenario.pipeline import Pipeline

Times = Literal["snapshot", "modified", "stage_entered", "created"]
TIMES: tuple[Times, ...] = ("snapshot", "modified", "stage_entered", "created")
"""Fields that say when a row was true, the surest first."""
OF_A_LINE = frozenset({"amount", "amount_won", "product", "segment", "probability", "currency", "modified"})
"""Fields in which the lines of one deal may differ."""
STRAY = 0.01
"""Up to this part of the ids may be repeated by accident."""
PER_SNAPSHOT = 2
"""A snapshot has at least so many rows on average."""
FULL = 0.5
"""A snapshot holds at least this part of the deals of the one before; else it holds changes only."""


@dataclass(frozen=True, slots=True)
class Collapsed:
    """Which rows stand for a deal."""

    kept: Mask
    """(rows,)"""
    repeated: Mapping[int, Finding]
    """Row -> why it is left out as the repetition of another; counted as excluded, in a table of kept rows."""
    summed: Floats | None
    """(rows,) amounts, summed over the lines of a deal; None if nothing is summed."""
    found: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class _Groups:
    """Rows whose id is repeated."""

    rows: npt.NDArray[np.intp]
    """In order of the id, then of the file."""
    group: npt.NDArray[np.int64]
    """Number of the id of each."""
    first: npt.NDArray[np.intp]
    """For each, the first row of its id."""
    ids: Column
    header: str
    """Of the column of ids, or of those that stand for it."""

    @property
    def count(self) -> int:
        return len(np.unique(self.group))


def collapse(table: Table, layout: Layout, spec: Pipeline, rules: DateRules, deal: Mask, money: Money) -> Collapsed:
    """Find rows that share an id, and decide what they are.

    Parameters
    ----------
    deal
        (rows,) whether a row may be a deal.
    money
        Amounts of the rows, for sums.

    Raises
    ------
    InputError
        If nothing tells whether the rows of a deal are its states or its lines, or if lines are in a currency without
        a rate.
    """
    nothing = Collapsed(np.ones(len(table), dtype=np.bool_), {}, None)
    if "id" not in layout.columns:
        by_name = _snapshots_by_name(table, layout, rules, deal)
        if by_name is None:
            return replace(nothing, found=tuple(same_rows(table, layout, deal, money)))
        read = _newest(table, layout, "snapshot", by_name[1], by_name[0], {})
        told = Finding("told_by_name", {"header": by_name[0].header}, key="pipeline.columns.id")
        return replace(read, found=(*read.found, told))
    ids = table.column(layout.columns["id"])
    header = table.headers[layout.columns["id"]]
    groups = _repeated(ids, deal, header)
    if groups is None:
        return nothing
    twins = _twins(table, groups)
    repeated = {row: _twin(table, row, first) for row, first in twins.items()}
    alone = deal.copy()
    alone[list(twins)] = False
    groups = _repeated(ids, alone, header)
    if groups is None:
        return Collapsed(nothing.kept, repeated, None)
    return _decide(table, layout, spec, rules, groups, money, repeated)


def _decide(
    table: Table, layout: Layout, spec: Pipeline, rules: DateRules, groups: _Groups, money: Money,
    repeated: Mapping[int, Finding],
) -> Collapsed:  # fmt: skip
    if spec.rows == "sum":
        return _summed(table, groups, money, repeated)
    differing = _differing(table, groups)
    fields = {index: name for name, index in layout.columns.items()}
    lines = all(fields.get(index) in OF_A_LINE or index not in fields for index in differing)
    by_product = lines and any(fields.get(index) in {"product", "segment"} for index in differing)
    times = {} if by_product and spec.rows is None else _times(table, layout, rules, groups)
    for field, days in times.items():
        if spec.rows == "newest" or _tells(field, days, groups):
            return _newest(table, layout, field, days, groups, repeated)
    described = [index for index in differing if fields.get(index) not in {"amount", "amount_won"}]
    dated = [index for index in described if fit("created", table.column(index), Known()) == Fit.HOLDS]
    if spec.rows is None and lines and described and not dated:
        if {layout.columns.get("amount"), layout.columns.get("currency")} & set(differing):
            return _summed(table, groups, money, repeated)
        return _once(table, groups, repeated)
    if spec.rows is None and groups.count <= STRAY * len(np.unique(table.column(layout.columns["id"]).identity)):
        return _strays(table, layout, groups, repeated)
    raise InputError(_undecided(table, layout, groups, differing, dated, spec))


def _repeated(ids: Column, deal: Mask, header: str) -> _Groups | None:
    identity = ids.identity
    rows = np.flatnonzero(deal & ids.filled)
    count = np.bincount(identity[rows], minlength=1)
    rows = rows[count[identity[rows]] > 1]
    if not len(rows):
        return None
    rows = rows[np.argsort(identity[rows], kind="stable")]
    group = identity[rows]
    starts = np.flatnonzero(np.concatenate([[True], group[1:] != group[:-1]]))
    sizes = np.diff(np.concatenate([starts, [len(rows)]]))
    return _Groups(rows, group, np.repeat(rows[starts], sizes), ids, header)


def _snapshots_by_name(table: Table, layout: Layout, rules: DateRules, deal: Mask) -> tuple[_Groups, Floats] | None:
    """Tell the deals of snapshots without an id by their names and accounts; None if there is one snapshot only.

    Raises
    ------
    InputError
        If they are not told apart by them: every deal would count once for each snapshot.
    """
    if "snapshot" not in layout.columns:
        return None
    header = table.headers[layout.columns["snapshot"]]
    days = read_dates({header: table.column(layout.columns["snapshot"])}, rules)[header].days
    if len(np.unique(np.floor(days[deal & ~np.isnan(days)]))) < 2:
        return None
    named = [layout.columns[name] for name in ("name", "account") if name in layout.columns]
    if named:
        ids = _joined([table.column(index) for index in named], len(table))
        groups = _repeated(ids, deal, " + ".join(table.headers[index] for index in named))
        if bool(ids.filled[deal].all()) and (groups is None or _tells("snapshot", days, groups)):
            every = np.flatnonzero(deal)
            every = every[np.argsort(ids.identity[every], kind="stable")]
            group = ids.identity[every]
            first = every[np.searchsorted(group, group)]
            return _Groups(every, group, first, ids, " + ".join(table.headers[index] for index in named)), days
    raise InputError(Problem(
        f"column {header!r} holds the days of several snapshots, and no column tells which rows are the same deal: "
        'name the one with the id under `pipeline`, for example `columns: {id: <header>}`, or, if it is no day of a '
        "snapshot, `columns: {snapshot: null}`", file=table.file))  # fmt: skip


def _joined(columns: Sequence[Column], count: int) -> Column:
    """Several columns as one, with a text for each different combination."""
    codes = np.zeros(count, dtype=np.int64)
    for column in columns:
        codes = np.unique(codes * (int(column.identity.max(initial=0)) + 1) + column.identity, return_inverse=True)[1]
    _, first, number = np.unique(codes, return_index=True, return_inverse=True)
    texts = [" / ".join(filter(None, (column.text(row) for column in columns))) for row in first.tolist()]
    return Column(number.astype(np.int32), texts)


def _twins(table: Table, groups: _Groups) -> dict[int, int]:
    """Row -> the earlier row that is the same cell by cell."""
    codes = groups.group
    for column in table.columns:
        own = column.identity[groups.rows]
        codes = np.unique(codes * (int(own.max()) + 1) + own, return_inverse=True)[1]
    _, first, number = np.unique(codes, return_index=True, return_inverse=True)
    earliest = groups.rows[first[number]]
    again = earliest != groups.rows
    return dict(zip(groups.rows[again].tolist(), earliest[again].tolist(), strict=True))


def _twin(table: Table, row: int, first: int) -> Finding:
    return Finding("duplicate_row", {"row": int(table.numbers[row]), "first": int(table.numbers[first])})


def _times(table: Table, layout: Layout, rules: DateRules, groups: _Groups) -> dict[Times, Floats]:
    """Days of the columns that may say when a row was true."""
    found: dict[Times, Floats] = {}
    for field in TIMES:
        if field in layout.columns:
            header = table.headers[layout.columns[field]]
            days = read_dates({header: table.column(layout.columns[field])}, rules)[header].days
            if not np.isnan(days[groups.rows]).all():
                found[field] = days
    return found


def _tells(field: Times, days: Floats, groups: _Groups) -> bool:
    """Whether the days of a column tell the rows of every deal apart."""
    own = days[groups.rows]
    pairs = np.stack([groups.group.astype(np.float64), np.nan_to_num(own, nan=-np.inf)])
    return len(np.unique(pairs, axis=1).T) == len(own) and (field == "snapshot" or not np.isnan(own).all())


def _newest(
    table: Table, layout: Layout, field: Times, days: Floats, groups: _Groups, repeated: Mapping[int, Finding]
) -> Collapsed:
    """Keep the newest row of each deal that is known by `as_of`; of snapshots, what stands in the newest one."""
    header = table.headers[layout.columns[field]]
    own = np.nan_to_num(days[groups.rows], nan=-np.inf)
    late = own >= 1 if field in {"snapshot", "modified"} else own >= 0
    ranked = np.where(late, -np.inf, own)
    order = np.lexsort((np.arange(len(own)), ranked, groups.group))
    last = np.concatenate([groups.group[order][1:] != groups.group[order][:-1], [True]])
    kept = np.ones(len(table), dtype=np.bool_)
    kept[groups.rows] = False
    kept[groups.rows[order[last]]] = True
    later = np.zeros(len(table), dtype=np.bool_)
    later[groups.rows] = late
    if field == "snapshot" and (days < 1).any():  # what stands in later snapshots only is not known yet
        later |= days >= 1
        kept &= ~later
    sizes = np.unique(groups.group, return_counts=True)[1]
    fields: dict[str, object] = {"rows": int(sizes[sizes > 1].sum()), "deals": int((sizes > 1).sum())}
    found = [Finding("newest_rows", {**fields, "header": header, "later": int(later.sum())}, key="pipeline.rows")]
    if field == "snapshot":
        gone = _vanished(days, groups.ids.identity, layout, kept)
        kept &= ~gone
        if gone.any():
            fields = {"count": int(gone.sum()), "header": header}
            found.append(Finding("vanished", fields, key="pipeline.rows"))
    return Collapsed(kept, repeated, None, tuple(found))


def _vanished(days: Floats, identity: npt.NDArray[np.int64], layout: Layout, kept: Mask) -> Mask:
    """(rows,) deals that no longer stand in the newest snapshot, if snapshots are of all deals."""
    known = days < 1
    different = np.unique(np.floor(days[known & ~np.isnan(days)]))
    none = np.zeros(len(days), dtype=np.bool_)
    if len(different) < 2:
        return none
    newest, before = (known & (np.floor(days) == day) for day in (different[-1], different[-2]))
    ids = identity
    if "exited" in layout.columns or known.sum() < PER_SNAPSHOT * len(different):  # one row a change, not a day's list
        return none
    if len(np.unique(ids[newest])) < FULL * len(np.unique(ids[before])):
        return none
    older: Mask = np.floor(days) < different[-1]
    return kept & older


def _summed(table: Table, groups: _Groups, money: Money, repeated: Mapping[int, Finding]) -> Collapsed:
    foreign = groups.rows[money.foreign[groups.rows] & ~np.isnan(money.values[groups.rows])]
    if len(foreign):  # amounts of different currencies are never added up
        raise missing_rates(
            [money.currencies[code] for code in money.currency[foreign].tolist()], money.home, table.file
        )
    kept = np.ones(len(table), dtype=np.bool_)
    kept[groups.rows] = groups.rows == groups.first
    index = np.unique(groups.group, return_inverse=True)[1]
    own = money.values[groups.rows]
    sums = np.bincount(index, weights=np.nan_to_num(own))
    known = np.bincount(index, weights=~np.isnan(own)) > 0
    total = money.values.copy()
    total[groups.rows] = np.where(known, sums, np.nan)[index]
    fields = {"rows": len(groups.rows), "deals": groups.count, "amount": float(np.nansum(own))}
    return Collapsed(kept, repeated, total, (Finding("line_items", fields, key="pipeline.rows"),))


def _once(table: Table, groups: _Groups, repeated: Mapping[int, Finding]) -> Collapsed:
    """The lines of a deal all carry the amount of the deal: it is taken once."""
    kept = np.ones(len(table), dtype=np.bool_)
    kept[groups.rows] = groups.rows == groups.first
    fields = {"rows": len(groups.rows), "deals": groups.count}
    return Collapsed(kept, repeated, None, (Finding("line_items_same_amount", fields, key="pipeline.rows"),))


def _strays(table: Table, layout: Layout, groups: _Groups, repeated: Mapping[int, Finding]) -> Collapsed:
    """A few ids by accident, where every other row is a deal: the first row counts, the others are named."""
    ids = table.column(layout.columns["id"])
    numbers = table.numbers
    again = {
        row: Finding("duplicate_id", {"row": int(numbers[row]), "first": int(numbers[first]), "id": ids.text(row)})
        for row, first in zip(groups.rows.tolist(), groups.first.tolist(), strict=True)
        if row != first
    }
    return Collapsed(np.ones(len(table), dtype=np.bool_), {**repeated, **again}, None)


def _differing(table: Table, groups: _Groups) -> list[int]:
    """Columns in which rows of one deal differ."""
    return [
        index for index, column in enumerate(table.columns)
        if (column.identity[groups.rows] != column.identity[groups.first]).any()
    ]  # fmt: skip


def _undecided(
    table: Table, layout: Layout, groups: _Groups, differing: Sequence[int], dated: Sequence[int], spec: Pipeline
) -> Problem:
    header = table.headers[layout.columns["id"]]
    example = table.column(layout.columns["id"]).text(int(groups.rows[0]))
    rows = " and ".join(str(table.numbers[row]) for row in groups.rows[groups.group == groups.group[0]][:3].tolist())
    columns = shorten(", ".join(repr(table.headers[index]) for index in differing), 200)
    if spec.rows == "newest":
        what = "no column tells which of them is the newest: name one, for example `columns: {modified: <its header>}`"
    elif dated:
        name = table.headers[dated[0]]
        what = (
            "say under `pipeline` what they are: its states, of which the newest counts, for example "
            f'`columns: {{modified: "{name}"}}` with `rows: newest`, or its lines: `rows: sum`'
        )
    else:
        what = (
            "say under `pipeline` what they are: `rows: sum` (line items: the amounts are summed) or `rows: newest` "
            "(its states, with `columns: {modified: <header>}`), or that the column is no id: `columns: {id: null}`"
        )
    return Problem(
        f"{plural(groups.count, 'deal')} {'has' if groups.count == 1 else 'have'} several rows: rows {rows} have "
        f"{shorten(example)!r} in {header!r} and differ in "
        f"{columns}; {what}", file=table.file)  # fmt: skip
