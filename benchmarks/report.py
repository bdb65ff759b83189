"""Showing results: tables for people, and the facts of the machine they come from."""

from __future__ import annotations

import datetime as dt
import os
import platform
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

_PACKAGES = ("numpy", "numba", "scipy", "simpy", "simfunnel")


def machine() -> dict[str, Any]:
    """Facts of the machine and of the software; the packages are not imported."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "date": dt.datetime.now(tz=dt.UTC).date().isoformat(),
        "cpu": processor(),
        "processors": processors,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **{name: version(name) for name in _PACKAGES},
    }


def load() -> list[float] | None:
    """Average load of the machine in the last 1, 5 and 15 minutes."""
    return [round(x, 2) for x in os.getloadavg()] if hasattr(os, "getloadavg") else None


def processor() -> str:
    """Name of the processor."""
    path = Path("/proc/cpuinfo")
    if path.exists():
        lines = (line.partition(":") for line in path.read_text().splitlines())
        facts = {key.strip(): value.strip() for key, _, value in lines}
        name = facts.get("model name", "unknown")
        return f"{name}, family {facts['cpu family']} model {facts['model']}" if "cpu family" in facts else name
    return platform.processor() or "unknown"


def _table(title: str, headers: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    table = Table(title=title, title_justify="left")
    for i, header in enumerate(headers):
        table.add_column(header, justify="left" if i == 0 else "right", no_wrap=i == 0)
    for row in rows:
        table.add_row(*row)
    return table


def _print(*things: object) -> None:
    console = Console(width=150, highlight=False)
    for thing in things:
        console.print(thing)


def show_check(check: dict[str, Any]) -> None:
    """Show the answers of all engines."""
    answers = check["answers"]
    names = list(answers)
    rows = [
        [what, *(f"{answers[name][what][0]:,.4g} ±{answers[name][what][1]:.2g}" for name in names)]
        for what in answers[names[0]]
    ]
    verdict = "\n".join(check["problems"]) or "they agree"
    _print(_table("Answers (200 deals)", ["", *names], rows))
    _print(f"largest gap {check['largest_gap']:.1f} standard errors: {verdict}\n")


def rate(per_second: float) -> str:
    """Spell a rate with three digits."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if per_second >= size:
            return f"{per_second / size:.3g} {unit}/s"
    return f"{per_second:.3g} /s"


def number(x: float) -> str:
    """Spell a number with three digits, or all before the point."""
    return f"{x:,.0f}" if abs(x) >= 100 else f"{x:.3g}"


def engine_rows(engines: dict[str, Any]) -> list[list[str]]:
    """Rows of the table of engines."""
    return [
        [
            row["title"], row["threads"], rate(row["per_second"]), number(row["ns"]),
            "" if row["core_ns"] is None else number(row["core_ns"]), number(row["peak_mib"]),
            "" if row["core_times_numpy"] is None else number(row["core_times_numpy"]),
            *(number(row[f"times_{other}"]) for other in ("numpy", "numpy_2", "numpy_straight", "simpy")),
        ]
        for row in engines.values()
    ]  # fmt: skip


ENGINE_HEADERS = (
    "engine", "threads", "deal-trajectories", "ns each", "core ns", "peak MiB", "a core x NumPy",
    "x NumPy", "x NumPy, 2 processes", "x NumPy, straightforward", "x SimPy",
)  # fmt: skip


def show(section: str, results: dict[str, Any]) -> None:
    """Show one section."""
    found = results[section]
    if section == "engines":
        title = "One funnel, 2,000 open deals, five stages, three factors, two quarters"
        _print(_table(title, ENGINE_HEADERS, engine_rows(found)))
    elif section == "features":
        from benchmarks.sample_features import HEADERS as FEATURE_HEADERS
        from benchmarks.sample_features import rows as feature_rows

        _print(_table("What the sample has", FEATURE_HEADERS, feature_rows(found)))
    elif section == "scaling":
        for what, kernels in found.items():
            rows = [
                [f"{value:,}", *(f"{dict(map(tuple, kernels[kernel]))[value]:.3g}" for kernel in kernels)]
                for value, _ in next(iter(kernels.values()))
            ]
            unit = "ns" if what in ("trials", "threads") else "core ns"
            _print(_table(f"{unit} per deal-trajectory, growing {what}", [what, *kernels], rows))
    elif section == "commands":
        _print(_table("Whole commands", ["", "min", "median"], command_rows(found)))
        rows = [[name, f"{value:.0f}"] for name, value in found["imports"].items() if value >= 0.05]
        rows.append(["all", f"{sum(found['imports'].values()):.0f}"])
        _print(_table("Imports of run --json, ms of their own", ["package", "ms"], rows))
    elif section == "big":
        _print(_table("Big runs and re-forecasts", ["", "seconds", "of these simulate", "peak MiB"], big_rows(found)))
    elif section == "exact":
        from benchmarks.exact import HEADERS
        from benchmarks.exact import rows as exact_rows

        _print(_table("Exact", HEADERS, exact_rows(found)))
    else:
        rows = [[what.replace("_", " "), f"{value:.3g}"] for what, value in found.items()]
        _print(_table("Bounds, one core: ns per draw, ns and bytes per deal-trial", ["", ""], rows))
        if "engines" in results:
            bound = max(found["trial_state"], found["memory"])
            share = bound / results["engines"]["outcomes_1"]["core_ns"]
            _print(f"outcomes works at {100 * share:.0f} % of the larger bound ({bound:.3g} ns)")


def command_rows(found: dict[str, Any]) -> list[list[str]]:
    """Rows of the table of commands."""
    rows = [["first run, nothing compiled yet, 1,000 deals x 100,000 trials", f"{found['cold_run']:.2f} s", ""]]
    for key, title in (
        ("warm_run", "run --json, 1,000 deals x 100,000 trials"),
        ("warm_run_table", "run, 1,000 deals x 100,000 trials"),
        ("warm_plan", "plan --json, 400 deals"),
        ("warm_stress", "stress --json, 400 deals, a grid of 21 x 21"),
        ("sample_plan", "plan --json, the bundled sample, about 400 open deals"),
        ("sample_stress", "stress --json, the bundled sample, a grid of 21 x 21"),
        ("help", "--help"),
    ):
        if key not in found:  # a recorded run from before the command
            continue
        rows.append([title, f"{found[key]['min']:.3f} s", f"{found[key]['median']:.3f} s"])
    for kernel, slope in found["slopes"].items():
        title = f"run --json --kernel {kernel}: slope over trials, 2,000 deals, by owner and segment"
        rows.append([title, f"{slope['ns']:.3g} ns", rate(1e9 / slope["ns"])])
    return rows


def big_rows(found: dict[str, Any]) -> list[list[str]]:
    """Rows of the table of big runs and re-forecasts."""
    rows = [
        [row["title"], f"{row['seconds']:.2f}", f"{row['simulate']:.2f}", f"{row['peak_mib']:,.0f}"]
        for row in found["runs"]
    ]
    for row in found["reforecasts"]:
        seconds = f"{row['seconds']:.3f} (median {row['median']:.3f})"
        rows.append([f"again: {row['title']}", seconds, f"{row['simulate']:.3f}", ""])
    return rows
