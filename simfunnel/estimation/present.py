"""What one view of a history says by itself, before any past window is looked at."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.estimation.arrivals import Arrivals, estimate_arrivals
from simfunnel.estimation.book import Book, book_of, with_amounts
from simfunnel.estimation.observation import observed_from
from simfunnel.estimation.passage import Passage, passage
from simfunnel.estimation.realization import Realization, estimate_realization
from simfunnel.estimation.risk import Risk, risk_of
from simfunnel.estimation.weights import time_weights
from simfunnel.history.history import DAY, History

HalfLife = Callable[[float], float | None]
"""Half-life of the weights, for a number of days observed; None weighs all alike."""

TINY = 1e-300
"""In place of a mean amount of 0: all that is divided by it is 0 as well."""
ENTRY_DAYS = 91.0
"""Days whose new deals say in which stages deals begin."""


@dataclass(frozen=True, eq=False)
class Present:
    """A view laid out for estimates; instants in days from the epoch."""

    view: History
    counted: bool
    """Whether wins are counted instead of their money."""
    book: Book
    """The deals; won ones without an amount carry the mean of the others."""
    won_mean: float
    won_square: float
    """Mean and mean square of the amounts of won deals."""
    since: float
    """From when on ends were observed; -inf if from the first deal on."""
    started: float
    """From when on a forecast could have been made: the first deal, or `since`."""
    risk: Risk
    weight: Floats
    half_life: float | None

    @property
    def end(self) -> float:
        """When the view ends."""
        return self.view.end / DAY

    @property
    def seen(self) -> float:
        """Until when creations were recorded: the last snapshot, else the end of the view."""
        moments = self.view.moments
        return self.end if moments is None or not len(moments) else float(moments[-1]) / DAY

    @property
    def creations(self) -> tuple[Floats, Floats]:
        """Days between which each deal was created; without those that were there when observation began."""
        book, moments = self.book, self.view.moments
        used = book.real
        if moments is not None and len(moments):
            used = used & ~((book.created == book.created_before) & (book.created == moments[0] / DAY))
        return book.created[used], book.created_before[used]

    @cached_property
    def realization(self) -> Realization | None:
        """What of a listed amount is won in the end; None where nothing moves, or wins are counted."""
        return None if self.counted else estimate_realization(self.view)

    @cached_property
    def entry(self) -> Floats:
        """(K,) share of the latest new deals that begin in each stage."""
        return entry_shares(self.book, self.risk.stages)

    def chances(self, days: float) -> Passage:
        """Chances of a win within so many days."""
        return passage(self.risk, self.weight, days)

    def arrivals(self, days: float) -> Arrivals:
        """Inflow of new deals, for a window of so many days."""
        return estimate_arrivals(*self.creations, self.started, self.seen, days)

    def open_amounts(self) -> Floats:
        """(n,) what each open deal brings if it is won; of unknown ones what won deals brought."""
        known = self.book.amount[self.book.open]
        realized = 1.0 if self.realization is None else self.realization.mean
        return np.where(np.isnan(known), self.won_mean, known * realized)

    def entering_wins(self, chances: Passage, days: float) -> float:
        """Expected wins of deals still to come, at the inflow of late and with the entry stages seen so far."""
        return entering_wins(chances, self.entry, self.arrivals(days).per_day, days)


def present_of(view: History, half_life: HalfLife, *, count: bool = False) -> Present:
    """Lay out a view.

    Parameters
    ----------
    view
        What was known at an instant.
    half_life
        Half-life of the weights, for the days observed.
    count
        Whether wins are counted instead of their money.
    """
    book = book_of(view, count=count)
    mean, square = won_moments(book)
    since = observed_from(view)
    first = float(book.created.min()) if len(book.created) else view.end / DAY
    started = max(first, since)
    risk = risk_of(view, since)
    life = half_life(view.end / DAY - started)
    return Present(
        view=view, counted=count, book=with_amounts(book, mean), won_mean=mean, won_square=square, since=since,
        started=started, risk=risk, weight=time_weights(risk, life), half_life=life,
    )  # fmt: skip


def won_moments(book: Book) -> tuple[float, float]:
    """Mean and mean square of the amounts of won deals; of all deals where none is won yet."""
    found = book.amount[book.won & ~np.isnan(book.amount)]
    if not len(found):
        found = book.amount[~np.isnan(book.amount)]
    if not len(found):
        return 1.0, 1.0
    return float(found.mean()), float((found**2).mean())


def entry_shares(book: Book, stages: int) -> Floats:
    """Share of the latest new deals that begin in each stage."""
    begun = book.real
    if not begun.any():
        return np.zeros(stages)
    recent = begun & (book.created >= book.created[begun].max() - ENTRY_DAYS)
    return np.asarray(np.bincount(book.first_stage[recent], minlength=stages) / recent.sum())


def entering_wins(chances: Passage, entry: Floats, per_day: float, days: float) -> float:
    """Expected wins of deals still to come, at a constant inflow."""
    if per_day <= 0:
        return 0.0
    left: Floats = np.arange(math.ceil(days), dtype=np.float64) + 0.5
    left = left[left < days]
    total = sum(
        share * float(chances.entered(np.full(len(left), k), left).sum()) for k, share in enumerate(entry) if share
    )
    return per_day * float(total)
