"""``python data.py``: the data of the figures: ages in whole days (ties), two causes, late entry, whole weights."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent


def made() -> dict[str, list[float]]:
    """Sixty deals from a seeded generator."""
    rng = np.random.default_rng(20270104)
    age = rng.integers(1, 25, 60)
    entry = np.where(rng.random(60) < 0.4, np.minimum(rng.integers(1, 12, 60), age - 1), 0)
    return {
        "age": age.tolist(), "cause": rng.choice([-1, 0, 1], 60, p=[0.25, 0.35, 0.4]).tolist(),
        "entry": entry.tolist(), "weight": rng.integers(1, 5, 60).tolist(),
    }  # fmt: skip


def store(source: str, figures: dict[str, object]) -> None:
    """Write the figures of one source beside those of the others."""
    path = HERE / "figures.json"
    stored = json.loads(path.read_text("utf-8")) if path.exists() else {"figures": {}}
    stored["data"] = made()
    stored["figures"][source] = figures
    path.write_text(json.dumps(stored, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    print(json.dumps(made()))
