"""What is known about the exports of one CRM: a table of names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Preset:
    """Headers, statuses and stage names of one CRM."""

    name: str
    headers: Mapping[str, tuple[str, ...]]
    """Field -> headers that hold it, the preferred one first."""
    signature: tuple[str, ...] = ()
    """Headers by which a file is recognised."""
    prefix: str | None = None
    """Beginning of a header that no other CRM writes."""
    statuses: Mapping[str, str] = field(default_factory=dict)
    """Word in the status column -> open, won, lost or deleted; the usual words are known anyway."""
    stage_names: Mapping[str, str] = field(default_factory=dict)
    """Stage as exported -> name people use, Won and Lost included."""
    entered_patterns: tuple[str, ...] = ()
    """Regular expressions of headers `date entered STAGE`, with the groups stage and perhaps pipeline."""
