"""Write the scenario of the worked example from the Maven Analytics "CRM Sales Opportunities" files.

    python docs/examples/maven_scenario.py FOLDER_WITH_THE_CSV_FILES scenario.yaml

The pipeline file itself is used untouched; this script only reads durations, the win rate and list prices off it.
"""

from __future__ import annotations

import csv
import datetime as dt
import sys
from pathlib import Path
from typing import Any

AS_OF = dt.date(2018, 1, 1)
OLDEST_CLOSE = 138
"""Days: no deal that ever closed was older."""
PROSPECTING_CONVERSION = 0.8
PROSPECTING_MEAN_DAYS = 45
"""Assumptions: the 500 Prospecting rows have no date at all, so the file says nothing about them."""


def maven_scenario(folder: Path) -> dict[str, Any]:
    """Scenario as plain data; the win rate is that of cohorts old enough to have closed."""
    with (folder / "sales_pipeline.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    with (folder / "products.csv").open(newline="", encoding="utf-8") as file:
        prices = {row["product"]: float(row["sales_price"]) for row in csv.DictReader(file)}
    prices["GTXPro"] = prices.pop("GTX Pro")  # as the deals spell it

    def day(text: str) -> dt.date:
        return dt.date.fromisoformat(text)

    durations: dict[str, list[int]] = {"Won": [], "Lost": []}
    for row in rows:
        if row["deal_stage"] in durations:
            durations[row["deal_stage"]].append((day(row["close_date"]) - day(row["engage_date"])).days)
    # Closed deals alone would say 63 %: they leave out the deals that linger for good. Count whole cohorts instead.
    cohort = [
        row["deal_stage"] for row in rows
        if row["engage_date"] and (AS_OF - day(row["engage_date"])).days > OLDEST_CLOSE
    ]  # fmt: skip
    won = cohort.count("Won")
    engaged = sum(1 for row in rows if row["engage_date"] and day(row["engage_date"]) >= dt.date(2017, 10, 1))
    from_stock = PROSPECTING_CONVERSION * sum(row["deal_stage"] == "Prospecting" for row in rows)
    return {
        "version": 1,
        "name": "Maven CRM, first quarter of 2018",
        "as_of": AS_OF.isoformat(),
        "periods": {"unit": "quarter", "count": 1},
        "stages": [
            {
                "name": "Prospecting",
                "conversion": PROSPECTING_CONVERSION,
                "duration": {"exponential": {"mean": PROSPECTING_MEAN_DAYS}},
            },
            {
                "name": "Engaging",
                "conversion": {"mean": round(won / len(cohort), 4), "n": len(cohort)},
                "duration": {"empirical": durations["Won"]},
                "lost_duration": {"empirical": durations["Lost"]},
            },
        ],
        "segments": {product: {"amount": price} for product, price in prices.items()},
        "amount": round(sum(prices.values()) / len(prices)),
        "pipeline": {
            "file": str((folder / "sales_pipeline.csv").resolve()),
            "columns": {
                "id": "opportunity_id",
                "stage": "deal_stage",
                "stage_entered": "engage_date",
                "close_date": "close_date",
                "amount": "close_value",
                "owner": "sales_agent",
                "segment": "product",
            },
        },
        "leads": [
            {
                "name": "engagements net of the Prospecting stock",
                "stage": "Engaging",
                # last quarter's pace, less what the Prospecting stock will bring by itself
                "rate": {
                    "per": "quarter",
                    "mean": max(0, round(engaged - from_stock)),
                    "dispersion": 2,
                    "level_sd": 0.2,
                },
                "amount": {"mixture": [{"weight": share, "fixed": prices[name]} for name, share in _mix(rows).items()]},
            }
        ],
        "correlation": {"market": 0.03, "owner": 0.02},
        "targets": [{"period": "2018-Q1", "amount": 2_800_000}],
        "simulation": {"seed": 2018},
    }


def _mix(rows: list[dict[str, str]]) -> dict[str, float]:
    """Share of each product among won deals."""
    won = [row["product"] for row in rows if row["deal_stage"] == "Won"]
    return {name: round(won.count(name) / len(won), 6) for name in sorted(set(won))}


def main() -> None:
    """Write the scenario as JSON, which is YAML."""
    import json

    folder, target = Path(sys.argv[1]), Path(sys.argv[2])
    target.write_text(json.dumps(maven_scenario(folder), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
