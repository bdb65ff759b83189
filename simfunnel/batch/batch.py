"""Running the jobs of a batch: each writes its own folder when it is done; while it is the same it is not run again."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simfunnel import bundle
from simfunnel.batch.jobs import Job
from simfunnel.engine.run.executor import elsewhere
from simfunnel.errors import InputError, SimfunnelError
from simfunnel.forecast.inputs import Prepared
from simfunnel.forecast.parallel import side_by_side
from simfunnel.forecast.simulation import simulate
from simfunnel.progress import Progress
from simfunnel.shown import Shown
from simfunnel.version import __version__

DONE, UNCHANGED, FAILED = "done", "unchanged", "failed"
AT_ONCE = 4
"""Jobs in hand on a cluster: while one is read or written here, the workers have trials of others to make."""


@dataclass(frozen=True, slots=True)
class JobResult:
    """What became of a job."""

    name: str
    state: str
    """``done``; ``unchanged`` where its folder holds that very forecast already; ``failed``."""
    seconds: float
    bundle: str
    """Its folder; empty where it failed before there was one."""
    error: str = ""


@dataclass(frozen=True)
class Batch(Shown):
    """What became of all jobs, in their order."""

    folder: str
    jobs: tuple[JobResult, ...]

    @property
    def failed(self) -> int:
        """Jobs without a result."""
        return sum(job.state == FAILED for job in self.jobs)

    @property
    def done(self) -> int:
        """Jobs whose result is there, made now or before."""
        return len(self.jobs) - self.failed


@dataclass(frozen=True, slots=True)
class HowToForecast:
    """What holds for all jobs; None: as each scenario says."""

    trials: int | None = None
    seed: int | None = None
    kernel: str = "auto"
    threads: int | None = None


def run_batch(
    jobs: Sequence[Job],
    folder: str | os.PathLike[str],
    how: HowToForecast | None = None,
    *,
    samples: bool = True,
    plots: bool = False,
    force: bool = False,
    progress: Progress | None = None,
    begun: Callable[[Job], None] | None = None,
) -> Batch:
    """Forecast every job whose result is missing; what is wrong with one harms no other.

    Parameters
    ----------
    jobs
        From `jobs_of`, or `jobs_of_store`.
    folder
        Each job writes a folder of its name in it, when it is done and at once.
    how
        Trials, seed, kernel and threads.
    samples
        Whether the trials are written too: the largest files, without which a folder is not read again.
    plots
        Whether pictures are drawn, which takes longer than a small forecast.
    force
        Whether files in the way that simfunnel did not write are replaced.
    progress
        Called with (jobs over, jobs in all).
    begun
        Called before each job.
    """
    how = how or HowToForecast()
    writing = threading.Lock()

    def run(job: Job) -> JobResult:
        if begun:
            begun(job)
        return _ran(job, Path(folder) / job.name, how, writing, samples=samples, plots=plots, force=force)

    if elsewhere() is not None and len(jobs) > 1:
        results = side_by_side(run, [(job,) for job in jobs], workers=min(AT_ONCE, len(jobs)), progress=progress)
    else:
        results = []
        for job in jobs:
            results.append(run(job))
            if progress:
                progress(len(results), len(jobs))
    return Batch(str(folder), tuple(results))


def _ran(
    job: Job, folder: Path, how: HowToForecast, writing: threading.Lock, *, samples: bool, plots: bool, force: bool
) -> JobResult:  # fmt: skip
    start = time.monotonic()

    def over(state: str, error: str = "") -> JobResult:
        return JobResult(job.name, state, time.monotonic() - start, "" if state == FAILED else str(folder), error)

    try:
        ready = job.prepare()
        if _is_there(folder, ready, how, samples=samples):
            return over(UNCHANGED)
        forecast = simulate(
            ready, trials=how.trials, seed=how.seed, kernel=how.kernel, threads=how.threads, samples=True
        )
        with writing:  # pictures are drawn by one thread at a time
            forecast.save(folder, plots=plots, files=samples, force=force)
    except SimfunnelError as error:
        return over(FAILED, str(error))
    except (OSError, MemoryError) as error:
        return over(FAILED, f"{type(error).__name__}: {error}")
    return over(DONE)


def _is_there(folder: Path, ready: Prepared, how: HowToForecast, *, samples: bool) -> bool:
    """Whether a folder holds this forecast, whole: of the same scenario, deals, version and settings."""
    try:
        manifest = bundle.read(folder)
        if manifest is None or "forecast.json" not in manifest.files:
            return False
        with manifest.open("forecast.json") as stream:
            data: dict[str, Any] = json.load(stream)
        found = {key: data[key] for key in ("simfunnel", "trials", "seed", "kernel")}
        sha256 = data["scenario"]["sha256"]
    except (InputError, ValueError, KeyError, TypeError):
        return False  # half written, changed or of another kind: it is made again, or refused by the writer
    settings = ready.scenario.simulation
    trials = settings.trials if how.trials is None else how.trials
    wanted = {
        "simfunnel": __version__, "seed": settings.seed if how.seed is None else how.seed,
        "trials": found["trials"] if trials == "auto" else trials,
        "kernel": found["kernel"] if how.kernel == "auto" else how.kernel,
    }  # fmt: skip
    whole = not samples or "samples.npz" in manifest.files
    return whole and found == wanted and sha256 == ready.sha256()
