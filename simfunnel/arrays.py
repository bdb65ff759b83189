"""The array types that the project speaks of, each once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Singles = npt.NDArray[np.float32]
"""Probabilities and normal scores in loops over trials: their error is near 1e-7, and twice as many fit a register."""
Complex = npt.NDArray[np.complex128]
Words = npt.NDArray[np.uint64]
"""64-bit words of the random generator."""
