"""One reading of the scenario, and what it answers under changes: forecasts by the library's own calls."""

from __future__ import annotations

import dataclasses
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from simfunnel.engine.run.recent import Recent
from simfunnel.forecast.forecast import Forecast
from simfunnel.forecast.inputs import Prepared, shift_key
from simfunnel.forecast.simulation import simulate
from simfunnel.planning.pairs.differences import Difference, compare_forecasts
from simfunnel.planning.pairs.goal import Goal, resolve_goal
from simfunnel.planning.pairs.paired import bookings_only
from simfunnel.progress import Progress
from simfunnel.scenario.schema import Target
from simfunnel.scenario.shifts import Shift, Variant
from simfunnel.web.load import most_trials
from simfunnel.web.question import FEWEST_TRIALS, MOVING_TRIALS, QUICK_TRIALS, State
from simfunnel.web.side import Side, side_of

VARIANT = "what-if"
QUICK, FIXED = 0.03, 0.01
"""Seconds that the trials of a quick answer may take, and what a forecast takes beside its trials."""
MOST_STEPS, ALL_STEPS = 20, 3.0
"""Steps of a waterfall, and seconds that they may take."""
OWNERS_TIMES_TRIALS = 2_000_000
KEPT_FORECASTS = 48
"""Forecasts of `MOVING_TRIALS` trials, a few MB each: what is undone is there at once."""


@dataclass(frozen=True)
class WhatIf:
    """The scenario as it is and under the changes: two answers to the same futures."""

    goal: Goal
    base: Side
    moved: Side
    difference: Difference
    """Moved minus base, for the period of the goal."""


@dataclass(frozen=True)
class Step:
    """One change on top of those before it; of very many, the last step is all the others."""

    shifts: tuple[Shift, ...]
    difference: Difference


class Pace:
    """How many trials keep up with a hand on a slider: learned from what the last forecasts took."""

    def __init__(self) -> None:
        self._per_trial: deque[float] = deque(maxlen=5)

    @property
    def trials(self) -> int:
        """As many of `QUICK_TRIALS` as are simulated within `QUICK` seconds, the fewest if none are."""
        return self.within(QUICK)

    def within(self, seconds: float, forecasts: int = 1) -> int:
        """As many of `QUICK_TRIALS` as so many forecasts simulate within some seconds, the fewest if none are."""
        best = min(self._per_trial, default=0.0)  # others were held up by something else
        return next((n for n in QUICK_TRIALS if n * best * forecasts <= seconds), QUICK_TRIALS[-1])

    def took(self, trials: int, seconds: float) -> None:
        """Note what a forecast took."""
        self._per_trial.append(max(seconds - FIXED, 0.0) / trials)


class Reading:
    """A scenario as it was read at one moment.

    Parameters
    ----------
    ready
        The scenario.
    scenario
        The file as it was named.
    overrides
        Texts of ``--set`` that it was read with.
    variant
        The variant that is the base; None for the scenario itself.
    seed
        Seed of all forecasts; None for the scenario's.
    version
        Counts the readings of a server.
    """

    def __init__(
        self, ready: Prepared, scenario: str, *, overrides: Sequence[str] = (), variant: str | None = None,
        seed: int | None = None, version: int = 1,
    ) -> None:  # fmt: skip
        self.ready = ready.under(variant)
        self.scenario = scenario
        self.overrides = tuple(overrides)
        self.base_variant = variant
        self.base_shifts = ready.variant(variant)
        self.seed = ready.scenario.simulation.seed if seed is None else seed
        self.version = version
        # bookings need no payment terms; with the kernel that `run` takes, their bits are those of `run`
        self._bookings = bookings_only(self.ready)
        self._kernel = "paths" if ready.scenario.payment_terms else "auto"
        self._kept = Recent(KEPT_FORECASTS)
        self._bases, self._large = Recent(16), Recent(2)
        self.pace = Pace()

    def goal(self, state: State) -> Goal:
        """Find the period and the target of a state.

        Raises
        ------
        InputError
            For an unknown period.
        """
        period = state.period or resolve_goal(self.ready, required=False).period  # the same with a target of its own
        return resolve_goal(self.ready, period, state.target, required=False)

    def what_if(self, state: State, trials: int = MOVING_TRIALS, progress: Progress | None = None) -> WhatIf:
        """Answer a state.

        Parameters
        ----------
        state
            What is changed.
        trials
            Simulated futures.
        progress
            Called with trials done and trials in all; what it raises ends the simulation.

        Raises
        ------
        InputError
            If a change fits nothing in the scenario.
        """
        goal = self.goal(state)
        base = self._bases.get(
            ("side", trials, goal.index, goal.target), lambda: side_of(self.forecast((), trials, progress), goal)
        )
        moved = side_of(self.forecast(state.shifts, trials, progress), goal) if state.shifts else base
        return WhatIf(goal, base, moved, self._difference((), state.shifts, goal, trials, progress))

    def steps(self, state: State, trials: int = MOVING_TRIALS, progress: Progress | None = None) -> list[Step]:
        """Take the changes one by one: what each does on top of those before it; the last step is all that are left."""
        goal, found = self.goal(state), []
        for start, end in _cuts(len(state.shifts)):
            gap = self._difference(state.shifts[:start], state.shifts[:end], goal, trials, progress)
            found.append(Step(state.shifts[start:end], gap))
        return found

    def step_trials(self, state: State) -> int:
        """Trials of the forecasts of `steps`."""
        cuts = _cuts(len(state.shifts))
        trials = self.pace.within(ALL_STEPS, len(cuts) + 1)
        return min([trials, *(self._fitting(state.shifts[:end], trials) for _, end in cuts)])

    def fitting(self, state: State, trials: int) -> int:
        """Say how many trials an answer has: those wanted, or fewer where so many leads are expected that it took long.

        Raises
        ------
        InputError
            If a state expects too many leads for this page.
        """
        return min(self._fitting(shifts, trials) for shifts in ((), state.shifts))

    def _fitting(self, shifts: Sequence[Shift], trials: int) -> int:
        model = self._bookings.under(self.base_variant).model((*self.base_shifts, *shifts), ())
        return most_trials(model, trials, self._kernel)

    def forecast(
        self, shifts: Sequence[Shift], trials: int, progress: Progress | None = None, groups: Iterable[str] = (),
        kernel: str | None = None,
    ) -> Forecast:  # fmt: skip
        """Forecast under changes on top of the base: the bits of ``run --variant`` with the same changes."""
        wanted = tuple(groups)
        key = (shift_key(shifts), trials, wanted, kernel)
        kept = self._bases if not shifts else self._large if wanted or trials > MOVING_TRIALS else self._kept

        def make() -> Forecast:
            start = time.perf_counter()
            made = simulate(
                self._bookings, trials=trials, seed=self.seed, variant=self.base_variant, shifts=shifts, groups=wanted,
                kernel=kernel or self._kernel, progress=progress,
            )  # fmt: skip
            self.pace.took(trials, time.perf_counter() - start)
            return made

        return kept.get(key, make)

    def as_variant(self, state: State) -> Variant:
        """Write a state as a variant: its changes after those of the base, and its target."""
        target = () if state.target is None else (Target(period=self.goal(state).period, amount=state.target),)
        base = self.ready.scenario.variants[self.base_variant] if self.base_variant is not None else Variant()
        made = Variant(shifts=(*self.base_shifts, *state.shifts), targets=target)
        return made.model_copy(update={"targets": made.over(base.targets)})

    @cached_property
    def owner_trials(self) -> int:
        """Trials of a forecast by owner: fewer where there are so many owners that their bookings would fill memory."""
        groups = self.ready.compiled(self.base_shifts, ("owner",)).book.groups
        return min(MOVING_TRIALS, max(FEWEST_TRIALS, OWNERS_TIMES_TRIALS // len(groups)))

    @cached_property
    def deal_names(self) -> dict[str, str]:
        """Id of an open deal -> what people call it."""
        deals = self.ready.compiled(self.base_shifts, ()).book.deals
        return {id_: name or id_ for id_, name in zip(deals.id, deals.name, strict=True)}

    @cached_property
    def variant_name(self) -> str:
        """What the variant of a state is called: a name that the scenario has not taken."""
        taken, n, name = self.ready.scenario.variants, 1, VARIANT
        while name in taken:
            n += 1
            name = f"{VARIANT}-{n}"
        return name

    def under(self, state: State) -> tuple[Prepared, str | None]:
        """Give the scenario with the state as a variant, and its name: what commands and reports are asked for."""
        if not changes_anything(state):
            return self.ready, self.base_variant
        scenario = self.ready.scenario
        variants = {**scenario.variants, self.variant_name: self.as_variant(state)}
        loaded = dataclasses.replace(
            self.ready.loaded, scenario=scenario.model_copy(update={"variants": variants})
        )  # fmt: skip
        return dataclasses.replace(self.ready, loaded=loaded), self.variant_name

    def _difference(
        self, before: Sequence[Shift], after: Sequence[Shift], goal: Goal, trials: int, progress: Progress | None
    ) -> Difference:
        """Compare by one kernel: a change may take a scenario out of the reach of the faster one, or into it."""
        pair = [self.forecast(shifts, trials, progress) for shifts in (before, after)]
        if pair[0].provenance.kernel != pair[1].provenance.kernel:
            pair = [self.forecast(shifts, trials, progress, kernel="paths") for shifts in (before, after)]
        return compare_forecasts(pair[0], pair[1], goal.index, goal.target)


def _cuts(changes: int) -> list[tuple[int, int]]:
    """Where the steps of so many changes begin and end."""
    ends = [*range(1, min(changes, MOST_STEPS)), changes] if changes else []
    return list(zip([0, *ends], ends, strict=False))


def changes_anything(state: State) -> bool:
    """Whether a state is another than the scenario."""
    return bool(state.shifts) or state.target is not None
