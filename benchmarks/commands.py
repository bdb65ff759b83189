"""Whole commands: what a person at a terminal waits for."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.funnel import Size, write_scenario
from benchmarks.processes import ROOT, command, commands, environment

PACKAGES = ("numpy", "numba", "llvmlite", "pandas", "scipy", "pydantic", "pydantic_core", "rich", "click", "ruamel",
            "matplotlib", "simfunnel")  # fmt: skip
STRESS = ("--each", "stage")
"""With this the benchmark funnel has 24 assumptions."""
SAMPLE = str(ROOT / "scenarios" / "b2b_software" / "scenario.yaml")
"""The bundled sample: segments, owners, all kinds of uncertainty."""
_LINE = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s*(\S+)")


def measure(*, quick: bool) -> dict[str, Any]:
    """Times of commands, and what their imports cost."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        return _measure(folder, quick=quick)


def _measure(folder: Path, *, quick: bool) -> dict[str, Any]:
    kernels = {"SIMFUNNEL_CACHE_DIR": str(folder / "kernels")}
    for deals in (400, 1_000, 2_000):
        (folder / str(deals)).mkdir()
    small = str(write_scenario(folder / "1000", Size(deals=1_000)))
    large = str(write_scenario(folder / "2000", Size()))
    middle = with_leads(write_scenario(folder / "400", Size(deals=400)))
    command(["--help"])
    command(["run", small, "--json", "--trials", "1000"])  # the byte code of everything that a run imports
    cold = command(["run", small, "--json", "--trials", "100000"], kernels)
    for planning in (["plan", middle, "--json"], ["stress", middle, "--json", *STRESS]):
        command([*planning, "--trials", "1000"], kernels)
    for name in ("plan", "stress"):
        command([name, SAMPLE, "--json", "--trials", "1000"], kernels)
    result: dict[str, Any] = {
        "cold_run": cold,
        "warm_run": commands(["run", small, "--json", "--trials", "100000"], 7, kernels),
        "warm_run_table": commands(["run", small, "--trials", "100000"], 7, kernels),
        "warm_plan": commands(["plan", middle, "--json"], 3 if quick else 7, kernels),
        "warm_stress": commands(["stress", middle, "--json", *STRESS], 3 if quick else 7, kernels),
        "sample_plan": commands(["plan", SAMPLE, "--json"], 3 if quick else 7, kernels),
        "sample_stress": commands(["stress", SAMPLE, "--json"], 3 if quick else 7, kernels),
        "help": commands(["--help"], 15, kernels),
        "imports": _imports(small),
        "slopes": {},
    }
    for kernel, trials in (("paths", (10_000, 60_000)), ("outcomes", (100_000, 600_000))):
        low, high = trials if quick else (trials[0] * 2, trials[1] * 2)
        asked = ["run", large, "--json", "--kernel", kernel, "--trials"]
        command([*asked, "1000"], kernels)
        seconds = [min(command([*asked, str(n)], kernels) for _ in range(2 if quick else 3)) for n in (low, high)]
        ns = (seconds[1] - seconds[0]) / (high - low) / 2_000 * 1e9
        result["slopes"][kernel] = {"trials": [low, high], "seconds": seconds, "ns": ns}
    return result


def with_leads(path: Path) -> str:
    """Add two lead sources, from which plans start: 35 leads a week, of two segments."""
    content = json.loads(path.read_text(encoding="utf-8"))
    amount = {"lognormal": {"median": 20_000, "p90": 60_000}}
    content["leads"] = [
        {"name": name, "stage": content["stages"][0]["name"], "rate": {"per": "week", "mean": mean}, "amount": amount}
        for name, mean in (("inbound", 25), ("outbound", 10))
    ]
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")
    return str(path)


def _imports(scenario: str) -> dict[str, float]:
    """Milliseconds spent in the modules of each package by ``run --json``, least of three runs; from -X importtime."""
    best: dict[str, float] = {}
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, "-X", "importtime", "-m", "simfunnel", "run", scenario, "--json", "--trials", "1000"],
            cwd=ROOT, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True,
        )  # fmt: skip
        found = dict.fromkeys((*PACKAGES, "standard library and others"), 0.0)
        for microseconds, module in _LINE.findall(done.stderr):
            top = module.partition(".")[0]
            found[top if top in PACKAGES else "standard library and others"] += int(microseconds) / 1000
        if not best or sum(found.values()) < sum(best.values()):
            best = found
    return best
