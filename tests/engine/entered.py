"""Parts of kernels with a way in from Python: only kernels can call them as they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from simfunnel.engine.jit import kernel

F = TypeVar("F", bound=Callable[..., object])


def entered(part: F) -> F:
    """Compile a part as a kernel of its own."""
    return kernel(getattr(part, "py_func", part))
