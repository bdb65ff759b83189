"""Keys of the data-quality report."""

from __future__ import annotations

import dataclasses
from typing import Any

from simfunnel.crm import DataQuality
from simfunnel.wording.findings import Finding


def quality_dict(quality: DataQuality) -> dict[str, Any]:
    """Give the data-quality report."""
    return {
        "rows": quality.rows,
        "used": quality.used,
        "won": quality.won,
        "won_earlier": quality.won_earlier,
        "lost": quality.lost,
        "excluded": [finding_dict(row, "reason") | {"amount": row.amount} for row in quality.excluded],
        "warnings": [finding_dict(warning, "message") for warning in quality.warnings],
        "overrides": [finding_dict(override, "what") for override in quality.overrides],
        "preset": quality.preset,
        "columns": dict(quality.columns),
        "understood": [dataclasses.asdict(column) for column in quality.understood],
        "amounts": dict(quality.amounts),
        "unused": list(quality.unused),
        "file": quality.file,
        "encoding": quality.encoding,
        "delimiter": quality.delimiter,
        "sheet": quality.sheet,
    }


def finding_dict(finding: Finding, words: str) -> dict[str, Any]:
    """Give a finding about a row or the file, its sentence under the key `words`."""
    return {"row": finding.row, "id": finding.id, words: finding.sentence, "code": finding.code}


def caution_dict(finding: Finding) -> dict[str, Any]:
    """Give what may change the decision."""
    return {"code": finding.code, "sentence": finding.sentence, "key": finding.key}
