"""One job in a process of its own: ``python -m benchmarks.worker '{"job": ...}'`` prints its result as JSON.

A fresh process for each engine keeps their memory apart. The process that starts these imports nothing large, because a
new process is charged with the memory of the one that started it.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from typing import Any

from benchmarks.agreement import answers
from benchmarks.engines import Run, runner
from benchmarks.funnel import Size, problem

WARM = 1024
"""Trials of the run that loads or compiles the kernels."""


def peak_mib() -> float:
    """Peak resident memory of this process, and of the largest of its children twice over where it has any, MiB."""
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return (own + 2 * children) / 1024


def timed(run: Run, trials: int, repeats: int) -> tuple[float, float]:
    """Least wall time of some runs, and least time of all threads together on their processors, seconds."""
    wall, cpu = float("inf"), float("inf")
    for repeat in range(repeats):
        started, used = time.perf_counter(), time.process_time()
        run(trials, repeat + 1)
        wall, cpu = min(wall, time.perf_counter() - started), min(cpu, time.process_time() - used)
    return wall, cpu


def check(engine: str, trials: int, size: dict[str, Any], seed: int) -> dict[str, Any]:
    """Answers of an engine."""
    p = problem(Size(**size))
    with runner(engine, p) as run:
        return {"answers": answers(p, run(trials, seed))}


def slope(
    engine: str,
    trials: tuple[int, int],
    repeats: int,
    sizes: list[dict[str, Any]],
    threads: int | None = None,
    groups: list[str] | None = None,
) -> dict[str, Any]:
    """Nanoseconds for each deal-trajectory, as the slope of the time between two numbers of trials.

    `ns` is wall time; `core_ns` the time of all threads of this process on their processors, which the load of other
    processes hardly changes.
    """
    rows = []
    for size in sizes:
        p = problem(Size(**size))
        low, high = trials
        with runner(engine, p, threads=threads, groups=groups or ()) as run:
            run(min(WARM, low), 1)
            best = [(float("inf"), float("inf"))] * 2
            for _ in range(repeats):
                for i, n in enumerate((low, high)):
                    wall, cpu = timed(run, n, 1)
                    best[i] = min(best[i][0], wall), min(best[i][1], cpu)
        ns, core_ns = ((b - a) / (high - low) / p.size.deals * 1e9 for a, b in zip(*best, strict=True))
        seconds = [wall for wall, _ in best]
        rows.append({"size": size, "trials": [low, high], "seconds": seconds, "ns": ns, "core_ns": core_ns})
    return {"rows": rows, "peak_mib": peak_mib()}


def wall(engine: str, trials: list[int], repeats: int, size: dict[str, Any]) -> dict[str, Any]:
    """Nanoseconds for each deal-trajectory of whole runs, fixed costs included."""
    p = problem(Size(**size))
    rows = []
    with runner(engine, p) as run:
        run(WARM, 1)
        for n in trials:
            seconds, _ = timed(run, n, repeats)
            rows.append({"trials": n, "seconds": seconds, "ns": seconds / n / p.size.deals * 1e9})
    return {"rows": rows}


def big(kernel: str, trials: int, size: dict[str, Any], groups: list[str]) -> dict[str, Any]:
    """One large run, everything counted: scenario, model, law, simulation, summaries."""
    from benchmarks.funnel import scenario
    from simfunnel.forecast import simulate
    from simfunnel.forecast.inputs import prepare

    p = problem(Size(**size))
    started = time.perf_counter()
    ready = prepare(scenario(p))
    prepared = time.perf_counter()
    forecast = simulate(ready, trials=trials, kernel=kernel, groups=groups)
    simulated = time.perf_counter()
    mean = forecast.summary.overall.total.bookings.mean
    ended = time.perf_counter()
    return {
        "seconds": ended - started,
        "prepare": prepared - started,
        "simulate": simulated - prepared,
        "summarise": ended - simulated,
        "mean": mean,
        "peak_mib": peak_mib(),
    }


def reforecast(
    trials: int,
    size: dict[str, Any],
    groups: list[str],
    repeats: int,
    moved: str | None = None,
    sample: int | None = None,
) -> dict[str, Any]:
    """Forecast again in a warm process: model, law, simulation, summaries.

    With another seed each time; or, with the path of an assumption, with that moved to where it has not been before.
    `sample` is the sample size on which the conversion rates rest; without it they are certain.
    """
    from benchmarks.funnel import scenario
    from simfunnel.forecast import simulate
    from simfunnel.forecast.inputs import prepare
    from simfunnel.scenario.schema import Shift

    content = scenario(problem(Size(**size)))
    if sample is not None:
        content["stages"] = [{**s, "conversion": {"mean": s["conversion"], "n": sample}} for s in content["stages"]]
    ready = prepare(content)
    _ = simulate(ready, trials=WARM, groups=groups).summary
    found = []
    for repeat in range(repeats):
        scale = 0.9 + 0.01 * repeat
        shifts = () if moved is None else (Shift.model_validate({"path": moved, "scale": scale}),)
        started = time.perf_counter()
        forecast = simulate(ready, trials=trials, seed=repeat + 1, groups=groups, shifts=shifts)
        middle = time.perf_counter()
        _ = forecast.summary
        found.append((time.perf_counter() - started, middle - started))
    found.sort()
    best, median = found[0], found[len(found) // 2]
    return {"seconds": best[0], "median": median[0], "simulate": best[1], "summarise": best[0] - best[1]}


def generator(repeats: int) -> dict[str, Any]:
    """Cost of the random numbers alone, and of the memory traffic alone."""
    from benchmarks.roofline import measure

    return measure(repeats)


def exact() -> dict[str, Any]:
    """The exact engine."""
    from benchmarks.exact import measure

    return measure()


JOBS: dict[str, Callable[..., dict[str, Any]]] = {
    "check": check, "slope": slope, "wall": wall, "big": big, "reforecast": reforecast, "generator": generator,
    "exact": exact,
}  # fmt: skip


def main() -> None:
    job = json.loads(sys.argv[1])
    json.dump(JOBS[job.pop("job")](**job), sys.stdout)


if __name__ == "__main__":
    main()
