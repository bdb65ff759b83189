"""Who is who in a model: labels, dates, money, and what is known of each open deal. For people, not for kernels."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from simfunnel.arrays import Floats, Ints
from simfunnel.crm import DataQuality
from simfunnel.funnel.calendar import Period
from simfunnel.funnel.model import Model
from simfunnel.wording.findings import Finding


@dataclass(frozen=True)
class OpenBook:
    """What is known of each open deal; arrays run along `Model.deals`."""

    id: tuple[str, ...]
    row: Ints
    stage: Ints
    amount: Floats
    """Major units; the mean of the distribution where the deal has none."""
    stage_win_rate: Floats
    """Win probability of the deal's stage, whatever the age (after shifts of the win rate)."""
    age_days: Floats
    """Calendar days in the stage; NaN unknown."""
    close_date: Floats
    """Calendar days relative to as_of; NaN unknown."""
    name: tuple[str | None, ...]
    """What people call each deal. Never a key: random numbers belong to the ids."""
    account: tuple[str | None, ...]


@dataclass(frozen=True)
class Book:
    """What the indices of a model mean."""

    as_of: dt.date
    currency: str
    minor_units: int
    """How many minor units make a major one."""
    periods: tuple[Period, ...]
    stages: tuple[str, ...]
    sources: tuple[str, ...]
    groups: tuple[tuple[str, str], ...]
    """(dimension, label) of each group; ("", "") is everything."""
    deals: OpenBook


@dataclass(frozen=True)
class Compiled:
    """A scenario and its tables under some shifts: the model, who is who in it, and what was noticed."""

    model: Model
    book: Book
    quality: DataQuality
    findings: tuple[Finding, ...]
    """What was noticed besides the data: wins that are missing, misspelt names, deals beyond support, capped shifts."""
