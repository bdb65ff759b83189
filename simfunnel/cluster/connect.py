"""Reaching a Dask cluster, and refusing one whose workers would give other numbers."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any

from simfunnel.cluster.executor import DaskExecutor, StartingExecutor
from simfunnel.engine.run.executor import Executor, running_on
from simfunnel.errors import InputError, SurroundingsError
from simfunnel.version import __version__

if TYPE_CHECKING:
    from distributed import Client

MOST_LOCAL = 256
"""Worker processes that may be asked for on this machine."""
PATIENCE = 10.0
"""Seconds to wait for a scheduler, and then for its first worker."""
_LOCAL = re.compile(r"local:(\d+)")
_REMOTE = re.compile(r"(tcp|tls|ws|wss)://[^\s/]+:\d+")


@contextmanager
def on_cluster(address: str | None) -> Iterator[None]:
    """Run trials on a cluster.

    Parameters
    ----------
    address
        ``tcp://HOST:PORT`` or ``tls://HOST:PORT`` of a scheduler; ``local:N`` for N processes of this machine; None
        changes nothing.

    Raises
    ------
    InputError
        If the address is none, or `distributed` is not installed.
    SurroundingsError
        If nobody answers there, or workers have another version of simfunnel or of what its numbers rest on.
    """
    if address is None:
        yield
        return
    local = _LOCAL.fullmatch(address)
    if local is None and not _REMOTE.fullmatch(address):
        raise InputError(
            f"--cluster: expected the address of a scheduler such as tcp://host:8786, or local:N for N processes of "
            f"this machine, found '{address}'"
        )
    if local is not None and not 1 <= int(local[1]) <= MOST_LOCAL:
        raise InputError(f"--cluster: expected between 1 and {MOST_LOCAL} processes, found '{address}'")
    try:
        import distributed  # noqa: F401
    except ImportError:
        raise InputError("--cluster needs Dask, which is not installed: pip install 'simfunnel[cluster]'") from None
    there = _processes(address, int(local[1])) if local is not None else _scheduler(address)
    with there as executor, running_on(executor):
        yield


@contextmanager
def _processes(address: str, number: int) -> Iterator[Executor]:
    """Worker processes of this machine; they start while the caller reads and compiles what they are to run."""
    with ExitStack() as running, ThreadPoolExecutor(1) as aside:
        starting = aside.submit(_started, address, number, running)
        yield StartingExecutor(starting, number)


def _started(address: str, number: int, running: ExitStack) -> DaskExecutor:
    from distributed import Client, LocalCluster

    cluster = running.enter_context(
        LocalCluster(
            n_workers=number,
            threads_per_worker=1,
            dashboard_address="127.0.0.1:0",
            silence_logs=50,
            preload=["simfunnel.cluster.ready"],
        )
    )
    client = Client(cluster, direct_to_workers=True, set_as_default=False)  # the default one is that of a thread
    running.callback(client.close)
    return _asked(client, address)


@contextmanager
def _scheduler(address: str) -> Iterator[Executor]:
    from distributed import Client

    try:
        client = Client(address, timeout=PATIENCE)
    except (OSError, TimeoutError) as error:
        raise SurroundingsError(f"no scheduler answers at {address}: {error}") from None
    try:
        yield _asked(client, address)
    finally:
        with suppress(TimeoutError):  # a lost scheduler says no goodbye
            client.close(timeout=PATIENCE if client.status == "running" else 0.1)


def _asked(client: Client, address: str) -> DaskExecutor:
    """Executor on workers each of which computes what we would."""
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError:
        raise SurroundingsError(f"the cluster {address} has no workers") from None
    try:
        found = client.run(versions, on_error="return")
    except OSError as error:
        raise SurroundingsError(f"the scheduler of the cluster {address} was lost: {error}") from None
    own = versions()
    for worker, theirs in found.items():
        if isinstance(theirs, ModuleNotFoundError):
            raise SurroundingsError(f"the worker {worker} of {address} has no simfunnel: install {__version__} there")
        if isinstance(theirs, BaseException):
            raise SurroundingsError(f"the worker {worker} of {address} cannot be asked for its versions: {theirs}")
        other = [f"{name} {theirs.get(name)}, here {value}" for name, value in own.items() if theirs.get(name) != value]
        if other:
            raise SurroundingsError(
                f"the worker {worker} of {address} would give other numbers: it has {'; '.join(other)}"
            )
    return DaskExecutor(client, address, max(int(sum(client.nthreads().values())), 1))


def versions() -> dict[str, Any]:
    """What the numbers of this process rest on."""
    import numba
    import numpy

    from simfunnel.engine.jit import current_key

    return {
        "simfunnel": __version__, "kernels": current_key(), "numpy": numpy.__version__, "numba": numba.__version__,
        "machine": platform.machine(),
    }  # fmt: skip
