"""The stages of the funnel, and what a segment changes in them."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from simfunnel.scenario.distributions import Duration, Quantity
from simfunnel.scenario.rates import Rate
from simfunnel.values.frozen import Frozen, faults
from simfunnel.values.names import Name
from simfunnel.values.numbers import NonNegativeFraction, Positive, Probability

WON, LOST = "Won", "Lost"
END_STATES = (WON, LOST)
SHARES_TOLERANCE = 1e-9


class Level(Frozen):
    """A lognormal factor of mean 1, drawn once per trial."""

    sd: Annotated[NonNegativeFraction, Field(le=100)]
    """Standard deviation of the factor itself."""


class Pace(Level):
    """A lognormal factor on all times in stage, drawn once per trial."""

    mean: Annotated[Positive, Field(le=100)] = 1.0
    """Mean of the factor, where it varies: what brings as many wins within a window as no uncertainty would."""


class Transition(Frozen):
    """One way out of a stage."""

    to: Name
    """The stage entered next, or Won, or Lost."""
    probability: Probability
    """Probability of this way out."""
    duration: Duration
    """Days from entering the stage to this way out; `never` if the deal stays open for good."""


class StageKeys(Frozen):
    """What a stage says, and a segment may say otherwise."""

    conversion: Rate | None = None
    """P(a deal that enters this stage leaves it for the next one)."""
    win_rate: Rate | None = None
    """P(a deal that enters this stage is finally won); on every stage or on none."""
    duration: Duration | None = None
    """Days in the stage, of those who advance."""
    lost_duration: Duration | None = None
    """Days in the stage, of those who are lost; default: as `duration`."""
    n: Positive | None = None
    """Sample size the transition probabilities rest on; only beside `transitions`."""
    transitions: tuple[Transition, ...] | None = Field(default=None, min_length=1)
    """The general form: every way out, with probabilities that sum to 1."""
    age: Quantity | None = None
    """Days so far in the stage of its open deals of unknown entry; default: those of a steady flow of deals."""


class StageOverride(StageKeys):
    """What differs in one stage for a segment; what is not given stays."""

    odds: Positive | None = None
    """Factor on the odds p / (1 - p) of the conversion as it is written for all; times stay."""

    @model_validator(mode="after")
    def _odds_alone(self) -> Self:
        beside = [key for key in ("conversion", "win_rate", "transitions") if getattr(self, key) is not None]
        if self.odds is not None and beside:
            text = f"'odds' is a factor on what all have, and cannot stand beside '{beside[0]}'; remove one of them"
            raise faults("StageOverride", [(("odds",), text)])
        return self


class Stage(StageKeys):
    """A named step of the funnel."""

    name: Name
    """Name of the stage."""

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        found: list[tuple[tuple[str | int, ...], str]] = []
        simple = [key for key in ("conversion", "win_rate", "duration", "lost_duration")
                  if getattr(self, key) is not None]  # fmt: skip
        if self.name in END_STATES:
            found.append((("name",), f"'{self.name}' is implied at the end of every funnel; choose another name"))
        if self.transitions is not None:
            found += [((key,), f"'{key}' cannot stand beside 'transitions'; remove one of them") for key in simple]
            total = sum(t.probability for t in self.transitions)
            if abs(total - 1) > SHARES_TOLERANCE:
                found.append((("transitions",), f"probabilities must sum to 1, found {total:.10g}"))
        else:
            if self.conversion is not None and self.win_rate is not None:
                found.append((("win_rate",), "'win_rate' cannot stand beside 'conversion'; remove one of them"))
            if self.conversion is None and self.win_rate is None:
                found.append(((), "expected one of 'conversion', 'win_rate' or 'transitions', found none of them"))
            elif self.duration is None:
                found.append(((), "'duration' is missing"))
            if self.n is not None:
                found.append((("n",), "'n' belongs to 'transitions'; here write the rate as {mean: ..., n: ...}"))
        if found:
            raise faults("Stage", found)
        return self

    def overridden(self, override: StageOverride) -> Stage:
        """Apply what a segment changes, but for `odds`; parts that are not changed stay the same objects."""
        given = {key: value for key in StageKeys.model_fields if (value := getattr(override, key)) is not None}
        if not given:
            return self
        dropped: set[str] = set()
        if "transitions" in given:
            dropped = {"conversion", "win_rate", "duration", "lost_duration", "n"}
        elif self.transitions is not None and given.keys() - {"n", "age"}:
            dropped = {"transitions", "n"}
        elif "conversion" in given:
            dropped = {"win_rate"}
        elif "win_rate" in given:
            dropped = {"conversion"}
        mine: dict[str, Any] = {key: getattr(self, key) for key in Stage.model_fields if key not in dropped}
        return Stage.model_validate({**mine, **given})


class Segment(Frozen):
    """What differs for the deals of a segment."""

    stages: dict[Name, StageOverride] = Field(default_factory=dict)
    """Stage name -> what differs there."""
    amount: Quantity | None = None
    """Amount of won deals of the segment."""
    amount_level: Level | None = None
    """Uncertainty of the level of amounts in the segment, per trial."""
