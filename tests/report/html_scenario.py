"""A scenario with everything a report shows, small enough to be computed in tests."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from simfunnel.forecast.inputs import prepare
from simfunnel.report.html.gather import gather
from simfunnel.report.html.material import Material

from .conftest import SCENARIO

OWNERS = ("Ann Ash", "Bo Birch", "Cem Cedar")


def scenario(**changes: Any) -> dict[str, Any]:
    """Deals of three owners, each with a name, an account and a close date; targets of everybody and of one."""
    data = copy.deepcopy(SCENARIO)
    deals = data["pipeline"]["opportunities"]
    for i, deal in enumerate(deals):
        deal |= {"id": f"id-{i:03d}", "name": f"Contract {i}", "account": f"Customer {i}", "owner": OWNERS[i % 3]}
        deal |= {"segment": ["north", "south"][i % 2], "close_date": f"2027-0{1 + i % 6}-15"}
    deals[4]["age"] = 300
    data["teams"] = {OWNERS[0]: "East", OWNERS[1]: "East", OWNERS[2]: "West"}
    data["targets"].append({"period": "2027-Q1", "owner": OWNERS[0], "amount": 6000})
    data["variants"] = {"weak": [{"path": "win_rate", "scale": 0.8}]}
    return data | changes


def material(data: Mapping[str, Any], **options: Any) -> Material:
    """Compute what a report of it shows."""
    return gather("scenario.yaml", prepare(data), **options)
