"""The project's speed targets, and whether a run has met them."""

from __future__ import annotations

from typing import Any, NamedTuple


class Verdict(NamedTuple):
    """One target."""

    target: str
    measured: str
    met: bool


def verdicts(results: dict[str, Any]) -> list[Verdict]:
    """Compare the sections that a run has with the targets."""
    found: list[Verdict] = []

    def least(target: str, value: float, bound: float, unit: str = "x") -> None:
        found.append(Verdict(target, f"{value:,.3g} {unit}", value >= bound))

    def most(target: str, value: float, bound: float, unit: str = "s") -> None:
        found.append(Verdict(target, f"{value:,.3g} {unit}", value < bound))

    if "engines" in results:
        paths, outcomes = results["engines"]["paths"], results["engines"]["outcomes"]
        least("paths, all processors: 8 x NumPy by an expert, one process", paths["times_numpy"], 8)
        least("paths, all processors: 8 x NumPy, straightforward", paths["times_numpy_straight"], 8)
        least("paths: 1,000 x SimPy", paths["times_simpy"], 1000)
        least("paths: 60 million deal-trajectories a second", paths["per_second"] / 1e6, 60, "million/s")
        least("outcomes: 1,000 million a second", outcomes["per_second"] / 1e6, 1000, "million/s")
        least("outcomes: 100 x NumPy by an expert, one process", outcomes["times_numpy"], 100)
        least("outcomes: 100 x NumPy, straightforward", outcomes["times_numpy_straight"], 100)
    if "commands" in results:
        most("--help below 0.2 s", results["commands"]["help"]["median"], 0.2)
        most("run, 1,000 deals x 100,000 trials, warm, below 1.5 s", results["commands"]["warm_run"]["median"], 1.5)
        if "warm_plan" in results["commands"]:
            most("plan, 400 deals, warm, below 2 s", results["commands"]["warm_plan"]["median"], 2)
            most(
                "stress, 400 deals, a grid of 21 x 21, warm, below 8 s", results["commands"]["warm_stress"]["median"], 8
            )
        slope = results["commands"]["slopes"]["outcomes"]["ns"]
        least("the whole command, outcomes: 1,000 million a second", 1e3 / slope, 1000, "million/s")
    if "exact" in results:
        small, large = results["exact"]["books"]
        most("exact, 1,000 deals, one market factor, two periods, warm, below 0.3 s", small["seconds"], 0.3)
        most("the same, 10,000 deals, below 3 s", large["seconds"], 3)
    if "big" in results:
        if results["big"]["runs"]:
            run = results["big"]["runs"][0]
            most("10,000 deals x 1,000,000 trials x 4 periods below 15 s", run["seconds"], 15)
            most("the same below 1 GiB", run["peak_mib"] / 1024, 1, "GiB")
        large, _, small, _, *moved = results["big"]["reforecasts"]
        most("again, 1,000 deals x 100,000 trials, overall, below 0.15 s", large["seconds"], 0.15)
        most("again, 1,000 deals x 20,000 trials, overall, below 0.05 s", small["seconds"], 0.05)
        if moved:
            slowest = max(row["seconds"] for row in moved[:2])
            most("the same with an assumption moved: 100,000 trials below 0.15 s", slowest, 0.15)
            slowest = max(row["seconds"] for row in moved[2:4])
            most("the same with an assumption moved: 20,000 trials below 0.05 s", slowest, 0.05)
    return found


def spread(results: dict[str, Any], what: str, kernel: str) -> float:
    """Largest over least cost for each deal-trajectory in a scaling table: 1 is exactly linear."""
    values = [ns for _, ns in results["scaling"][what][kernel]]
    return float(max(values) / min(values))
