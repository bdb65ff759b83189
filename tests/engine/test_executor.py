"""Executors: the same parts for any, a failure stops the rest, and tasks travel."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import JIT, compiled

from benchmarks.funnel import Size, problem, scenario
from engine.test_twin import BOOK, LEADS, LINEAR, TWO, funnel
from simfunnel.engine.outcomes.run import OutcomeRun
from simfunnel.engine.paths.run import PathsRun
from simfunnel.engine.run.blocks import run_blocks
from simfunnel.engine.run.cancel import CancelledError, check
from simfunnel.engine.run.executor import Executor, Inline, Threads, executor_of, ranges_of
from simfunnel.engine.run.ledger import Ledger

EXECUTORS = [Inline(), Threads(1), Threads(3)]


@pytest.mark.parametrize("executor", EXECUTORS, ids=str)
def test_every_range_is_made_and_merged_once(executor: Executor) -> None:
    merged: dict[int, int] = {}
    seen: list[tuple[int, int]] = []
    executor.map(
        lambda first, count: first + count, ranges_of(5, 23, 4), merged.__setitem__, lambda *done: seen.append(done)
    )
    assert merged == {5: 9, 9: 13, 13: 17, 17: 21, 21: 25, 25: 28}
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert seen[-1] == (23, 23)


def test_parts_are_merged_in_the_order_in_which_they_are_done() -> None:
    """The first waits for the second: no queue holds a part back."""
    second_merged = threading.Event()
    order: list[int] = []

    def task(first: int, count: int) -> int:
        if first == 0:
            assert second_merged.wait(10)
        return count

    def merge(first: int, part: int) -> None:
        order.append(first)
        if first == 1:
            second_merged.set()

    Threads(2).map(task, ranges_of(0, 2, 1), merge)
    assert order == [1, 0]


@pytest.mark.parametrize("executor", EXECUTORS, ids=str)
def test_a_failure_drops_what_waits_and_cancels_what_runs(executor: Executor) -> None:
    begun = []

    def task(first: int, count: int) -> None:
        begun.append(first)
        if first == 0:
            raise ValueError("no")
        for _ in range(1000):  # ends by being cancelled
            threading.Event().wait(0.01)
            check()

    with pytest.raises(ValueError, match="no"):
        executor.map(task, ranges_of(0, 100, 1), lambda first, part: None)
    assert len(begun) < 20


def test_a_cancelled_caller_begins_no_other_range() -> None:
    from simfunnel.engine.run.cancel import cancellable

    cancel = threading.Event()
    with cancellable(cancel), pytest.raises(CancelledError):
        Inline().map(lambda first, count: cancel.set(), ranges_of(0, 10, 1), lambda first, part: None)


def test_one_thread_is_the_calling_one() -> None:
    """Inside a job there is no pool in a pool."""
    threads: list[int] = []
    executor_of(1).map(lambda first, count: threading.get_ident(), [(0, 1)], lambda _, part: threads.append(part))
    assert threads == [threading.get_ident()]


@pytest.mark.parametrize("kind", [PathsRun, OutcomeRun])
def test_a_task_travels_and_gives_the_same_bits(kind: type[PathsRun] | type[OutcomeRun]) -> None:
    model = compiled(funnel(LINEAR, BOOK, **TWO, leads=LEADS))
    task = kind.prepare(model, 7)
    there = pickle.loads(pickle.dumps(task))
    for one, other in zip(
        run_blocks(task, 3, 70, block=32), run_blocks(there, 3, 70, block=16, threads=1), strict=True
    ):
        assert np.array_equal(one, other)


@pytest.mark.skipif(not JIT, reason="the law of a thousand deals takes long in plain Python")
@pytest.mark.parametrize("kind", [PathsRun, OutcomeRun])
def test_a_task_of_a_thousand_deals_is_below_two_megabytes(kind: type[PathsRun] | type[OutcomeRun]) -> None:
    model = compiled(scenario(problem(Size(deals=1_000))))
    assert len(pickle.dumps(kind.prepare(model, 1))) < 2_000_000


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda a: a.astype(np.float32), "float32"),
        (lambda a: np.repeat(a, 2)[::2], "strides"),
        (lambda a: a.tolist(), "a list"),
        (lambda a: np.frombuffer(a.tobytes()), "not writable"),
    ],
    ids=["type", "order", "no array", "read-only"],
)
@pytest.mark.parametrize("kind", [PathsRun, OutcomeRun])
def test_tables_of_another_layout_are_refused(
    kind: type[PathsRun] | type[OutcomeRun], change: Callable[[Any], Any], found: str
) -> None:
    """A kernel would be compiled anew for them, or run several times slower without a word."""
    model = compiled(funnel(LINEAR, BOOK, **TWO))
    deals = model.deals._replace(weight=change(model.deals.weight))
    with pytest.raises(TypeError, match=rf"^Deals.weight: kernels read .* array of float64, found .*{found}"):
        replace(kind.prepare(model, 1), model=replace(model, deals=deals))


def test_ledgers_of_models_of_other_shapes_do_not_mix() -> None:
    """A thread uses the arrays of a block again: for blocks of the same shape alone, and emptied."""
    first, second = (compiled(funnel(LINEAR, BOOK[:n], **TWO)) for n in (3, 5))
    alone = [run_blocks(PathsRun.prepare(model, 1), 0, 40, threads=1) for model in (first, second)]
    tasks = [PathsRun.prepare(model, 1) for model in (first, second)]
    for at in (0, 20):
        for task, whole in zip(tasks, alone, strict=True):
            part: Ledger = task(at, 20)
            assert np.array_equal(part.open, whole.open[..., at : at + 20])


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("whole_group", [True, False])
def test_a_command_that_is_interrupted_does_not_wait_for_a_kernel_to_be_compiled(
    tmp_path: Path, whole_group: bool
) -> None:
    """Numba compiles the largest kernel for some seconds under one lock, and hears of nothing meanwhile."""
    scenario = Path(__file__).parents[2] / "scenarios" / "b2b_software" / "scenario.yaml"
    code = (  # whoever runs the tests may have had interrupts ignored
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
        "from simfunnel.cli import program; program()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, "run", str(scenario), "--trials", "1000", "--threads", "2"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        env={**os.environ, "SIMFUNNEL_CACHE_DIR": str(tmp_path)},
    ) as command:  # fmt: skip
        assert command.stderr is not None
        assert "compiling" in command.stderr.readline()
        time.sleep(1.5)
        (os.killpg if whole_group else os.kill)(command.pid, signal.SIGINT)
        _, told = command.communicate(timeout=60)
    assert command.returncode == 130 and "interrupted" in told and "Traceback" not in told
    assert not [path for path in tmp_path.rglob("*.nbi") if "new_leads_block" in path.name]
