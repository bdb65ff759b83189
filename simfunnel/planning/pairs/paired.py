"""Forecasts of one scenario under different assumptions and the same draws: trial by trial, two answers to one future.

A draw is a function of the seed and the name of what it belongs to, so two forecasts of one seed differ in nothing but
the assumptions that differ. That makes a difference far more exact than either forecast.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

from simfunnel.engine.law.ways import has_choice
from simfunnel.errors import InputError
from simfunnel.forecast.forecast import Forecast
from simfunnel.forecast.inputs import Prepared, ScenarioLike, prepare
from simfunnel.forecast.simulation import simulate
from simfunnel.progress import Steps
from simfunnel.scenario.schema import TOTAL, Shift

PLANNING_TRIALS = 20_000
"""Trials of a planning question unless the caller says otherwise: P(attain) is then known to 0.35 %, differences
between paired forecasts far better."""
SEARCH_TRIALS = 5_000
"""Trials of each forecast inside a search over an assumption: the base's own P(attain) plus a paired difference."""


def as_prepared(scenario: ScenarioLike | Prepared, overrides: Sequence[str] = ()) -> Prepared:
    """Prepare a scenario unless that has been done."""
    return scenario if isinstance(scenario, Prepared) else prepare(scenario, overrides=overrides)


def bookings_only(prepared: Prepared, periods: int | None = None) -> Prepared:
    """Leave out what the bookings of the first periods do not need: payment terms, targets of groups, later periods.

    The law of these bookings stays the same; the work is less, and the faster kernel can serve more scenarios.
    """
    scenario = prepared.scenario
    kept = prepared.periods[:periods]
    labels = {period.label for period in kept}
    if len(kept) == len(prepared.periods):
        labels.add(TOTAL)
    update = {
        "payment_terms": (),
        "periods": scenario.periods.model_copy(update={"count": len(kept)}),
        "targets": tuple(t for t in scenario.targets if t.group is None and t.period in labels),
        "variants": {name: one.without_targets() for name, one in scenario.variants.items()},
    }
    loaded = dataclasses.replace(prepared.loaded, scenario=scenario.model_copy(update=update))
    return dataclasses.replace(prepared, loaded=loaded, periods=kept)


def with_source(forecast: Forecast, source: Prepared, shifts: Sequence[Shift]) -> Forecast:
    """Give a forecast of bookings only the hash of the scenario it was made from, the one that ``run`` shows."""
    provenance = dataclasses.replace(forecast.provenance, sha256=source.sha256(shifts))
    return dataclasses.replace(forecast, provenance=provenance)


def first_trials(forecast: Forecast, trials: int) -> Forecast:
    """Give the first trials of a forecast: those that a shorter one of the same seed has."""
    provenance = dataclasses.replace(forecast.provenance, trials=trials)
    return dataclasses.replace(forecast, known=forecast.samples.first(trials), provenance=provenance)


def planning_kernel(prepared: Prepared, kernel: str) -> str:
    """Choose `paths` for `auto` where the timing of wins moves with the drawn rates.

    Then tables of the timing are dear, and many small forecasts under ever other assumptions need ever other tables.
    """
    if kernel != "auto":
        return kernel
    funnels = prepared.model((), ()).funnels
    moves = any(uncertain and has_choice(funnels, f) for f, uncertain in enumerate(funnels.uncertain))
    return "paths" if moves else "auto"


class PairedForecasts:
    """A base forecast and shifted versions of it under common random numbers.

    Parameters
    ----------
    prepared
        The scenario.
    variant
        Variant of the scenario that is the base.
    shifts
        Further changes that belong to the base.
    trials, seed, kernel, threads
        As `simulate` takes them; `PLANNING_TRIALS` trials unless told.
    groups
        Dimensions of the results, as `simulate` takes them.
    periods
        How many periods the question needs, from the first on; default all.
    steps
        Counts the forecasts; each is one step, in `smaller` pairs a part of one.
    """

    def __init__(
        self,
        prepared: Prepared,
        *,
        variant: str | None = None,
        shifts: Sequence[Shift] = (),
        trials: int | None = None,
        seed: int | None = None,
        kernel: str = "auto",
        threads: int | None = None,
        groups: Iterable[str] = (),
        periods: int | None = None,
        steps: Steps | None = None,
    ) -> None:
        self.source = prepared
        self.periods = periods
        # one for all pairs of a scenario, so that they share what was made lately
        self.prepared = prepared.recent.get(("bookings only", periods), lambda: bookings_only(prepared, periods))
        self.variant = variant
        self._own_shifts = tuple(shifts)
        self.base_shifts = (*prepared.variant(variant), *shifts)
        self.trials = whole_trials(trials)
        self.seed = prepared.scenario.simulation.seed if seed is None else seed
        self.kernel = planning_kernel(self.prepared, kernel)
        self.threads = threads
        self.groups = tuple(groups)
        self.steps = Steps(None, 0.0) if steps is None else steps
        self.weight = 1.0
        self._bases: dict[str, Forecast] = {}
        self._smaller: dict[tuple[int, tuple[str, ...]], PairedForecasts] = {}
        self._longer: PairedForecasts | None = None

    @property
    def base(self) -> Forecast:
        """The forecast without further shifts."""
        return self._base(self.kernel)

    def pair(self, shifts: Sequence[Shift]) -> tuple[Forecast, Forecast]:
        """Forecast the base and the base under further shifts by one and the same kernel.

        The two kernels follow the same law by different draws; a pair of both would lose what pairing is for.
        """
        base = self.base
        shifted = self._simulate(shifts, self.kernel)
        if shifted.provenance.kernel == base.provenance.kernel:
            return base, shifted
        # a shift can take a model out of the reach of `outcomes`, and another can bring it there: paths serves both
        base = self._base("paths")
        if shifted.provenance.kernel != "paths":
            shifted = self._simulate(shifts, "paths")
        return base, shifted

    def shifted(self, shifts: Sequence[Shift]) -> Forecast:
        """Forecast the base under further shifts."""
        return self.pair(shifts)[1]

    def smaller(self, trials: int = SEARCH_TRIALS, groups: Iterable[str] = ()) -> PairedForecasts:
        """Give the same with at most so many trials, by default without groups: for what takes many forecasts."""
        if trials >= self.trials:
            return self
        wanted = tuple(groups)
        key = (trials, wanted)
        if key not in self._smaller:
            made = PairedForecasts(
                self.source, variant=self.variant, shifts=self._own_shifts, trials=trials, seed=self.seed,
                kernel=self.kernel, threads=self.threads, groups=wanted, periods=self.periods, steps=self.steps,
            )  # fmt: skip
            made.weight = self.weight * trials / self.trials
            made._longer = self
            self._smaller[key] = made
        return self._smaller[key]

    def _base(self, kernel: str) -> Forecast:
        if kernel not in self._bases:
            longer = None if self._longer is None else self._longer._bases.get(kernel)
            if longer is None:
                found = with_source(self._simulate((), kernel), self.source, self.base_shifts)
            else:
                found = first_trials(longer, self.trials)
            self._bases[kernel] = found
        return self._bases[kernel]

    def _simulate(self, shifts: Sequence[Shift], kernel: str) -> Forecast:
        forecast = simulate(
            self.prepared, trials=self.trials, seed=self.seed, variant=self.variant,
            shifts=(*self._own_shifts, *shifts), groups=self.groups, kernel=kernel, threads=self.threads,
            progress=self.steps.part(self.weight),
        )  # fmt: skip
        self.steps(self.weight)
        return forecast


def whole_trials(trials: int | str | None) -> int:
    """Check a number of trials."""
    if trials is None:
        return PLANNING_TRIALS
    if isinstance(trials, str):
        raise InputError(f"trials: a plan compares forecasts of equal length; give a whole number, found '{trials}'")
    if trials < 2:
        raise InputError(f"trials: expected at least 2, found {trials}")
    return trials


def shift(path: str, **operation: float) -> Shift:
    """Make a shift: ``shift("win_rate", scale=1.1)``."""
    return Shift.model_validate({"path": path, **operation})
