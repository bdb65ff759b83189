from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import SAMPLES

FOLDERS = ("b2b_software", "zh_manufacturing", "starter")


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("generated")
    script = SAMPLES / "generate.py"
    subprocess.run([sys.executable, "-I", str(script), str(folder)], check=True, cwd=folder, timeout=120)
    return folder


@pytest.mark.parametrize("name", FOLDERS)
def test_generator_writes_the_same_bytes_again(generated: Path, name: str) -> None:
    assert (generated / name / "pipeline.csv").read_bytes() == (SAMPLES / name / "pipeline.csv").read_bytes()


def test_generator_writes_every_table_and_nothing_else(generated: Path) -> None:
    written = sorted(p.relative_to(generated).as_posix() for p in generated.rglob("*") if p.is_file())
    assert written == sorted(f"{name}/pipeline.csv" for name in FOLDERS)
    assert sorted(p.parent.name for p in SAMPLES.rglob("*.csv")) == sorted(FOLDERS)
