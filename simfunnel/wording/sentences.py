"""The sentence of every code. One module or two for each room that finds things; a code stands in exactly one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from simfunnel.wording import (
    of_backtest,
    of_calibration,
    of_diagnosis,
    of_forecast,
    of_funnel,
    of_history,
    of_pipeline,
    of_pipeline_cautions,
    of_record,
)
from simfunnel.wording.language import again

_ROOMS = (
    of_pipeline,
    of_pipeline_cautions,
    of_funnel,
    of_forecast,
    of_history,
    of_calibration,
    of_diagnosis,
    of_backtest,
    of_record,
)

SENTENCES: dict[str, Callable[..., str]] = {code: words for room in _ROOMS for code, words in room.SENTENCES.items()}
"""Code -> function of the fields."""
CAUTIONS: frozenset[str] = frozenset().union(*(room.CAUTIONS for room in _ROOMS))
"""Codes of what may change the decision."""
GROUPS: dict[str, Callable[..., str]] = SENTENCES | of_pipeline.GROUPS
"""Code -> words under which several findings of a kind are counted."""
STORED = "sentence"
"""The one field of a finding that was read back from a file: its sentence as it was."""


def sentence(code: str, fields: Mapping[str, Any]) -> str:
    """Put a finding into words."""
    return _as_it_was(fields[STORED]) if STORED in fields else SENTENCES[code](**fields)


def group(code: str, fields: Mapping[str, Any]) -> str:
    """Name the kind of a finding: what many of them are counted under."""
    return _as_it_was(fields[STORED]) if STORED in fields else GROUPS[code](**fields)


def _as_it_was(text: str) -> str:
    told: str = again(text)
    return told
