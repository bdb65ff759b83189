"""What the page asks: requests as pydantic models, which check them and describe them in the OpenAPI document."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from simfunnel.scenario.periods import LARGEST_MONEY
from simfunnel.scenario.shifts import Shift
from simfunnel.values.frozen import Frozen, faults
from simfunnel.values.numbers import Positive, Probability

MOVING_TRIALS, RESTING_TRIALS = 20_000, 100_000
"""Trials of an answer while a hand is on a slider, and of the answer when it rests."""
FEWEST_TRIALS = 1_000
QUICK_TRIALS = (MOVING_TRIALS, 10_000, 5_000, 2_000, FEWEST_TRIALS)
"""Trials of an answer that has to be quick, by what the scenario allows."""
MOST_CHANGES = 200
Language = Literal["en", "zh"]


class State(Frozen):
    """What is asked of the scenario: changes of its assumptions, in order, and the goal."""

    shifts: tuple[Shift, ...] = Field(default=(), max_length=MOST_CHANGES)
    """The changes, as `variants` of a scenario spell them; a path stands once."""
    period: str | None = Field(default=None, min_length=1, max_length=200)
    """Label of a period, or `total`; absent: the first that has a target."""
    target: Annotated[Positive, Field(le=LARGEST_MONEY)] | None = None
    """Amount to reach, such as 3000000 or "3M"; absent: the scenario's."""
    confidence: Annotated[Probability, Field(gt=0, lt=1)] = 0.8
    """Wanted chance of the target, such as 0.8 or "80%"."""

    @model_validator(mode="after")
    def _one_of_a_path(self) -> Self:
        seen: set[str] = set()
        for i, shift in enumerate(self.shifts):
            path = str(shift.target)
            if path in seen:
                raise faults("State", [(("shifts", i, "path"), f"{path} is changed twice; keep one of them")])
            seen.add(path)
        return self


Page = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]


class Asked(Frozen):
    """A question about a state."""

    state: State = State()
    language: Language | None = None
    """Of what is told; absent: the server's."""
    page: Page | None = None
    """Who asks: one open page. Of a page, questions that are older than another one are not answered."""
    number: int = Field(default=0, strict=True, ge=0, le=2**53)
    """Counts the states of a page."""


class AskedForAnswer(Asked):
    """A question whose answer is shown while a hand is on a slider."""

    trials: int | None = Field(default=None, strict=True, ge=FEWEST_TRIALS, le=RESTING_TRIALS)
    """Simulated futures; absent: as many, of `MOVING_TRIALS` at most, as keep up with a hand that moves."""


class AskedForSliders(Asked):
    """A question about what can be moved of a stage or a segment."""

    scope: str = Field(default="", max_length=1000)
    """Key of a scope, as `controls` gives it."""


class AskedForDeals(Asked):
    """A question about the open deals."""

    find: str = Field(default="", max_length=200)
    """Text that id, name, account, owner or stage hold."""
    first: int = Field(default=0, strict=True, ge=0, le=10**9)
    """How many rows are left out at the start."""
    count: int = Field(default=50, strict=True, ge=1, le=200)
    """How many rows are wanted."""
