from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from simfunnel.forecast.inputs import Prepared
from simfunnel.forecast.simulation import simulate
from simfunnel.record.keep import KeptPipeline, keep

SCENARIO = """\
version: 1
name: test
as_of: 2027-01-04
periods: {unit: quarter, count: 2}
stages:
  - {name: Demo, conversion: 0.5, duration: 20}
  - {name: Offer, conversion: 0.6, duration: {exponential: 20}}
amount: 1000
pipeline: {file: deals.csv}
leads:
  - {name: web, stage: Demo, rate: {per: week, mean: 2}}
targets: [{period: 2027-Q1, amount: 5000}]
simulation: {trials: 500}
"""
MONDAY = dt.date(2027, 1, 4)
HEADER = "id,stage,stage_entered,amount,owner,closed"
FIRST = {
    "D1": "Demo,2026-12-20,1000,Ann,",
    "D2": "Offer,2026-12-22,2000,Bo,",
    "D3": "Offer,2026-12-28,500,Ann,",
    "D4": "Demo,2026-12-29,700,Cy,",
}
SECOND = {**FIRST, "D2": "Won,2027-01-07,2100,Bo,2027-01-07", "D5": "Demo,2027-01-08,900,Bo,"}


def csv_text(rows: dict[str, str], header: str = HEADER) -> str:
    return "\n".join([header, *(f"{name},{rest}" for name, rest in rows.items())]) + "\n"


class Desk:
    """What a person has at hand: a scenario, an export, a store."""

    def write(self, rows: dict[str, str] | str) -> None:
        text = rows if isinstance(rows, str) else csv_text(rows)
        Path("deals.csv").write_text(text, encoding="utf-8")

    def keep(self, rows: dict[str, str] | str, day: dt.date | str = MONDAY, **more: Any) -> KeptPipeline:
        self.write(rows)
        return keep("scenario.yaml", valid=str(day), **{"forecast": few, **more})


def few(ready: Prepared) -> Any:
    return simulate(ready, trials=200, kernel="outcomes")
