"""The command line on terminals, pipes and disks that do not take what it says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from cli.conftest import DEALS

from simfunnel.cli.streams import say_json

RUN = f"{sys.executable} -m simfunnel run scenario.yaml --trials 200"
CHECK = f"{sys.executable} -m simfunnel validate scenario.yaml"
SCHEMA = f"{sys.executable} -m simfunnel schema"
posix = pytest.mark.skipif(os.name != "posix", reason="shells and devices are POSIX")
pytestmark = posix


def shell(command: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run a line of bash; the exit code is that of the first command of a pipe."""
    line = f"set -o pipefail; {command}; exit ${{PIPESTATUS[0]}}"
    env = {**os.environ, **environment}
    return subprocess.run(["bash", "-c", line], capture_output=True, timeout=120, check=False, env=env)


def quiet(done: subprocess.CompletedProcess[bytes]) -> None:
    assert b"Traceback" not in done.stderr
    assert b"internal error" not in done.stderr
    assert b"Exception ignored" not in done.stderr


@pytest.mark.parametrize(
    ("command", "reader"),
    [(RUN, "| true"), (f"{RUN} --json", "| head -1"), (SCHEMA, "| true"), (SCHEMA, ">&-"), (CHECK, "| true"),
     (CHECK, ">&-"), (f"{CHECK} --json", "| true"), (f"{sys.executable} -m simfunnel run --help", "| true")],
)  # fmt: skip
def test_a_reader_who_has_gone_is_no_failure(folder: Path, command: str, reader: str) -> None:
    done = shell(f"{command} {reader}")
    quiet(done)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize("command", [RUN, f"{CHECK} --json", SCHEMA, f"{sys.executable} -m simfunnel --help"])
def test_a_full_disk_is_one_sentence(folder: Path, command: str) -> None:
    done = shell(f"{command} > /dev/full")
    quiet(done)
    assert done.returncode == 1
    assert done.stderr.decode().count("\n") == 1
    assert b"the output cannot be written: No space left" in done.stderr


@pytest.mark.parametrize("stderr", ["2>&-", "2>/dev/full", "2> >(true)"])
def test_where_stderr_cannot_be_written_the_exit_code_still_tells(folder: Path, stderr: str) -> None:
    assert shell(f"{sys.executable} -m simfunnel validate nothing.yaml {stderr}").returncode == 2
    done = shell(f"{CHECK} --json {stderr}")
    assert done.returncode == 0
    assert json.loads(done.stdout)


NARROW = [
    {"PYTHONIOENCODING": "ascii"},
    {"PYTHONIOENCODING": "cp1252"},
    {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
]


@pytest.mark.parametrize("environment", NARROW, ids=["ascii", "cp1252", "C"])
def test_a_narrow_terminal_is_given_something_readable(folder: Path, environment: dict[str, str]) -> None:
    Path("deals.csv").write_text(DEALS.replace("Nowhere", "≥ Zürich 北京 — Łódź…"), encoding="utf-8")
    page, document = shell(CHECK, **environment), shell(f"{CHECK} --json", **environment)
    failure = shell(f"{CHECK} --set stages.北京ü.conversion=0.5", **environment)
    chinese = shell(f"{CHECK} --language zh", **environment)
    encoding = environment.get("PYTHONIOENCODING", "ascii")
    for done in (page, document, failure, chinese):
        quiet(done)
        done.stdout.decode(encoding), done.stderr.decode(encoding)
    assert (page.returncode, document.returncode, failure.returncode) == (0, 0, 2)
    shown = page.stdout.decode(encoding)
    assert ">= Z" in shown and "rich ??" in shown
    assert ("Zürich" if encoding == "cp1252" else "Zurich") in shown
    reason = json.loads(document.stdout.decode(encoding))["data_quality"]["excluded"][0]["reason"]
    assert reason == "unknown stage '≥ Zürich 北京 — Łódź…'"
    assert (chinese.returncode, chinese.stdout) == (0, page.stdout)  # in English, rather than in question marks
    assert re.fullmatch(rb"note: printed in English, .*PYTHONUTF8=1.*\n", chinese.stderr) and page.stderr == b""


@pytest.mark.parametrize("text", ["ü", "北京", "😀", "\ud800", "\u2028"])
def test_json_is_the_same_document_in_every_encoding(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    document = json.dumps({"name": text}, ensure_ascii=False)
    say_json(document)
    assert json.loads(capsys.readouterr().out) == {"name": text}


@pytest.mark.skipif(os.name == "posix" and os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_one_sentence(folder: Path) -> None:
    Path("closed").mkdir(mode=0o500)
    done = shell(f"{RUN} --out closed")
    assert done.returncode == 1
    quiet(done)
