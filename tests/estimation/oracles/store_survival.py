"""``python data.py | Rscript survival_figures.R | python store_survival.py``: keep what R says."""

from __future__ import annotations

import sys

from data import store

if __name__ == "__main__":
    figures: dict[str, object] = {}
    for line in sys.stdin:
        case, *columns = line.strip().split("|")
        age, survival, first, second = ([float(x) for x in column.split(",")] for column in columns)
        figures[case] = {"age": age, "survival": survival, "incidence": [first, second]}
    store("R survival", figures)
