"""Which CRM wrote a table."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from simfunnel.crm.presets import PRESETS, Preset
from simfunnel.values.cells import key

MINIMUM = 3
"""Signature headers that must be there, or two with the CRM's own prefix."""


def detect_preset(headers: Sequence[str]) -> Preset:
    """Choose the preset with the most signature headers; generic if none has enough."""
    known = {header_key(header) for header in headers}
    best, best_score = PRESETS["generic"], 0
    for preset in PRESETS.values():
        score = sum(header_key(header) in known for header in preset.signature)
        if preset.prefix is not None:
            score += 2 * sum(header.startswith(key(preset.prefix)) for header in known)
        if score >= MINIMUM and score > best_score:
            best, best_score = preset, score
    return best


@lru_cache(maxsize=10_000)
def header_key(header: str) -> str:
    """Form in which headers are compared: NFC, trimmed, casefolded, without a trailing `*`."""
    return key(key(header).rstrip("*"))
