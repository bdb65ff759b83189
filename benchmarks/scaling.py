"""Cost against size: one thing grows, the others stay at 1,000 deals, five stages, two quarters, ten owners."""

from __future__ import annotations

from typing import Any

from benchmarks.processes import job

KERNELS = ("paths", "outcomes")
_SIZES: dict[str, list[dict[str, Any]]] = {
    "deals": [{"deals": n} for n in (100, 1_000, 10_000)],
    "stages": [{"stages": n} for n in (1, 2, 5, 10)],
    "periods": [{"periods": n, "unit": "month"} for n in (1, 3, 6, 12)],
    "owners": [{"owners": n} for n in (0, 10, 100)],
}


def measure(*, quick: bool) -> dict[str, Any]:
    """Nanoseconds for each deal-trajectory, as {table: {kernel: [[value, ns], ...]}}.

    Of core time; of wall time for trials and threads.
    """
    result: dict[str, Any] = {}
    repeats = 2 if quick else 3
    low, high = (5_000, 25_000) if quick else (10_000, 60_000)
    for kernel in KERNELS:
        factor = 10 if kernel == "outcomes" else 1
        for what, sizes in _SIZES.items():
            chosen = [size for size in sizes if not (quick and size.get("deals") == 10_000)]
            rows = []
            for size in chosen:
                deals = size.get("deals", 1_000)
                more = 2 if size.get("owners", 0) >= 100 else factor  # a hundred groups: the results take gigabytes
                trials = (low * min(more, factor) * 1_000 // deals, high * min(more, factor) * 1_000 // deals)
                found = job(
                    "slope", engine=kernel, trials=trials, repeats=repeats, sizes=[{"deals": 1_000, **size}],
                    groups=["owner"] if what == "owners" else [],
                )  # fmt: skip
                rows.append([size[what], found["rows"][0]["core_ns"]])
            result.setdefault(what, {})[kernel] = rows
        counts = [10_000, 100_000] if quick else [10_000, 100_000, 1_000_000]
        found = job("wall", engine=kernel, trials=counts, repeats=repeats - 1, size={"deals": 1_000})
        result.setdefault("trials", {})[kernel] = [[row["trials"], row["ns"]] for row in found["rows"]]
        rows = []
        for threads in (1, 2):
            found = job(
                "slope", engine=kernel, trials=(low * factor, high * factor), repeats=repeats,
                sizes=[{"deals": 1_000}], threads=threads,
            )  # fmt: skip
            rows.append([threads, found["rows"][0]["ns"]])
        result.setdefault("threads", {})[kernel] = rows
    return result
