"""Every result is that of threads, to the bit: whatever worker makes a part, in whatever order, however often."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from estimation.made import made_history
from helpers import deals, funnel, stage

from simfunnel import leads_needed, levers, simulate, stress
from simfunnel.backtesting import backtest, checkpoint, forecasters
from simfunnel.batch import batch
from simfunnel.batch.jobs import jobs_of
from simfunnel.cluster import executor as cluster_executor
from simfunnel.cluster.executor import DaskExecutor
from simfunnel.engine.outcomes.run import OutcomeRun
from simfunnel.engine.paths import lead_runs
from simfunnel.engine.paths.run import PathsRun
from simfunnel.engine.run.executor import Threads, ranges_of, running_on
from simfunnel.errors import InputError
from simfunnel.forecast import counting, kept_counts
from simfunnel.report.faces.base import as_json
from simfunnel.shown import face_of

SCENARIO = funnel(
    [stage("A", {"mean": 0.4, "n": 40}, {"exponential": 8}), stage("B", 0.5, {"gamma": {"mean": 9, "sd": 5}})],
    [*deals(18, amount=10, owner="Ann"), *deals(12, "b", stage="B", amount=12, owner="Bo")],
    leads=[{"name": "web", "stage": "A", "rate": {"per": "week", "mean": 3}, "amount": {"exponential": 10}}],
    correlation={"market": 0.1}, targets=[{"period": "2027-01-01+30d", "amount": 170}],
    payment_terms=[{"share": 1.0, "delay": {"exponential": 10}}],
)  # fmt: skip
TRIALS, BLOCK = 5003, 311
"""More than seven blocks, the last one shorter."""


@pytest.fixture
def client(cluster: Any) -> Iterator[Any]:
    from distributed import Client

    with Client(cluster) as made:
        made.wait_for_workers(2, timeout=60)
        yield made


@pytest.fixture
def executor(client: Any) -> DaskExecutor:
    return DaskExecutor(client, "a cluster", 2)


def samples(block: int = BLOCK) -> dict[str, Any]:
    found = simulate(SCENARIO, trials=TRIALS, seed=3, block=block).samples
    return {name: getattr(found, name) for name in ("open", "new", "wins", "cash")}


def same(a: dict[str, Any], b: dict[str, Any]) -> None:
    assert a["new"].any() and a["cash"].any()
    for name in a:
        np.testing.assert_array_equal(a[name], b[name])


def test_trials_are_those_of_threads(executor: DaskExecutor) -> None:
    here = samples()
    with running_on(executor):
        same(samples(), here)
        same(samples(1 + 2 * BLOCK), here)


def test_workers_count_trials_that_nobody_wants_and_send_the_counts(
    executor: DaskExecutor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class StopError(Exception):
        pass

    class Merging:
        """The executor; what it merges is written down."""

        workers = executor.workers

        def map(self, task: Any, ranges: Any, merge: Callable[..., None], progress: Any = None) -> None:
            def noted(first: int, part: Any) -> None:
                merged.append((type(part).__name__, first))
                merge(first, part)

            executor.map(task, ranges, noted, progress)

    def told(stop_at: int = 2 * TRIALS, **more: Any) -> str:
        def progress(done: int, total: int) -> None:
            if done >= stop_at:
                raise StopError

        found = simulate(SCENARIO, trials=TRIALS, seed=3, samples=False, progress=progress, **more)
        return as_json({**face_of(found).keys(), "more": [float(found.quantile(q)) for q in (0.001, 0.37, 0.999)]})

    merged: list[tuple[str, int]] = []
    for name in ("FEWEST", "MOST"):
        monkeypatch.setattr(counting, name, BLOCK)
    for name in ("EVERY", "SHARE"):
        monkeypatch.setattr(kept_counts, name, 0.0)
    here = told()
    with running_on(Merging()):
        assert told() == here
        ledgers = [first for name, first in merged if name == "Ledger"]
        assert max(ledgers) < BLOCK  # of the first chunk, over which the buckets are laid
        assert sum(name == "Counts" for name, _ in merged) == len(merged) - len(ledgers) >= 2 * 8
        for at in (1_500, 3_500):  # in the first reading, and in the second one
            with pytest.raises(StopError):
                told(at, resume=tmp_path)
        assert (tmp_path / kept_counts.NAME).exists()
    assert told(resume=tmp_path) == here  # what workers have begun, threads go on with


MADE: list[int] = []
"""On a worker: a mark for every range that it made."""


def paced(wait: float) -> None:
    """On a worker: wait at every range from now on, and count them."""

    def copied(part: Any) -> Any:
        time.sleep(wait)
        MADE.append(1)
        return deepcopy(part)

    cluster_executor.deepcopy = copied


def made_here() -> int:
    return len(MADE)


def at_full_speed() -> None:
    cluster_executor.deepcopy = deepcopy
    MADE.clear()


def test_workers_of_different_speed_give_the_same_bits(executor: DaskExecutor, client: Any) -> None:
    here = samples()
    slow, fast = sorted(client.scheduler_info()["workers"])
    client.run(paced, 0.16, workers=[slow])
    client.run(paced, 0.08, workers=[fast])  # sooner, the scheduler would leave all to the one that has the task
    try:
        with running_on(executor):
            same(samples(97), here)  # 52 blocks
        made = client.run(made_here)
    finally:
        client.run(at_full_speed)
    assert made[slow] > 0 and made[fast] > 0 and made[slow] + made[fast] >= -(-TRIALS // 97)


@dataclass(frozen=True)
class Watching:
    """An executor, and how many ranges each task was cut into."""

    executor: DaskExecutor
    cuts: list[int] = field(default_factory=list)

    @property
    def workers(self) -> int:
        return self.executor.workers

    def map(self, task: Any, ranges: Any, merge: Callable[..., None], progress: Any = None) -> None:
        asked = list(ranges)
        self.cuts.append(len(asked))
        self.executor.map(task, asked, merge, progress)


@pytest.fixture
def cut(executor: DaskExecutor, monkeypatch: pytest.MonkeyPatch) -> Watching:
    """An executor whose tasks are cut into many ranges, of which the last is shorter."""
    monkeypatch.setattr(lead_runs, "BLOCK", 211)
    for kind in (PathsRun, OutcomeRun):
        monkeypatch.setattr(kind, "block_size", lambda self, trials, workers: 211)
    return Watching(executor)


DECISIONS: dict[str, Callable[..., Any]] = {
    "plan": leads_needed, "levers": levers, "stress": partial(stress, grid=None)
}  # fmt: skip


@pytest.mark.parametrize("ask", DECISIONS.values(), ids=DECISIONS)
def test_decisions_are_those_of_threads(cut: Watching, ask: Callable[..., Any]) -> None:
    here = face_of(ask(SCENARIO, trials=2003)).keys()
    with running_on(cut):
        assert face_of(ask(SCENARIO, trials=2003)).keys() == here
    assert -(-2003 // 211) in cut.cuts  # ten ranges, the last one of 104


def test_origins_of_a_backtest_are_found_by_workers_and_are_those_of_threads(
    executor: DaskExecutor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = made_history(days=260, per_day=2.0, seed=3)

    def told(**more: Any) -> str:
        return as_json(face_of(backtest(history, horizon=30, every=21, trials=100, by=["owner"], **more)).keys())

    class StopError(Exception):
        pass

    def stop(done: int, total: int) -> None:
        raise StopError

    here = told()
    monkeypatch.setattr(forecasters, "simulate", None)  # nothing is forecast in this process any more
    with running_on(executor):
        with pytest.raises(StopError):
            told(resume=tmp_path, progress=stop)
        assert len((tmp_path / checkpoint.NAME).read_text("utf-8").splitlines()) > 1
        seen: list[tuple[int, int]] = []
        assert told(resume=tmp_path, progress=lambda done, total: seen.append((done, total))) == here
        assert 1 < seen[0][0] < seen[-1][0] == seen[-1][1]  # it went on from what was kept


def test_jobs_of_a_batch_are_in_hand_together_and_give_what_they_do_alone(
    executor: DaskExecutor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, amount in (("north", 10), ("south", 12)):
        told = json.dumps({**SCENARIO, "amount": amount})
        (tmp_path / f"{name}.yaml").write_text(told, encoding="utf-8")
    (tmp_path / "bad.yaml").write_text("version: 1\n", encoding="utf-8")
    jobs, how = jobs_of([str(tmp_path)]), batch.HowToForecast(trials=TRIALS, seed=3)
    batch.run_batch(jobs, tmp_path / "alone", how)
    together = threading.Barrier(2)

    def met(*asked: Any, **more: Any) -> Any:
        together.wait(timeout=60)  # each waits for another that has begun
        return simulate(*asked, **more)

    monkeypatch.setattr(batch, "simulate", met)
    with running_on(executor):
        found = batch.run_batch(jobs, tmp_path / "out", how)
    assert [(job.name, job.state) for job in found.jobs] == [("bad", "failed"), ("north", "done"), ("south", "done")]
    for name in ("north", "south"):
        for file in ("forecast.json", "summary.csv"):
            assert (tmp_path / "out" / name / file).read_bytes() == (tmp_path / "alone" / name / file).read_bytes()


class Slow:
    """Square numbers, slowly; who made which range is written into a file of its own."""

    def __init__(self, folder: str, wait: float = 0.1) -> None:
        self.folder, self.wait = folder, wait

    def __call__(self, first: int, count: int) -> Any:
        from pathlib import Path

        time.sleep(self.wait)
        Path(self.folder, f"{first}-{os.getpid()}").touch()
        return np.arange(first, first + count) ** 2


class Refusing:
    def __call__(self, first: int, count: int) -> Any:
        raise InputError("no")


def squares(executor: Any, task: Slow, numbers: int = 60, size: int = 7, progress: Any = None) -> Any:
    found = np.full(numbers, -1)

    def merge(first: int, part: Any) -> None:
        found[first : first + len(part)] = part

    executor.map(task, ranges_of(0, numbers, size), merge, progress)
    return found


def test_a_worker_that_is_killed_and_one_that_is_added_change_nothing(
    executor: DaskExecutor, cluster: Any, tmp_path: Any
) -> None:
    want = squares(Threads(2), Slow(str(tmp_path), 0.0))
    log = tmp_path / "log"
    log.mkdir()

    def disturb() -> None:
        while not (made := list(log.iterdir())):
            time.sleep(0.01)
        killed.append(made[0].name.partition("-")[2])
        os.kill(int(killed[0]), signal.SIGKILL)
        cluster.scale(3)

    killed: list[str] = []
    thread = threading.Thread(target=disturb)
    thread.start()
    found = squares(executor, Slow(str(log), 0.3))
    thread.join()
    np.testing.assert_array_equal(found, want)
    makers = {path.name.partition("-")[2] for path in log.iterdir()}
    assert killed[0] in makers and len(makers) >= 2
    cluster.scale(2)


def test_an_interrupt_leaves_nothing_running(executor: DaskExecutor, client: Any, tmp_path: Any) -> None:
    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        squares(executor, Slow(str(tmp_path)), progress=interrupt)
    time.sleep(0.5)  # what runs ends with its range
    made = len(list(tmp_path.iterdir()))
    assert made < 9 and not any(client.processing().values())
    time.sleep(0.3)
    assert len(list(tmp_path.iterdir())) == made
    same(samples(), samples())


def test_what_a_worker_raises_is_raised_here(executor: DaskExecutor) -> None:
    with pytest.raises(InputError, match=r"^no$"):
        executor.map(Refusing(), [(0, 1)], lambda first, part: None)
