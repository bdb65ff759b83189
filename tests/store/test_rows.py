"""Rows of a table as text, and back: every cell with its type, every width, every number."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simfunnel.forecast.inputs import prepare
from simfunnel.record.exporting import csv_of
from simfunnel.store.rows import content_of, fragment, fragments, moved, rows_of, table_of
from simfunnel.store.snapshots import gaps_of, numbers_of
from simfunnel.tabular.reading import parse_delimited
from simfunnel.tabular.table import Table, columns_of

CELLS = st.one_of(
    st.none(), st.text(max_size=6), st.booleans(), st.integers(-5, 5), st.floats(allow_nan=False),
    st.datetimes(), st.dates(), st.just(dt.datetime(2027, 1, 4, tzinfo=dt.UTC)),
)  # fmt: skip


@st.composite
def tables(draw: st.DrawFn) -> Table:
    width = draw(st.integers(1, 4))
    rows = draw(st.lists(st.lists(CELLS, min_size=1, max_size=width + 2), max_size=6))
    numbers = sorted(draw(st.sets(st.integers(2, 40), min_size=len(rows), max_size=len(rows))))
    made = columns_of(zip(numbers, rows, strict=True), width)
    headers = tuple(draw(st.lists(st.sampled_from("abc"), min_size=width, max_size=width)))
    return Table(headers, made.columns, made.numbers, made.widths)


@given(tables())
def test_a_table_comes_back_as_it_was(table: Table) -> None:
    rows = rows_of(table, 0)
    gaps = gaps_of(table.numbers.tolist(), 1)
    back = table_of(table.headers, rows.fields, numbers_of(gaps, len(table), 1))
    assert back.headers == table.headers
    np.testing.assert_array_equal(back.numbers, table.numbers)
    np.testing.assert_array_equal(back.widths, table.widths)
    for old, new in zip(table.columns, back.columns, strict=True):
        old_cells = [None if cell == "" else cell for cell in old]
        assert [(type(cell), cell) for cell in old_cells] == [(type(cell), cell) for cell in new]
    assert len(set(zip(rows.names, rows.parts, strict=True))) == len(table)


@given(st.lists(st.one_of(CELLS, st.sampled_from(["", "a\nb", "\r\n", '",\n"', "\u2028", "\x1c"]))))
def test_cells_together_are_written_as_each_alone(cells: list[object]) -> None:
    assert fragments(cells) == [fragment(cell) for cell in cells]  # type: ignore[arg-type]


@given(tables(), st.randoms())
def test_a_row_under_other_headers_says_the_same(table: Table, random: object) -> None:
    fields = rows_of(table, 0).fields
    other = (*reversed(table.headers), "new")
    for text in fields:
        there = moved(text, table.headers, other)
        if there is not None:
            assert content_of(other, there) == content_of(table.headers, text)
            assert moved(there, other, table.headers) == text


@given(st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=5), min_size=2, max_size=2),
                min_size=1, max_size=6))  # fmt: skip
def test_an_exported_table_reads_to_the_same_cells(rows: list[list[str]]) -> None:
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    numbered = list(enumerate(rows, start=2))
    made = columns_of(numbered, 2, text=True)
    table = Table(("id", "stage"), made.columns, made.numbers, made.widths)
    back = parse_delimited(csv_of(table))
    assert [table.row(i) for i in range(len(table))] == [back.row(i) for i in range(len(back))]


@pytest.mark.parametrize("name", ["b2b_software", "starter", "zh_manufacturing"])
def test_the_sample_pipelines_come_back(name: str, tmp_path: Path) -> None:
    from simfunnel.crm.pipeline import table_of_file
    from simfunnel.forecast.inputs import _content

    path = Path(__file__).parents[2] / "scenarios" / name / "scenario.yaml"
    ready = prepare(path)
    s = ready.scenario
    table = table_of_file(s.pipeline, [stage.name for stage in s.stages], s.currency)
    target = tmp_path / "back.csv"
    target.write_bytes(csv_of(table, s.pipeline.encoding))
    back = prepare(path, overrides=[f"pipeline.file={target}"])
    assert repr(_content(back.table)) == repr(_content(ready.table))
