"""Books: each pipeline of a store is one, and no two ever mix."""

from __future__ import annotations

import sqlalchemy as sa

from simfunnel.errors import InputError, shorten
from simfunnel.store.tables import book
from simfunnel.store.versions import next_id
from simfunnel.values.messages import nearest


def books(connection: sa.Connection) -> dict[str, int]:
    """Name -> number."""
    return {row.name: row.id for row in connection.execute(sa.select(book).order_by(book.c.id))}


def book_to_write(connection: sa.Connection, name: str) -> int:
    """Number of a book, made where it is new."""
    known = books(connection)
    if name in known:
        return known[name]
    number = next_id(connection, book)
    connection.execute(book.insert().values(id=number, name=name))
    return number


def book_to_read(connection: sa.Connection, name: str | None, shown: str, likely: str | None = None) -> tuple[int, str]:
    """Number and name of a book.

    Parameters
    ----------
    name
        As it was stated; None: the likely one if there is one of that name, else the only one.
    shown
        What the store is called in messages.

    Raises
    ------
    InputError
        If there is none of that name, or nothing tells which of several is meant.
    """
    known = books(connection)
    if not known:
        raise InputError(f"{shown}: the store is empty; `simfunnel keep SCENARIO` keeps the first snapshot")
    listed = shorten(", ".join(repr(one) for one in known), 200)
    if name is None:
        name = likely if likely in known else next(iter(known)) if len(known) == 1 else None
    if name is None:
        raise InputError(f"{shown}: holds several books: say which with --book; there are {listed}")
    if name not in known:
        best = nearest(name, known)
        hint = f": did you mean {best!r}?" if best else ";"
        raise InputError(f"{shown}: there is no book {name!r}{hint} there are {listed}")
    return known[name], name
