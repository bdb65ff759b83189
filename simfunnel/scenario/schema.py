"""What a scenario file says: the whole of it, checked, with every default filled in."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from simfunnel.families.distribution import Distribution
from simfunnel.scenario.checks import check_scenario
from simfunnel.scenario.distributions import Duration, Quantity, fixed
from simfunnel.scenario.leads import LeadRate, LeadSource
from simfunnel.scenario.periods import TOTAL, Clock, Closed, MonthFactors, PaymentTerm, Periods, Target
from simfunnel.scenario.pipeline import Opportunity, Pipeline
from simfunnel.scenario.places import StoreSpelling
from simfunnel.scenario.rates import Rate
from simfunnel.scenario.shifts import Shift, ShiftPath, Variant, VariantSpelling, parse_shift_path
from simfunnel.scenario.stages import END_STATES, LOST, WON, Level, Pace, Segment, Stage, StageOverride, Transition
from simfunnel.values.dates import Day
from simfunnel.values.frozen import Frozen, faults
from simfunnel.values.messages import show
from simfunnel.values.names import Name
from simfunnel.values.numbers import Integer, NonNegativeFraction, Positive, PositiveFraction

OVERRIDDEN = "overridden"
"""Key of the validation context: overrides may have removed what unused variants name."""


class Correlation(Frozen):
    """Latent correlation of the outcomes of deals, split by what they share."""

    market: NonNegativeFraction = 0.0
    """Share of the factor common to all deals."""
    segment: NonNegativeFraction = 0.0
    """Share of the factor common to the deals of a segment."""
    owner: NonNegativeFraction = 0.0
    """Share of the factor common to the deals of an owner."""

    @model_validator(mode="after")
    def _below_one(self) -> Self:
        if (total := self.market + self.segment + self.owner) >= 1:
            raise ValueError(f"market, segment and owner must sum to less than 1, found {total:.10g}")
        return self


class Anchor(Frozen):
    """What the recent run-rate says of the whole model: learned from how well both forecast the past."""

    factor: Annotated[Positive, Field(le=100)]
    """Every final win probability is multiplied by it, open deals and leads alike, and ends at 1."""
    spread: Annotated[PositiveFraction, Field(le=1)] = 1.0
    """By how much the run-rate narrowed the uncertainty; applied already where that is written, kept to be shown."""


class Simulation(Frozen):
    """How the forecast is computed, unless the command line says otherwise."""

    trials: Annotated[Integer, Field(ge=1)] | Literal["auto"] = 100_000
    """Number of simulated futures; `auto` doubles them until `precision` is reached."""
    seed: Annotated[Integer, Field(ge=0, le=2**64 - 1)] = 1
    """Seed of the random streams; the same seed gives the same result."""
    precision: Annotated[PositiveFraction, Field(lt=1)] | None = None
    """Half-width of the interval of P(attain) to reach with ``trials: auto``."""

    @field_validator("trials", mode="before")
    @classmethod
    def _auto(cls, value: Any) -> Any:
        if isinstance(value, str) and value.strip() != "auto" and not value.strip()[:1].isdigit():
            raise ValueError(f"expected a whole number or auto, found {show(value)}")
        return value


class Scenario(Frozen):
    """A sales pipeline and everything assumed about it."""

    version: Literal[1]
    """Version of the format: 1."""
    name: str = ""
    """What the scenario is called in tables and reports."""
    as_of: Day
    """The day at whose start the world is known."""
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "USD"
    """Currency of all amounts, three capital letters."""
    periods: Periods
    """The periods of the forecast."""
    clock: Clock | None = None
    """How fast time runs; default: calendar days."""
    stages: tuple[Stage, ...] = Field(min_length=1)
    """The stages in order; Won and Lost are implied."""
    segments: dict[Name, Segment] = Field(default_factory=dict)
    """Segment -> what differs for its deals."""
    amount: Quantity | None = None
    """Amount of won deals, unless the lead source or the segment says otherwise."""
    amount_level: Level | None = None
    """Uncertainty of the level of amounts, per trial and segment."""
    teams: dict[Name, Name] = Field(default_factory=dict)
    """Owner -> team."""
    pipeline: Pipeline = Field(default_factory=Pipeline)
    """The open opportunities."""
    closed: tuple[Closed, ...] = ()
    """What was won already in the periods, when the pipeline file does not hold it."""
    leads: tuple[LeadSource, ...] = ()
    """Where new opportunities come from."""
    leads_level: Level | None = None
    """Uncertainty of the level of all leads together: one factor on every source in a trial."""
    anchor: Anchor | None = None
    """Correction of all win probabilities towards the run-rate."""
    wins_by_month_of_quarter: MonthFactors | None = None
    """Factors on the chance that a deal is won in the first, second and third month of a fiscal quarter."""
    correlation: Correlation = Field(default_factory=Correlation)
    """How strongly deals are won and lost together."""
    pace: Pace | None = None
    """Uncertainty of the speed of all deals, per trial."""
    targets: tuple[Target, ...] = ()
    """Amounts to reach."""
    payment_terms: tuple[PaymentTerm, ...] = ()
    """When won amounts are paid; shares sum to at most 1."""
    variants: dict[Name, VariantSpelling] = Field(default_factory=dict)
    """Named what-ifs: lists of shifts, or `shifts` and `targets`."""
    simulation: Simulation = Field(default_factory=Simulation)
    """How the forecast is computed."""
    store: StoreSpelling | None = None
    """Where `keep` keeps snapshots and forecasts of it."""
    language: Literal["en", "zh"] | None = None
    """Language of pages, plots and reports; default: English."""

    @field_validator("version", mode="before")
    @classmethod
    def _version(cls, value: Any) -> Any:
        if value is True or value != 1:
            raise ValueError(f"expected 1, the version of the format that is known here, found {show(value)}")
        return 1

    @model_validator(mode="after")
    def _parts_agree(self, info: ValidationInfo) -> Self:
        if found := check_scenario(self, variants=not (info.context or {}).get(OVERRIDDEN, False)):
            raise faults("Scenario", found)
        return self

    def stages_for(self, segment: str | None = None) -> tuple[Stage, ...]:
        """List the stages as they are for a segment.

        Parameters
        ----------
        segment
            Name of a segment; None, or one that changes nothing, gives the stages as they are.

        Returns
        -------
        tuple of Stage
            A stage or a rate that the segment does not change is the same object as in `stages`.
        """
        changes = self.segments[segment].stages if segment is not None and segment in self.segments else {}
        return tuple(stage.overridden(changes[stage.name]) if stage.name in changes else stage for stage in self.stages)

    def odds_for(self, segment: str | None) -> dict[str, float]:
        """Stage -> factor on the odds of its conversion in a segment, where the segment gives one."""
        changes = self.segments[segment].stages if segment is not None and segment in self.segments else {}
        return {stage: change.odds for stage, change in changes.items() if change.odds is not None}


__all__ = [
    "END_STATES",
    "LOST",
    "TOTAL",
    "WON",
    "Clock",
    "Closed",
    "Correlation",
    "Distribution",
    "Duration",
    "LeadRate",
    "LeadSource",
    "Level",
    "Opportunity",
    "Pace",
    "PaymentTerm",
    "Periods",
    "Pipeline",
    "Rate",
    "Scenario",
    "Segment",
    "Shift",
    "ShiftPath",
    "Simulation",
    "Stage",
    "StageOverride",
    "Target",
    "Transition",
    "Variant",
    "fixed",
    "parse_shift_path",
]
