"""What the README's two commands take: ``python -m benchmarks.readme_commands``, some minutes on an idle machine.

Each runs as it stands in the README, in a fresh copy of the checkout with an empty kernel cache. Packages come from
pip's cache where it has them, else from the network; with ``--cold`` all from the network.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
SECONDS_BETWEEN_LOOKS = 0.1
PAGE = os.sysconf("SC_PAGE_SIZE")


def commands_of_readme() -> list[str]:
    """Blocks of the shell, from top to bottom."""
    return re.findall(r"^```sh\n(.*?)^```", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)


def measure(command: str, *, cold: bool) -> dict[str, Any]:
    """Seconds, peak memory of all processes together, and disk, of one command."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        checkout, kernels = folder / "checkout", folder / "kernels"
        subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(checkout)], check=True)
        before = _bytes_in(checkout)
        surroundings = {**os.environ, "SIMFUNNEL_CACHE_DIR": str(kernels), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
        surroundings.pop("PYTHONPATH", None)
        if cold:
            surroundings["PIP_CACHE_DIR"] = str(folder / "pip")
        began = time.perf_counter()
        running = subprocess.Popen(
            ["bash", "-euo", "pipefail", "-c", command],
            cwd=checkout, env=surroundings, stdout=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        peak = 0
        while running.poll() is None:
            peak = max(peak, _memory_of_session(running.pid))
            time.sleep(SECONDS_BETWEEN_LOOKS)
        seconds = time.perf_counter() - began
        disk = _bytes_in(checkout) - before + _bytes_in(kernels)
        return {
            "command": command.strip(), "exit_code": running.returncode, "seconds": round(seconds, 1),
            "peak_mib": round(peak / 2**20), "disk_mib": round(disk / 2**20),
            "kernels_mib": round(_bytes_in(kernels) / 2**20),
            "cold": cold, "load": os.getloadavg()[0],
        }  # fmt: skip


def _memory_of_session(session: int) -> int:
    """Bytes that the processes of a session hold, each as the system shares them out (Pss), else resident."""
    total = 0
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if os.getsid(int(entry.name)) == session:
                    total += _memory(entry)
            except (OSError, ValueError):
                continue
    return total


def _memory(process: Path) -> int:
    try:
        found = re.search(r"^Pss:\s+(\d+) kB", (process / "smaps_rollup").read_text(), re.MULTILINE)
        return int(found[1]) * 1024 if found else 0
    except OSError:
        return int((process / "statm").read_text().split()[1]) * PAGE


def _bytes_in(folder: Path) -> int:
    return sum(p.lstat().st_blocks * 512 for p in folder.rglob("*") if not p.is_symlink()) if folder.exists() else 0


def main() -> None:
    """Measure both, or the one that is named, and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", type=int, choices=[1, 2], help="the first or the second command alone")
    parser.add_argument("--cold", action="store_true", help="packages from the network, none from pip's cache")
    given = parser.parse_args()
    if shutil.which("git") is None:
        parser.error("git is needed, to make fresh copies of the checkout")
    for number, command in enumerate(commands_of_readme(), 1):
        if given.only in (None, number):
            print(json.dumps(measure(command, cold=given.cold), indent=2), flush=True)


if __name__ == "__main__":
    main()
