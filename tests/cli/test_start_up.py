"""What a command imports: help is instant only while it imports nothing heavy."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("numba", "numpy", "pandas", "scipy", "matplotlib", "pydantic", "ruamel", "rich")


def imported(*arguments: str) -> set[str]:
    """Top-level and second-level modules imported by a command line."""
    code = (
        "import sys; sys.argv = ['simfunnel', *sys.argv[1:]]\n"
        "from simfunnel.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print('\\n'.join(sorted(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    return set(done.stderr.split())


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["--version"], ["run", "--help"], ["plot", "--help"], ["init", "--help"], ["validate", "--help"],
     ["schema", "--help"], ["cache", "--help"], ["plan", "--help"], ["levers", "--help"], ["compare", "--help"],
     ["stress", "--help"]],
)  # fmt: skip
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    modules = imported(*arguments)
    assert not modules & set(HEAVY)


COMPILES = "numba.np.arraymath"
"""A module that Numba compiles with."""
COMPUTING = {"numpy", "numba", "pandas", "scipy", "matplotlib"}


def test_init_and_schema_never_import_what_computes(tmp_path: Path) -> None:
    for arguments in (["init", str(tmp_path / "new")], ["schema"]):
        assert not imported(*arguments) & COMPUTING


def test_a_scenario_that_is_refused_is_so_before_anything_that_computes_is_imported(tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(
        "version: 1\nas_of: 2027-01-01\nperiods: {unit: quarter, count: 2}\n"
        "stages:\n  - {name: A, conversion: 0.4, duration: {lognormal: {median: 20, p90: 6}}}\n",
        encoding="utf-8",
    )
    modules = imported("validate", str(path))
    assert "simfunnel.families.lognormal.written" in modules
    assert not modules & (COMPUTING | {"simfunnel.families.gamma.written"})


def test_run_json_imports_neither_statistics_nor_plots_nor_pandas(folder: Path) -> None:
    modules = imported("run", "scenario.yaml", "--json", "--trials", "100")
    assert "numba" in modules
    assert not modules & {"scipy.stats", "matplotlib", "pandas", "pyarrow", "openpyxl"}


@pytest.mark.parametrize("command", ["plan", "levers"])
def test_planning_json_imports_neither_plots_nor_tables(folder: Path, command: str) -> None:
    modules = imported(command, "scenario.yaml", "--json", "--trials", "100")
    assert not modules & {"scipy.stats", "matplotlib", "pandas", "rich"}


def test_validate_does_not_import_numba(folder: Path) -> None:
    assert not imported("validate", "scenario.yaml") & {"numba", "matplotlib", "pandas", "scipy"}


def test_a_run_of_lognormal_durations_never_imports_scipy_s_functions(tmp_path: Path) -> None:
    path = tmp_path / "plain.yaml"
    path.write_text(
        "version: 1\nas_of: 2027-01-01\nperiods: {unit: quarter, count: 2}\n"
        "stages:\n  - {name: A, conversion: 0.4, duration: {lognormal: {median: 20, p90: 60}}}\n"
        "pipeline:\n  opportunities:\n    - {id: d1, stage: A, age: 3, amount: 100}\n",
        encoding="utf-8",
    )
    for method in ("simulate", "exact"):
        modules = imported("run", str(path), "--json", "--method", method)
        if COMPILES in modules:  # with kernels that are kept since then, it is not
            modules = imported("run", str(path), "--json", "--method", method)
        assert "numba" in modules
        assert not modules & {"scipy.special", "scipy.linalg", COMPILES}


def test_a_program_of_its_own_finds_numba_whole() -> None:
    code = (
        "import numpy as np, numba\nfrom simfunnel.engine.jit import load_numba\nload_numba()\n"
        "product = numba.njit(lambda a, b: a @ b)\n"
        "print(product(np.eye(2), np.ones((2, 2))).sum())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "4.0"


@pytest.mark.parametrize(("argument", "expected"), [("--version", 0), ("nonsense", 2)])
def test_a_process_ends_with_its_code_after_all_that_was_left_to_do(argument: str, expected: int) -> None:
    code = (
        "import atexit, sys\natexit.register(print, 'cleaned up', flush=True)\nsys.argv = ['simfunnel', sys.argv[1]]\n"
        "from simfunnel.cli import program\nprogram()\nprint('never reached')"
    )
    done = subprocess.run([sys.executable, "-c", code, argument], capture_output=True, text=True, check=False)
    assert done.returncode == expected
    assert done.stdout.splitlines()[-1] == "cleaned up"


def test_a_shell_completes_commands_and_options(tmp_path: Path) -> None:
    def completed(*words: str) -> set[str]:
        asked = {"_SIMFUNNEL_COMPLETE": "bash_complete"}
        asked |= {"COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)}
        # the shell asks the script by its name: the module has another
        code = "import sys; sys.argv[0] = 'simfunnel'; from simfunnel.cli import main; main()"
        done = subprocess.run([sys.executable, "-c", code], env={**os.environ, **asked}, cwd=tmp_path,
                              capture_output=True, text=True, check=True)  # fmt: skip
        return {line.partition(",")[2] for line in done.stdout.splitlines()}

    assert completed("simfunnel", "com") == {"compare"}
    assert {"--trials", "--target"} <= completed("simfunnel", "run", "--t")
