"""The ways to know a forecast, behind one protocol: every trial (`Sampled`), sums and counts of them (`Counted`), or
distributions (`Solved`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from simfunnel.arrays import Floats, Ints
from simfunnel.errors import InputError
from simfunnel.forecast.estimates import Attainment, DistributionSummary, Estimate


@dataclass(frozen=True, slots=True)
class Numbers:
    """Everything that is told of one group in one period, major units."""

    bookings: DistributionSummary
    wins: DistributionSummary
    cash: DistributionSummary | None
    by_origin: Mapping[str, Estimate]
    """closed, open, new -> mean bookings."""
    attainment: Attainment | None


class Known(Protocol):
    """What is known of the bookings, wins and cash of every group `g` and period `k`.

    The number of periods for `k` stands for all of them together. Arguments and results are in major units.
    """

    @property
    def closed(self) -> Ints:
        """(G, K) bookings won before as_of, minor units: certain."""

    @property
    def trials(self) -> int:
        """Number of trials; 0 where there are none."""

    def mean(self, g: int, k: int) -> Estimate:
        """Mean bookings."""

    def quantiles(self, q: Floats, g: int, k: int) -> Floats:
        """Smallest x with P(bookings <= x) >= q, for each q."""

    def quantile_interval(self, q: float, g: int, k: int) -> tuple[float, float]:
        """95 % interval of a quantile; of distributions, as far as their stated error may move it."""

    def attainment(self, g: int, k: int, target: float) -> Attainment:
        """Chance that bookings reach a target."""

    def numbers(self, g: int, k: int, target: float | None) -> Numbers:
        """Everything that is told."""


def refuse_without_trials(what: str, *, counted: bool = False) -> InputError:
    """The one refusal of everything that only trials can tell."""
    if counted:
        return InputError(f"{what}: this forecast kept sums and counts, not its trials; simulate with samples")
    return InputError(
        f"{what}: an exact forecast knows distributions, not trials; `quantile`, `quantiles`, `p_attain` and `frame` "
        "answer from them, or simulate"
    )


def over(values: Ints, k: int) -> int:
    """Entry of a period, or the sum of all where `k` is their number."""
    return int(values[k]) if k < len(values) else int(values.sum())
