"""Simulate a scenario: the one public call behind ``simfunnel run``."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from simfunnel.engine.jit import current_key
from simfunnel.engine.outcomes.run import OutcomeRun, outcomes_can_run
from simfunnel.engine.run.ledger import Ledger, bytes_per_trial
from simfunnel.engine.run.memory import refuse_too_large
from simfunnel.engine.run.recent import Recent
from simfunnel.errors import InputError
from simfunnel.forecast.counted import Counted
from simfunnel.forecast.counting import count_trials
from simfunnel.forecast.estimates import attainment
from simfunnel.forecast.forecast import Forecast
from simfunnel.forecast.inputs import Prepared, ScenarioLike, prepare
from simfunnel.forecast.kept_counts import KeptCounts
from simfunnel.forecast.kept_models import kept_or_made
from simfunnel.forecast.sampled import Sampled
from simfunnel.forecast.simulated import SimulatedRange
from simfunnel.forecast.standing import closed_wins, known_groups, standing_fields, targets_of
from simfunnel.funnel.book import Compiled
from simfunnel.funnel.groups import DIMENSIONS
from simfunnel.funnel.model import ALL, Model
from simfunnel.progress import Progress
from simfunnel.scenario.schema import Shift
from simfunnel.version import __version__
from simfunnel.wording.findings import Finding

if TYPE_CHECKING:
    import pandas as pd

    from simfunnel.engine.paths.run import PathsRun

FIRST_TRIALS = 10_000
MOST_TRIALS = 5_120_000
"""`trials="auto"` stops doubling here."""
DEFAULT_PRECISION = 0.005
KEPT_UNASKED = 1 << 29
"""Bytes of samples that are kept although nobody asked for them: trials that are held need not be simulated twice."""
KERNELS = ("auto", "paths", "outcomes")


def simulate(
    scenario: ScenarioLike | Prepared,
    *,
    trials: int | str | None = None,
    seed: int | None = None,
    precision: float | None = None,
    variant: str | None = None,
    shifts: Sequence[Shift] = (),
    overrides: Sequence[str] = (),
    pipeline: pd.DataFrame | None = None,
    groups: Iterable[str] = DIMENSIONS,
    kernel: str = "auto",
    threads: int | None = None,
    block: int | None = None,
    samples: bool | None = True,
    resume: str | os.PathLike[str] | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> Forecast:
    """Forecast bookings by simulation.

    Parameters
    ----------
    scenario
        A scenario file, a mapping with its content, a `Scenario`, or what `load_scenario` returned.
    trials
        Number of simulated futures; ``"auto"`` doubles them from 10,000 until `precision` is reached. Default: the
        scenario's.
    seed
        Seed of the random streams; default: the scenario's. One seed gives the same bits for any number of threads.
    precision
        Wilson half-width of every overall P(attain) at which ``"auto"`` stops; giving it means ``"auto"``.
    variant
        Name of a variant of the scenario.
    shifts
        Further changes of assumptions, applied after those of the variant.
    overrides
        ``path=value`` texts, as ``--set`` takes them.
    pipeline
        Open deals as a data frame, in place of the scenario's pipeline file.
    groups
        Dimensions to report by, among owner, team, segment and source; those that have targets are always reported.
    kernel
        ``"paths"`` walks every deal stage by stage, ``"outcomes"`` draws only the period in which each is won;
        ``"auto"`` takes outcomes where it can serve. Both follow the same law.
    threads
        Number of threads; default, one for each available processor.
    block
        Trials per block; changes nothing but speed.
    samples
        Whether to keep every trial. Without, sums and counts are kept, whose memory does not grow with the trials; the
        summary says the same, and the trials are simulated twice. None keeps them where they are small. A precision
        needs them.
    resume
        Folder in which counts are kept now and then while the trials are counted, so that the same call goes on after a
        stop. Trials that are held are not kept.
    force
        With `resume`: begin anew where the folder holds the counts of another run.
    progress
        Called with (trials done, trials in all).

    Returns
    -------
    Forecast

    Raises
    ------
    InputError
        If the scenario or its pipeline cannot be used, with every problem found.
    """
    ready = scenario if isinstance(scenario, Prepared) else prepare(scenario, overrides=overrides, pipeline=pipeline)
    ready = ready.under(variant)
    settings = ready.scenario.simulation
    seed = settings.seed if seed is None else seed
    if isinstance(trials, int) and precision is not None:
        raise InputError(
            "give a number of trials or a precision, not both: a precision doubles the trials until it is met"
        )
    if trials is None:
        trials = "auto" if precision is not None else settings.trials
    if precision is None:
        precision = settings.precision
    moved = (*ready.variant(variant), *shifts)
    compiled = ready.compiled(moved, known_groups(groups), kept_or_made)
    model, book = compiled.model, compiled.book
    targets = targets_of(ready, book)
    run = _prepare_kernel(model, kernel, seed, ready.recent)
    if samples is None:
        samples = isinstance(trials, str) or trials * bytes_per_trial(model) <= KEPT_UNASKED
    if samples:
        refuse_too_large(model, trials if isinstance(trials, int) else FIRST_TRIALS)

    trial_range = SimulatedRange(run, *closed_wins(model), book.minor_units, threads, block)
    notes: tuple[Finding, ...] = ()
    known: Sampled | Counted
    if isinstance(trials, str):
        if trials != "auto":
            raise InputError(f"trials: expected a whole number or auto, found '{trials}'")
        precision = DEFAULT_PRECISION if precision is None else precision
        ledger, notes = _until_precise(trial_range.ledger, compiled, targets, precision, progress)
        known = trial_range.of(ledger)
    elif trials < 1:
        raise InputError(f"trials: expected at least 1, found {trials}")
    elif samples:
        known = trial_range(0, trials, progress)
    else:
        question = _question(ready, moved, compiled, targets, run, trials, seed) if resume is not None else {}
        kept = None if resume is None else KeptCounts.open(Path(resume), question)
        known = count_trials(trial_range, targets, trials, progress, kept, force=force)
    kernel, law_error = ("outcomes", run.law_error) if isinstance(run, OutcomeRun) else ("paths", None)
    return Forecast(
        **standing_fields(
            ready,
            compiled,
            moved,
            variant=variant,
            method="simulate",
            kernel=kernel,
            trials=known.trials,
            seed=seed,
            law_error=law_error,
            notes=notes,
        ),
        known=known,
    )


def _question(
    ready: Prepared,
    moved: Sequence[Shift],
    compiled: Compiled,
    targets: dict[tuple[int, int], float],
    run: PathsRun | OutcomeRun,
    trials: int,
    seed: int,
) -> dict[str, Any]:
    """All that counts of trials rest on, as JSON holds it: those of another question are not taken."""
    return {
        "simfunnel": __version__, "kernels": current_key(), "numpy": np.__version__, "scenario": ready.sha256(moved),
        "trials": trials, "seed": seed, "kernel": "outcomes" if isinstance(run, OutcomeRun) else "paths",
        "groups": [list(group) for group in compiled.book.groups],
        "targets": [[*place, amount] for place, amount in sorted(targets.items())],
    }  # fmt: skip


def _prepare_kernel(model: Model, kernel: str, seed: int, recent: Recent) -> PathsRun | OutcomeRun:
    """Choose the kernel and prepare its run."""
    if kernel not in KERNELS:
        raise InputError(f"unknown kernel '{kernel}'; expected one of {', '.join(KERNELS)}")
    reason = None if kernel == "paths" else outcomes_can_run(model)
    if kernel == "paths" or (kernel == "auto" and reason):
        from simfunnel.engine.paths.run import PathsRun  # a book that needs no path does not wait for its kernels

        return PathsRun.prepare(model, seed)
    if reason:
        raise InputError(f"the kernel outcomes cannot serve this scenario: {reason}; use paths, or auto")
    return OutcomeRun.prepare(model, seed, recent)


def _until_precise(
    trial_range: Callable[[int, int, Progress | None], Ledger],
    compiled: Compiled,
    targets: dict[tuple[int, int], float],
    precision: float,
    progress: Progress | None,
) -> tuple[Ledger, tuple[Finding, ...]]:
    """Double the trials until every overall P(attain) is known to `precision`; the same for any threads."""
    if not 0 < precision < 1:
        raise InputError(f"precision: expected a half-width between 0 and 1, such as 0.005, found {precision:g}")
    goals = {k: amount for (g, k), amount in targets.items() if g == ALL}
    if not goals:
        raise InputError("trials auto needs a target for everything: its precision is that of P(attain); add `targets`")
    model, unit = compiled.model, compiled.book.minor_units
    K = model.periods
    closed = closed_wins(model)[0][ALL]
    ledger = trial_range(0, FIRST_TRIALS, progress)
    while True:
        n = ledger.open.shape[2]
        bookings = ledger.open[ALL] + ledger.new[ALL] + closed[:, None]
        half = 0.0
        for k, amount in goals.items():
            reached = attainment(bookings[k] if k < K else bookings.sum(axis=0), amount, unit)
            half = max(half, 0.5 * (reached.interval[1] - reached.interval[0]))
        if half <= precision:
            return ledger, ()
        if 2 * n > MOST_TRIALS:
            fields = {"precision": precision, "trials": n, "half_width": half}
            return ledger, (Finding("precision_not_reached", fields),)
        refuse_too_large(model, 3 * n)  # while they are joined, the old ones are held twice
        more = trial_range(n, n, progress)
        ledger = Ledger(*(np.concatenate([a, b], axis=-1) for a, b in zip(ledger, more, strict=True)))
