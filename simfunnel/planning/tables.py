"""Planning results as data frames: what `--out` writes as CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from simfunnel.planning.json_keys import lever_dict

if TYPE_CHECKING:
    from simfunnel.planning.levers import Levers


def levers_frame(result: Levers) -> pd.DataFrame:
    """One row for each lever."""
    return pd.DataFrame([flat(lever_dict(lever)) for lever in result.levers])


def flat(row: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Write nested keys as ``outer_inner``; intervals as ``_low`` and ``_high``."""
    found: dict[str, Any] = {}
    for key, value in row.items():
        if isinstance(value, dict):
            found |= flat(value, f"{prefix}{key}_")
        elif key.endswith("interval") and value is not None:
            found |= {f"{prefix}{key}_low": value[0], f"{prefix}{key}_high": value[1]}
        else:
            found[f"{prefix}{key}"] = value
    return found
