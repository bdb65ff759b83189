from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import SAMPLES

FILES = (
    "b2b_software/history.csv",
    "b2b_software/pipeline.csv",
    "starter/pipeline.csv",
    "zh_manufacturing/pipeline.csv",
)


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("generated")
    script = SAMPLES / "generate.py"
    subprocess.run([sys.executable, "-I", str(script), str(folder)], check=True, cwd=folder, timeout=120)
    return folder


@pytest.mark.parametrize("name", FILES)
def test_generator_writes_the_same_bytes_again(generated: Path, name: str) -> None:
    assert (generated / name).read_bytes() == (SAMPLES / name).read_bytes()


def test_generator_writes_every_table_and_nothing_else(generated: Path) -> None:
    written = sorted(p.relative_to(generated).as_posix() for p in generated.rglob("*") if p.is_file())
    assert written == list(FILES)
    assert sorted(p.relative_to(SAMPLES).as_posix() for p in SAMPLES.rglob("*.csv")) == list(FILES)
