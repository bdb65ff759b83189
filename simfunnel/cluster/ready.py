"""What a worker process of this machine runs first.

Ctrl-C is for the command, which then ends its workers. What every task needs is imported while the command still reads
and compiles what it will hand out.
"""

from __future__ import annotations

import signal

signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to every process of a command

import simfunnel.engine.outcomes.run  # noqa: E402
import simfunnel.engine.paths.run  # noqa: E402
import simfunnel.forecast.counting  # noqa: E402, F401


def dask_setup(_worker: object) -> None:
    """Nothing is left to do: how Dask recognises what it is to load."""
