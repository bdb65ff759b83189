"""A progress bar on stderr, only for a person who would otherwise wait."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from simfunnel.cli.language import note, told_on
from simfunnel.progress import Progress
from simfunnel.wording.language import again, tell

PATIENCE = 0.4
"""Seconds before the bar appears: a run that is over by then shows none."""


def announce_compilation(*, quiet: bool) -> None:
    """Before the first run of a version compiles its kernels, say so, and start the process that helps."""
    from simfunnel.engine.jit import cache_folder
    from simfunnel.engine.run import beside

    folder = cache_folder()
    if folder is None or not any(folder.rglob("*.nbi")):
        beside.begin()
        if not quiet:
            note(tell("compiling the simulation kernels: once for this version, half a minute at most"))


@contextmanager
def progress_bar(label: str, *, quiet: bool, compiles: bool = True) -> Iterator[Progress | None]:
    """Give a callback (done, total) that draws a bar; None where nobody would see it."""
    if compiles:
        announce_compilation(quiet=quiet)
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    with told_on("stderr"):
        label = again(label)
    columns = (TextColumn(label), BarColumn(), TaskProgressColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    bar = Bar(*columns, console=Console(stderr=True), transient=True)
    task = bar.add_task(label, total=None)
    lock, shown, over = threading.Lock(), False, False

    def appear() -> None:
        nonlocal shown
        with lock:
            if not over:
                bar.start()
                shown = True

    def report(done: int, total: int) -> None:
        bar.update(task, completed=done, total=total)

    # by the clock and not by the first report: the first step of an exact forecast alone can take minutes
    timer = threading.Timer(PATIENCE, appear)
    timer.daemon = True
    timer.start()
    try:
        yield report
    finally:
        timer.cancel()
        with lock:
            over = True
        if shown:
            bar.stop()
