"""Exports that are changed the way people and programs change them end in a table that adds up, or in a sentence."""

from __future__ import annotations

import csv
import io
import random
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from simfunnel.errors import InputError
from simfunnel.scenario.pipeline import Pipeline

from . import test_presets
from .reading import read_spec

EXPORTS = [
    test_presets.SALESFORCE_REPORT, test_presets.SALESFORCE_API, test_presets.HUBSPOT_LABELS, test_presets.DYNAMICS,
    test_presets.PIPEDRIVE, test_presets.ZOHO, test_presets.CHINESE,
]  # fmt: skip
CELLS = [
    "", "\\N", "NULL", "NaN", "0000-00-00", "1/0/1900", "00/00/2026", "02/03/2027", "1e99999999999", "9" * 400, "inf",
    "-1e308",
    "1,234.5", "1.234,5", "12.000", "12k", "3.5万", "(5)", "$5", "EUR 5", "50%", "0.8", "90", "1800057600", "46403",
    "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00Z", "16. Dez. 2026", "Won", "closedlost", "Zurrated", "On Hold",
    "无效",
    "yes", "N", "Total", "Grand Totals (3 records)", "a" * 500, "=1+1", "[red]x[/red]", "\ufeff", "\u202e", '"', "\\",
    "'", "٣٤٥",
]  # fmt: skip
HEADERS = [
    "Amount", "amount (k€)", "金额(万元)", "Status", "closed", "Won?", "Snapshot Date", "Last Modified Date",
    "Pipeline", "Currency",
    "id", "Stage", "Active", "Lost Reason", "Product", "win_rate", "Proposal date", "", "x" * 300, "Deal Amount__c",
]  # fmt: skip
OPTIONS = [
    {}, {"stage_map": {"*": "Proposal"}}, {"rows": "newest"}, {"rows": "sum"}, {"status_map": {"Zurrated": "lost"}},
    {"decimal": ","}, {"date_format": "%m/%d/%Y"}, {"time_zone": "Asia/Shanghai"}, {"header_row": 2},
    {"amount_unit": 1000},
    {"rates": {"EUR": 1.1, "CNY": 0.14}}, {"columns": {"amount": None, "status": None}},
]  # fmt: skip


def mutate(grid: list[list[str]], chance: random.Random) -> list[list[str]]:
    """Change a table as a whole: cells, headers, rows, columns."""
    rows = [list(row) for row in grid]
    for _ in range(chance.randint(1, 4)):
        at, column = chance.randrange(len(rows)), chance.randrange(max(map(len, rows)))
        change = chance.randrange(9)
        if change <= 2 and column < len(rows[at]):
            rows[at][column] = chance.choice(CELLS)
        elif change == 3 and column < len(rows[0]):
            rows[0][column] = chance.choice(HEADERS)
        elif change == 4:
            rows.append(list(chance.choice(rows)))
        elif change == 5:
            rows.insert(at, [chance.choice(CELLS)])
        elif change == 6:
            header, value = chance.choice(HEADERS), chance.choice(CELLS)
            rows = [[*row, header if i == 0 else chance.choice([value, ""])] for i, row in enumerate(rows)]
        elif change == 7:
            rows = [[cell for place, cell in enumerate(row) if place != column] or [""] for row in rows]
        else:
            shuffled = rows[1:]
            chance.shuffle(shuffled)
            rows = [rows[0], *shuffled]
    return rows


def study(folder: Path, seed: int, count: int) -> tuple[int, int]:
    """Read `count` changed exports; give how many were read and how many refused."""
    chance = random.Random(seed)
    read = refused = 0
    for _ in range(count):
        grid = [row for row in csv.reader(io.StringIO(chance.choice(EXPORTS))) if row]
        rows = mutate(grid, chance)
        kind = chance.random()
        if kind < 0.12:
            path = folder / "deals.xlsx"
            book = openpyxl.Workbook()
            for row in rows:
                book.active.append([cell[:30000].replace("\x00", "") for cell in row])
            book.save(path)
        else:
            path = folder / "deals.csv"
            out = io.StringIO()
            csv.writer(out, delimiter=chance.choice(",;\t|"), quoting=chance.choice([0, 1])).writerows(rows)
            codec = chance.choice(["utf-8", "utf-8-sig", "utf-16", "gb18030"])
            data = bytearray(out.getvalue().encode(codec))
            if kind > 0.85:
                data[chance.randrange(len(data))] = chance.randrange(256)
            path.write_bytes(bytes(data[: chance.randrange(1, len(data))] if kind > 0.97 else data))
        try:
            table = read_spec(Pipeline(file=str(path), **chance.choice(OPTIONS)))
        except InputError as error:
            assert str(error)
            refused += 1
            continue
        read += 1
        quality = table.quality
        assert all(
            str(found) for found in (*quality.excluded, *quality.warnings, *quality.cautions, *quality.overrides)
        )
        assert not np.isinf(table.open.amount).any() and not (table.open.amount < 0).any()
        assert all(0 <= rate <= 1 for rate in table.open.win_rate[~np.isnan(table.open.win_rate)])
        assert {column.column for column in quality.understood}.isdisjoint(set(quality.unused) - {""}) or len(
            set(rows[0])
        ) < len(rows[0])
    return read, refused


@pytest.mark.parametrize("seed", range(4))
def test_a_changed_export_ends_in_a_table_or_a_sentence(tmp_path: Path, seed: int) -> None:
    read, refused = study(tmp_path, seed, 100)
    assert read > 20 and refused > 5  # else the changes are too wild, or too tame, to try anything


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 110))
def test_thousands_of_changed_exports_end_in_a_table_or_a_sentence(tmp_path: Path, seed: int) -> None:
    read, refused = study(tmp_path, seed, 400)
    assert read and refused
