from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from helpers import JIT
from hypothesis import HealthCheck, settings

settings.register_profile(
    "simfunnel",
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
settings.load_profile("simfunnel")


@pytest.fixture(autouse=True)
def _words_may_wrap() -> Iterator[None]:
    """Let 64-bit words wrap around where the kernels run as plain Python."""
    if JIT:
        yield
        return
    with np.errstate(over="ignore"):
        yield
