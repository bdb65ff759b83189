"""Big runs, and forecasting again in a warm process."""

from __future__ import annotations

from typing import Any

from benchmarks.processes import job

EVERY = ["owner", "team", "segment", "source"]


def measure(*, quick: bool) -> dict[str, Any]:
    """Time and memory of big runs (in full mode), and of re-forecasts."""
    result: dict[str, Any] = {"runs": [], "reforecasts": []}
    if not quick:
        four = {"periods": 4}
        for title, deals, groups in (
            ("10,000 deals x 1,000,000 trials x 4 periods", 10_000, []),
            ("2,000 deals x 1,000,000 trials x 4 periods, by 10 owners", 2_000, ["owner"]),
        ):
            size = {"deals": deals, **four}
            found = job("big", kernel="outcomes", trials=1_000_000, size=size, groups=groups)
            result["runs"].append({"title": title, **found})
    for trials in (100_000, 20_000):
        for groups in ([], EVERY):
            found = job("reforecast", trials=trials, size={"deals": 1_000}, groups=groups, repeats=5 if quick else 11)
            title = f"1,000 deals x {trials:,} trials, " + ("by owner and segment" if groups else "overall")
            result["reforecasts"].append({"title": title, **found})
    repeats = 5 if quick else 11
    for trials in (100_000, 20_000):
        for moved in ("win_rate", "duration"):
            found = job("reforecast", trials=trials, size={"deals": 1_000}, groups=[], repeats=repeats, moved=moved)
            title = f"1,000 deals x {trials:,} trials, overall, {moved.replace('_', ' ')} moved"
            result["reforecasts"].append({"title": title, **found})
    found = job("reforecast", trials=100_000, size={"deals": 1_000}, groups=[], repeats=repeats, sample=100)
    result["reforecasts"].append({"title": "1,000 deals x 100,000 trials, overall, uncertain rates", **found})
    return result
