"""Many rows at once: the same in every database, whatever stands in them, and refused as a single row would be."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from simfunnel.store import Store
from simfunnel.store.inserting import FEW, insert
from simfunnel.store.tables import raw_file, submission

TEXTS = ["", "a\tb", "\\N", "\\", "line\nline", "'; DROP TABLE deal; --", "ü 承诺 \U0001f600", '{"a": 1}', "null"]


@pytest.mark.parametrize("count", [3, 5 * FEW])
def test_rows_are_read_as_they_were_written(where: str, count: int) -> None:
    files: list[dict[str, Any]] = [
        {"hash": f"{number:064d}", "name": TEXTS[number % len(TEXTS)], "size": 2**40 + number, "codec": "none",
         "bytes": None if number % 3 else bytes([number % 256, 0, 92, 10]), "erased": None}
        for number in range(count)
    ]  # fmt: skip
    said: list[dict[str, Any]] = [
        {"book": 1, "owner": f"{number} {TEXTS[number % len(TEXTS)]}", "period": "2027-Q1", "made": "2027-01-04",
         "kind": "commit", "recorded": 1, "superseded": None, "amount": number / 7 * 10.0**number}
        for number in range(count)
    ]  # fmt: skip
    store = Store.open(where, make=True)

    def write(connection: sa.Connection) -> None:
        insert(connection, raw_file, files)
        insert(connection, submission, said)

    store.writing(write)
    with store.reading() as connection:
        found = connection.execute(sa.select(raw_file).order_by(raw_file.c.hash)).mappings().all()
        told = connection.execute(sa.select(submission)).mappings().all()
    assert [dict(row) | {"bytes": row["bytes"] and bytes(row["bytes"])} for row in found] == files
    assert sorted(map(dict, told), key=lambda row: row["amount"]) == said


@pytest.mark.parametrize("count", [3, 5 * FEW])
def test_a_row_that_is_there_is_refused_and_nothing_stays(where: str, count: int) -> None:
    store = Store.open(where, make=True)
    rows = [{"book": 1, "owner": f"{number % (count - 1)}", "period": "2027-Q1", "made": "2027-01-04", "kind": "commit",
             "recorded": 1, "superseded": None, "amount": 1.0} for number in range(count)]  # fmt: skip

    def write(connection: sa.Connection) -> None:
        with pytest.raises(IntegrityError):
            insert(connection, submission, rows)
        raise ValueError

    with pytest.raises(ValueError):
        store.writing(write)
    with store.reading() as connection:
        assert not connection.execute(sa.select(submission)).all()
