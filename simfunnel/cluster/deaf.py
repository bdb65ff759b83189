"""What a worker process of this machine runs first: Ctrl-C is for the command, which then ends its workers."""

from __future__ import annotations

import signal


def dask_setup(_worker: object) -> None:
    """Ignore Ctrl-C, which a terminal sends to every process of a command."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
