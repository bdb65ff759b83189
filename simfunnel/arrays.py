"""The array types that the project speaks of, each once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Complex = npt.NDArray[np.complex128]
Words = npt.NDArray[np.uint64]
"""64-bit words of the random generator."""
