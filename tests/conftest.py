from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from browsers import axe, chromium
from helpers import JIT
from hypothesis import HealthCheck, settings

from simfunnel.engine.run.executor import available_processors

__all__ = ["axe", "chromium"]  # one browser in a process, for all who use one

settings.register_profile(
    "simfunnel",
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
settings.load_profile("simfunnel")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Give `-n auto` one more than there are processors: some tests wait, for a process, a signal or a moment."""
    return available_processors() + 1


@pytest.fixture(scope="session")
def data() -> Path:
    """Folder of the third-party data, which are no part of the project."""
    folder = Path(os.environ.get("SIMFUNNEL_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"third-party data not found in {folder}; set SIMFUNNEL_DATA to their folder")
    return folder


@pytest.fixture(autouse=True)
def _words_may_wrap() -> Iterator[None]:
    """Let 64-bit words wrap around where the kernels run as plain Python."""
    if JIT:
        yield
        return
    with np.errstate(over="ignore"):
        yield
