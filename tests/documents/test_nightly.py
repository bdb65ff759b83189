"""The recipe for every night: its commands are those that there are, and its script does what the page says."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import JIT

from simfunnel.cli import main

from .blocks import ROOT, blocks
from .test_pages import refused

PAGE = ROOT / "docs" / "howto" / "nightly.md"


def titled(name: str) -> str:
    (text,) = [block.text for block in blocks(PAGE) if block.title == name]
    return text


def test_commands_of_the_recipe_are_those_that_there_are() -> None:
    lines = [
        line.removeprefix("RUN ") for name in ("nightly.sh", "Containerfile") for line in titled(name).splitlines()
    ]
    asked = [shlex.split(line) for line in lines if line.startswith("simfunnel ")]
    assert len(asked) == 4
    for _, *words in asked:
        assert not (wrong := refused(words)), f"{words}: {wrong}"


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix" or not JIT, reason="a shell, and a process of its own that compiles")
def test_a_night_and_the_next_and_one_without_an_export(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["simfunnel", "init", str(tmp_path)])
    with pytest.raises(SystemExit):
        main()
    (tmp_path / "pipeline.csv").rename(tmp_path / "of_the_crm.csv")
    (tmp_path / "nightly.sh").write_text(titled("nightly.sh"), encoding="utf-8")
    command = tmp_path / "bin" / "simfunnel"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m simfunnel "$@"\n', encoding="utf-8")
    command.chmod(0o755)

    def night(day: str, export: str) -> subprocess.CompletedProcess[str]:
        paths = {"PATH": f"{command.parent}:{os.environ['PATH']}", "PYTHONPATH": os.pathsep.join(sys.path)}
        return subprocess.run(
            ["sh", "nightly.sh", day], cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False,
            env={**os.environ, **paths, "EXPORT_URL": (tmp_path / export).as_uri()},
        )  # fmt: skip

    for day in ("2027-01-11", "2027-01-12", "2027-01-12"):
        done = night(day, "of_the_crm.csv")
        assert done.returncode == 0, done.stderr
        assert (tmp_path / "results" / day / "forecast.json").is_file() and (tmp_path / "report.html").is_file()
    before = (tmp_path / "report.html").read_bytes()
    failed = night("2027-01-13", "nothing.csv")
    assert failed.returncode != 0 and "curl" in failed.stderr
    assert (tmp_path / "report.html").read_bytes() == before and not (tmp_path / "results" / "2027-01-13").exists()
    listed = subprocess.run(
        [str(command), "store", "list"], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout  # fmt: skip
    assert listed.startswith("2 snapshots")
