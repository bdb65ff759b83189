"""What of a scenario comes from the prior, and what from the history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from simfunnel.arrays import Floats
from simfunnel.calibration.pooled import LEAST_EXITS, PooledStage, pool
from simfunnel.calibration.prior import Prior, prior_amounts, prior_arrivals
from simfunnel.errors import InputError, Problem
from simfunnel.estimation.amounts import Amounts
from simfunnel.estimation.arrivals import Arrivals
from simfunnel.estimation.transitions import StageExits
from simfunnel.scenario.schema import Correlation
from simfunnel.wording.findings import Finding


@dataclass(frozen=True, eq=False)
class Blend:
    """A history pooled with a prior. What is None comes from the history alone."""

    prior: Prior
    stages: tuple[PooledStage, ...]
    amounts: Amounts | None
    """Of won deals, by the prior."""
    inflow: tuple[Arrivals, Floats] | None
    """New deals and where they begin, by the prior."""
    correlation: Correlation | None
    """Dependence, by the prior."""

    @property
    def exits(self) -> tuple[StageExits, ...]:
        """Pooled exits of the stages."""
        return tuple(stage.exits for stage in self.stages)

    @property
    def weight(self) -> float:
        """Share of the prior in the deals that all rates together are worth."""
        return sum(s.prior.n for s in self.stages) / sum(s.n for s in self.stages)

    @property
    def taken(self) -> tuple[str, ...]:
        """What comes from the prior alone."""
        parts = (("amounts", self.amounts), ("new deals", self.inflow), ("dependence", self.correlation))
        return tuple(name for name, part in parts if part is not None)

    def cautions(self) -> Iterator[Finding]:
        """Say that there is a prior, how much it weighs, and what of it was left out."""
        yield Finding("prior_used", {"file": self.prior.file, "weight": self.weight, "taken": list(self.taken)})
        if self.prior.left_out:
            yield Finding("prior_left_out", {"file": self.prior.file, "keys": list(self.prior.left_out)})


def blend_of(
    prior: Prior, found: Sequence[StageExits], *, thin: bool, counted: bool, amounts: int, arrivals: Arrivals,
    currency: str | None,
) -> Blend:  # fmt: skip
    """Pool the rates, and decide what else comes from the prior.

    Parameters
    ----------
    prior
        The prior, with the stages of the history.
    found
        Exits of each stage in the history.
    thin
        Whether the history alone would be refused: past windows then say nothing of what deals share.
    counted
        Whether wins are counted instead of their money.
    amounts
        Won deals of the history whose amount is known.
    arrivals, currency
        What the history says of these.

    Raises
    ------
    InputError
        If amounts are wanted and nobody says them, or those of the prior are in another currency.
    """
    scenario = prior.scenario
    believed = None
    if not counted and amounts < LEAST_EXITS:
        believed = prior_amounts(scenario)
        if believed is None and amounts == 0:
            raise InputError(
                Problem(
                    "neither the history nor the prior says what a won deal brings: add `amount` to the prior, or "
                    "forecast the number of wins with `--value count`", path="amount", file=prior.file,
                )
            )  # fmt: skip
    if believed is not None and currency is not None and currency != scenario.currency:
        raise InputError(
            Problem(
                f"amounts come from the prior for want of won deals, and they are in {scenario.currency}, those of the "
                f"history in {currency}; state the prior in {currency}", path="currency", file=prior.file,
            )
        )  # fmt: skip
    stated = "correlation" in scenario.model_fields_set
    return Blend(
        prior, tuple(pool(exits, stage) for exits, stage in zip(found, prior.stages, strict=True)), believed,
        prior_arrivals(scenario) if arrivals.per_day <= 0 else None, scenario.correlation if thin and stated else None,
    )  # fmt: skip
