"""The engines side by side: what each is, and how it is run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.funnel import Problem, Samples, scenario

Run = Callable[[int, int], Samples]
"""Simulates (trials, seed)."""


@dataclass(frozen=True)
class Engine:
    """One way to simulate the funnel."""

    title: str
    threads: str
    check_trials: int
    """Trials of the comparison of answers, with 200 deals."""
    quick: tuple[int, int]
    full: tuple[int, int]
    """Trials of 2,000 deals between which the slope of the time is measured."""


ENGINES = {
    "paths": Engine("simfunnel paths", "all", 200_000, (10_000, 60_000), (50_000, 250_000)),
    "outcomes": Engine("simfunnel outcomes", "all", 200_000, (50_000, 350_000), (100_000, 1_100_000)),
    "paths_1": Engine("simfunnel paths, one thread", "1", 20_000, (10_000, 40_000), (20_000, 80_000)),
    "outcomes_1": Engine("simfunnel outcomes, one thread", "1", 20_000, (50_000, 250_000), (100_000, 600_000)),
    "numpy": Engine("NumPy, expert", "1", 100_000, (2_000, 12_000), (10_000, 60_000)),
    "numpy_2": Engine("NumPy, expert, 2 processes", "2 processes", 100_000, (4_000, 24_000), (20_000, 120_000)),
    "numpy_straight": Engine("NumPy, straightforward", "1", 50_000, (1_000, 5_000), (2_000, 22_000)),
    "plain": Engine("Python, standard library", "1", 4_000, (20, 120), (50, 550)),
    "simpy": Engine("SimPy, a process for each deal", "1", 2_000, (10, 60), (20, 220)),
}


@contextmanager
def runner(name: str, p: Problem, *, threads: int | None = None, groups: Iterable[str] = ()) -> Iterator[Run]:
    """Prepare an engine for a problem; only what it needs is imported.

    Parameters
    ----------
    name
        Key of `ENGINES`.
    p
        The funnel.
    threads
        Of simfunnel; default all processors.
    groups
        Dimensions by which simfunnel also reports; the twins only know the whole.
    """
    if name.startswith(("paths", "outcomes")):
        kernel, _, only = name.partition("_")
        yield _simfunnel(p, kernel, int(only) if only else threads, tuple(groups))
    elif name == "numpy_2":
        from concurrent.futures import ProcessPoolExecutor

        from benchmarks.numpy_twin import simulate_in_processes

        with ProcessPoolExecutor(2) as pool:
            yield lambda trials, seed: simulate_in_processes(p, trials, seed, pool, 2)
    else:
        yield _twin(name, p)


def _simfunnel(p: Problem, kernel: str, threads: int | None, groups: tuple[str, ...]) -> Run:
    from simfunnel.forecast import simulate
    from simfunnel.forecast.inputs import prepare

    ready = prepare(scenario(p))

    def run(trials: int, seed: int) -> Samples:
        forecast = simulate(ready, trials=trials, seed=seed, kernel=kernel, threads=threads, groups=groups)
        samples = forecast.samples
        booked = samples.open[0] + samples.new[0] if p.size.features else samples.open[0]
        return Samples(booked, samples.wins[0])

    return run


def _twin(name: str, p: Problem) -> Run:
    if name == "numpy":
        from benchmarks.numpy_twin import simulate
    elif name == "numpy_straight":
        from benchmarks.numpy_straight import simulate
    elif name == "plain":
        from benchmarks.plain_twin import simulate
    elif name == "simpy":
        from benchmarks.simpy_twin import simulate
    else:
        raise ValueError(f"unknown engine '{name}'; expected one of {', '.join(ENGINES)}")
    return lambda trials, seed: simulate(p, trials, seed)
