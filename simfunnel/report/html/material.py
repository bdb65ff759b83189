"""What a report is made of: a forecast, and the keys of other results, each where it is at hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from simfunnel.forecast.forecast import Forecast
from simfunnel.scenario import Scenario

Keys: TypeAlias = Mapping[str, Any]
"""A result as its command prints it with ``--json``."""


@dataclass(frozen=True)
class Source:
    """Where a result was taken from."""

    name: str
    """Of the command."""
    made: str
    """The command line that gives it."""
    nameless: Sequence[str] = ()
    """The same in words without names of files or of anything that is changed; an owner stands behind ``--owner``."""


@dataclass(frozen=True)
class Material:
    """Everything that the sections read; what is None is not at hand, and its section says how to get it."""

    scenario: str
    """The scenario file as it was named."""
    forecast: Forecast
    run: Keys
    """Of the forecast."""
    assumed: Scenario | None = None
    """What the forecast rests on; None of a saved one without its scenario."""
    plan: Keys | None = None
    levers: Keys | None = None
    stress: Keys | None = None
    health: Keys | None = None
    changes: Keys | None = None
    """Of `compare` between two kept days."""
    metrics: Keys | None = None
    backtest: Keys | None = None
    track: Keys | None = None
    owner: str | None = None
    """Whose report it is; None for everybody's."""
    period: str | None = None
    """Label of the period that it is about, or ``total``; None: the first that has a target."""
    why: Mapping[str, str] = field(default_factory=dict)
    """Name of a result that is missing -> what went wrong when it was made."""
    absent: Mapping[str, str] = field(default_factory=dict)
    """Name of a result that is not there, and rightly so -> what it takes, where more is known than that it was not
    given."""
    sources: Sequence[Source] = ()
    report: Source | None = None
    """The command that makes the whole report of everybody."""
    untold: Sequence[str] = ()
    """Names of results read from folders of an earlier version, whose sentences can be told in English only."""
    sections: Sequence[str] = ()
    """Names of the sections that are laid out; all for none."""
    anonymous: bool = False
    """Whether names are pseudonyms."""
    alike: Sequence[str] = ()
    """What stages, segments, sources and variants are called then that have the name of somebody."""

    def has(self, section: str) -> bool:
        """Whether a section is laid out."""
        return not self.sections or section in self.sections
