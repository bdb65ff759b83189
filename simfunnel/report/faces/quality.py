"""Keys of the data-quality report."""

from __future__ import annotations

import dataclasses
from typing import Any

from simfunnel.crm import DataQuality


def quality_dict(quality: DataQuality) -> dict[str, Any]:
    """Give the data-quality report."""
    return {
        "rows": quality.rows,
        "used": quality.used,
        "won": quality.won,
        "won_earlier": quality.won_earlier,
        "lost": quality.lost,
        "excluded": [dataclasses.asdict(row) for row in quality.excluded],
        "warnings": [dataclasses.asdict(warning) for warning in quality.warnings],
        "overrides": [dataclasses.asdict(override) for override in quality.overrides],
        "preset": quality.preset,
        "columns": dict(quality.columns),
        "unused": list(quality.unused),
        "file": quality.file,
        "encoding": quality.encoding,
        "delimiter": quality.delimiter,
        "sheet": quality.sheet,
    }
