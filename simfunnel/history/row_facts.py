"""Facts and attributes that stand in rows: each row says what held from its time on."""

from __future__ import annotations

import numpy as np

from simfunnel.arrays import Bools, Ints
from simfunnel.crm.currency import SYMBOLS, currency_code
from simfunnel.crm.words.units import measure
from simfunnel.history.desk import Desk
from simfunnel.history.fields import FACTS, date_columns
from simfunnel.history.history import NEVER, UNDATED, Texts
from simfunnel.history.iso_times import UNREAD
from simfunnel.history.telling import RawFact, texts_of
from simfunnel.tabular.column import Column
from simfunnel.wording.findings import Finding

TIMES = ("close_date", "last_activity")


def row_facts(desk: Desk, deal: Ints, since: Ints, before: Ints) -> dict[str, list[RawFact]]:
    """Read the facts of all rows.

    Parameters
    ----------
    deal
        (rows,) number of the deal; -1 for rows that tell nothing.
    since, before
        (rows,) from when on the row holds; `UNDATED` if nobody knows.
    """
    found: dict[str, list[RawFact]] = {}
    for name in FACTS:
        column = desk.column(name)
        if column is None:
            continue
        if name == "amount":
            value = desk.amounts()
        elif name == "probability":
            value = desk.shares(column, desk.header(name))
        elif name in TIMES:
            at = desk.instants[desk.fields[name]].at
            value = np.where(at == UNREAD, np.nan, at.astype(np.float64))
        else:
            value = texts_of(column)  # type: ignore[assignment]
        found[name] = [RawFact(deal, since, before, value)]
    _currency(desk, deal >= 0)
    return found


def undated_facts(desk: Desk, deal: Ints) -> dict[str, list[RawFact]]:
    """Read the facts of rows that nobody dated."""
    none = np.full(len(deal), UNDATED, dtype=np.int64)
    found = row_facts(desk, deal, none, none)
    if found:
        desk.found.append(Finding("undated_facts", {"fields": tuple(found)}, key="history.undated"))
    return found


def _currency(desk: Desk, rows: Bools) -> None:
    """Say in which currency amounts are, if the source does; several are named, not mixed in silence."""
    if "amount" not in desk.fields:
        return
    stated = measure(desk.header("amount")).currency
    column = desk.column("currency")
    named = set() if column is None else {currency_code(t, "") for t in column.take(rows).words}
    if len(named - {""}) <= 1 and not stated:
        named |= {currency_code(t, "") for row, t in desk.currencies[desk.header("amount")].items() if rows[row]}
    names = sorted(named - {""} - set(SYMBOLS))
    signs = sorted(named & set(SYMBOLS))
    if len(names) > 1 or len(signs) > 1 or (names and signs and names[0] not in SYMBOLS[signs[0]]):
        both = (*names, *signs)
        desk.found.append(Finding("several_currencies", {"currencies": both}, key="history.columns.currency"))
    currency = stated or (names[0] if len(names) == 1 else "")
    desk.decide("currency", currency)


def attributes(desk: Desk, deal: Ints, count: int, at: Ints | None = None) -> dict[str, Texts]:
    """Take the columns that are no field and never change within a deal: header -> text of each deal.

    Parameters
    ----------
    at
        (rows,) times of the rows: the earliest of a deal counts; by default the first in the source.
    """
    table = desk.table
    rows = np.flatnonzero(deal >= 0)
    if at is not None:  # a row without a time comes last
        rows = rows[np.argsort(np.where(at[rows] == UNREAD, NEVER, at[rows]), kind="stable")]
    first = np.full(count, -1, dtype=np.int64)
    first[deal[rows][::-1]] = rows[::-1]
    if desk.decided is None:
        claimed = {*desk.fields.values(), *(i for i, _ in (*desk.entered, *desk.exited))}
        free = [i for i, header in enumerate(table.headers) if header and i not in claimed]
        dated = set(date_columns(table, claimed))
        desk.attributes = [i for i in free if i not in dated and _constant(table.column(i), deal, rows, first)]
        desk.attributes = list({table.headers[i]: i for i in reversed(desk.attributes)}.values())[::-1]
        told = {*desk.attributes, *claimed}
        unread = tuple(header for i, header in enumerate(table.headers) if header and i not in told)
        if desk.attributes:
            kept = tuple(table.headers[i] for i in desk.attributes)
            desk.found.append(Finding("columns_kept", {"headers": kept}, key="history.columns"))
        if unread:
            desk.found.append(Finding("columns_unread", {"headers": unread}, key="history.columns"))
    else:
        place = {header: i for i, header in enumerate(table.headers)}
        desk.attributes = [place[header] for header in desk.decided.attributes if header in place]
    found: dict[str, Texts] = {}
    for index in desk.attributes:
        values = np.full(count, "", dtype=object)
        seen = first >= 0
        values[seen] = texts_of(table.column(index).take(first[seen]))
        found[table.headers[index]] = values
    return found


def _constant(column: Column, deal: Ints, rows: Ints, first: Ints) -> bool:
    identity = column.identity
    return bool(column.filled[rows].any() and (identity[rows] == identity[first[deal[rows]]]).all())


def date_fields() -> tuple[str, ...]:
    """Fields that hold dates."""
    return (
        "time", "exited", "created", "closed", "won_date", "lost_date", "snapshot", "valid_from", "valid_to", *TIMES,
        "stage_entered", "modified",
    )  # fmt: skip
