"""A stress test as data frames: what ``--out`` writes as CSV."""

from __future__ import annotations

import pandas as pd

from simfunnel.planning.json_keys import estimate_keys
from simfunnel.planning.stress import Stress
from simfunnel.planning.stress_keys import bar_dict, break_even_dict, event_dict, must_close_dict, shares_list
from simfunnel.planning.tables import flat
from simfunnel.planning.variance import PARTS


def stress_frames(result: Stress) -> dict[str, pd.DataFrame]:
    """Give the tables of a stress test that have rows."""
    split, grid = result.variance, result.grid
    tables = {
        "tornado": [bar_dict(bar) for bar in result.tornado],
        "break_even": [flat(break_even_dict(one)) for one in result.break_even],
        "variants": [event_dict(event) for event in result.variants],
        "events": [{"kind": event.kind, **event_dict(event)} for event in result.events],
        "must_close": [must_close_dict(deal) for deal in result.must_close],
        "concentration": [
            {"dimension": name, **share} for name in result.concentration for share in shares_list(result, name)
        ],
        "variance": [
            {"part": name, **estimate_keys("variance", split.parts[name]), "share": split.share(name)} for name in PARTS
        ],
        "grid": [] if grid is None else [
            {grid.rows.path: row, grid.columns.path: column,
             "p_attain": grid.p_attain[i, j], "stderr": grid.stderr[i, j]}
            for i, row in enumerate(grid.rows.values)
            for j, column in enumerate(grid.columns.values)
        ],
    }  # fmt: skip
    return {name: pd.DataFrame(rows) for name, rows in tables.items() if rows}
