"""Which rows of a table are read at all: `pipeline.where`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from simfunnel.crm.detect import header_key
from simfunnel.errors import InputError, Problem, shorten
from simfunnel.tabular.table import Table
from simfunnel.values.cells import key, nearest
from simfunnel.wording.findings import Finding


def apply_where(table: Table, where: Mapping[str, str | Sequence[str]]) -> tuple[Table, list[Finding]]:
    """Keep the rows whose cells have the stated values; values are compared without case.

    Raises
    ------
    InputError
        If there is no such column, or no row has such a value.
    """
    if not where:
        return table, []
    kept = np.ones(len(table), dtype=np.bool_)
    for header, wanted in where.items():
        column = table.column(_place(table, header))
        values = {key(value) for value in ([wanted] if isinstance(wanted, str) else wanted)}
        here = column.marks(lambda text, those=values: key(text) in those)  # type: ignore[misc]
        if len(table) and not here.any():
            found = shorten(", ".join(map(repr, column.words[:8])), 200)
            message = f"no row has {wanted!r} in {header!r}; found {found}"
            raise InputError(Problem(message, "pipeline.where", table.file))
        kept &= here
    fields = {"kept": int(kept.sum()), "rows": len(table), "where": dict(where)}
    return table.take(kept), [Finding("where_applied", fields, key="pipeline.where")]


def _place(table: Table, header: str) -> int:
    places = [index for index, name in enumerate(table.headers) if header_key(name) == header_key(header)]
    exact = [index for index in places if table.headers[index] == header]
    if len(exact) == 1 or len(places) == 1:
        return (exact or places)[0]
    near = nearest(header, filter(None, table.headers))
    hint = f": did you mean {near!r}?" if near and not places else ""
    what = "stands over several columns" if places else "is no column of the file"
    raise InputError(Problem(f"{header!r} {what}{hint}", "pipeline.where", table.file, table.header_row))
