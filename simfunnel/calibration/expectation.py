"""What the coming window is expected to bring, and how uncertain rates move that."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.calibration.dependence import Expected
from simfunnel.estimation.book import Book
from simfunnel.estimation.passage import Passage
from simfunnel.estimation.present import Present, entering_wins
from simfunnel.estimation.transitions import StageExits
from simfunnel.estimation.win_rates import drawn_win_rates


def expected_wins(
    stages: Sequence[StageExits], rate: Floats, present: Present, chances: Passage, inflow: tuple[float, Floats],
    days: float,
) -> Expected:  # fmt: skip
    """Expect of a window of so many days what open deals and those to come bring.

    Parameters
    ----------
    stages, rate
        Exits of each stage, and the chance to be won in the end.
    present
        The view, laid out.
    chances
        Chances of a win within the window.
    inflow
        New deals a day, and the share of them that begins in each stage.
    days
        Length of the window.
    """
    book, (per_day, entry) = present.book, inflow
    within = chances.open(book.open_stage, book.open_age)
    final = np.maximum(eventual_wins(stages, rate, book), within)
    value = np.where(final > 0, present.open_amounts() * within / np.where(final > 0, final, 1.0), 0.0)
    new = entering_wins(chances, entry, per_day, days) * present.won_mean
    return Expected(final, value, float(entry @ rate), new)


def eventual_wins(stages: Sequence[StageExits], rate: Floats, book: Book) -> Floats:
    """Final chance of each open deal given its age."""
    result = np.zeros(len(book.open))
    onward = np.concatenate([rate, [1.0, 0.0]])
    for k, exits in enumerate(stages):
        members = book.open_stage == k
        found = exits.incidence
        if not members.any() or not len(found.age):
            continue
        at = np.searchsorted(found.age, book.open_age[members], side="left")
        survival = np.concatenate([[1.0], found.survival])[at]
        passed = np.concatenate([np.zeros((len(found.incidence), 1)), found.incidence], axis=1)[:, at]
        rest = onward @ (found.incidence[:, -1:] - passed)
        result[members] = np.where(survival > 0, rest / np.where(survival > 0, survival, 1.0), 0.0)
    return np.clip(result, 0.0, 1.0)


def spread_of_rates(stages: Sequence[StageExits], rate: Floats, book: Book, expected: Expected, entry: Floats) -> float:
    """Relative sd of a window's mean that the uncertainty of the rates brings by itself."""
    K, drawn = len(stages), drawn_win_rates(stages)
    ratio = drawn / np.where(rate > 0, rate, 1.0)
    of_open = np.bincount(book.open_stage, expected.win_rate * expected.value, minlength=K)
    means = ratio @ of_open
    if expected.new_win_rate > 0:
        means = means + expected.new * (drawn @ entry) / expected.new_win_rate
    return float(means.std() / means.mean()) if means.mean() > 0 else 0.0
