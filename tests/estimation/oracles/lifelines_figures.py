"""``python lifelines_figures.py``: the product limit by lifelines, in an environment of its own.

``--check`` writes nothing and fails if the stored figures differ.
"""

from __future__ import annotations

import json
import sys

import numpy as np
from data import HERE, made, store
from lifelines import KaplanMeierFitter


def figures() -> dict[str, object]:
    """Survival by age, for each case."""
    data = {key: np.array(values, dtype=float) for key, values in made().items()}
    found: dict[str, object] = {}
    for case in ("plain", "weights", "entry", "weights and entry"):
        fitter = KaplanMeierFitter().fit(
            data["age"], data["cause"] >= 0, entry=data["entry"] if "entry" in case else None,
            weights=data["weight"] if "weights" in case else None,
        )  # fmt: skip
        ages = np.unique(data["age"][data["cause"] >= 0])
        found[case] = {"age": ages.tolist(), "survival": fitter.survival_function_at_times(ages).tolist()}
    return found


if __name__ == "__main__":
    if "--check" in sys.argv:
        stored = json.loads((HERE / "figures.json").read_text("utf-8"))["figures"]["lifelines"]
        for case, values in figures().items():
            np.testing.assert_allclose(values["survival"], stored[case]["survival"], atol=1e-12)  # type: ignore[index]
        print("lifelines: as stored")
    else:
        store("lifelines", figures())
