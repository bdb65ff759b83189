"""Scenarios, and files they extend, that are no scenarios: devices, pipes, folders, bombs, other people's files."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cli.conftest import Run

from simfunnel.errors import InputError, SurroundingsError
from simfunnel.scenario import load_scenario
from simfunnel.scenario.reading import LARGEST

posix = pytest.mark.skipif(os.name != "posix", reason="devices and pipes are POSIX")
EXTENDING = "version: 1\nextends: {}\n"


@contextmanager
def within(seconds: int) -> Iterator[None]:
    """Fail, rather than hang."""

    def late(*_: object) -> None:
        raise TimeoutError(f"still reading after {seconds} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def refusal(name: str) -> str:
    """What is said of a scenario file that cannot be one."""
    with within(10), pytest.raises(InputError) as refused:
        load_scenario(name)
    return str(refused.value)


def no_files(folder: Path) -> dict[str, str]:
    """Things with a name that are no files, and what must be said of them."""
    os.mkfifo(folder / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
    (folder / "folder").mkdir()
    (folder / "loop").symlink_to("loop")
    return {
        "pipe": "a pipe", "socket": "a socket", "folder": "a folder", "/dev/zero": "a device", "/dev/full": "a device",
        "loop": "cannot be read", "folder/none.yaml": "no such file", "x" * 300: "name too long",
    }  # fmt: skip


@posix
def test_what_is_no_file_is_refused_at_once(empty: Path) -> None:
    for name, said in no_files(empty).items():
        assert said in refusal(name).lower(), name
        (empty / "scenario.yaml").write_text(EXTENDING.format(name), encoding="utf-8")
        told = refusal("scenario.yaml")
        assert said in told.lower(), name
        assert told.startswith("scenario.yaml:2:10: extends: ")


@posix
def test_a_link_to_a_device_is_a_device(empty: Path) -> None:
    (empty / "linked.yaml").symlink_to("/dev/zero")
    assert "a device" in refusal("linked.yaml")


def test_a_file_that_is_too_large_is_not_read(empty: Path) -> None:
    with (empty / "big.yaml").open("wb") as file:
        file.truncate(2 << 30)  # of nothing: it takes no room
    assert "larger than 16 MB" in refusal("big.yaml")
    assert (empty / "big.yaml").stat().st_size > LARGEST


SECRETS = {
    "passwd": "root:x:0:0:root:/root:/bin/bash\nsecret:x:1:1::/:/bin/sh\n",
    "key.pem": "-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----\n",
    "env": "PASSWORD=secret\n",
    "settings.yaml": "database: {password: secret}\nsecret: &secret 1\nother: *secret2\n",
    "list.yaml": "- secret\n- name\n",
    "broken.yaml": "[secret: {\n",
    "number": "5317\n",
    "page.html": "<p>secret: 1</p>\n",
}


@pytest.mark.parametrize("name", SECRETS)
def test_nothing_is_quoted_of_a_file_that_is_no_scenario(empty: Path, name: str) -> None:
    (empty / name).write_text(SECRETS[name], encoding="utf-8")
    (empty / "scenario.yaml").write_text(EXTENDING.format(name), encoding="utf-8")
    told = refusal("scenario.yaml")
    assert "secret" not in told and "5317" not in told and "PASSWORD" not in told
    assert "not a scenario" in told


@posix
@pytest.mark.skipif(not Path("/etc/passwd").exists(), reason="there is no /etc/passwd")
def test_the_list_of_users_is_not_quoted(empty: Path) -> None:
    (empty / "scenario.yaml").write_text(EXTENDING.format("/etc/passwd"), encoding="utf-8")
    assert "root" not in refusal("scenario.yaml")


def test_a_list_in_place_of_a_scenario_is_not_quoted(empty: Path) -> None:
    (empty / "list.yaml").write_text("- secret\n", encoding="utf-8")
    assert "secret" not in refusal("list.yaml")


def test_a_billion_laughs_is_refused(empty: Path) -> None:
    lines = ["version: 1", "a: &a [x, x, x, x, x, x, x, x, x, x]"]
    for above, below in zip("abcdefgh", "bcdefghi", strict=True):
        lines.append(f"{below}: &{below} [{', '.join([f'*{above}'] * 10)}]")
    (empty / "laughs.yaml").write_text("\n".join(lines), encoding="utf-8")
    assert "aliases expand" in refusal("laughs.yaml")


def test_nesting_without_end_is_refused(empty: Path) -> None:
    for text in ("version: " + "[" * 50_000, "version: " + "{a: " * 50_000, "- " * 50_000):
        (empty / "deep.yaml").write_text(text, encoding="utf-8")
        assert "nested" in refusal("deep.yaml") or "bracket" in refusal("deep.yaml")


@pytest.mark.parametrize("name", ["a\0b", "\ud800.yaml"])
def test_a_name_that_no_file_can_have_is_refused(empty: Path, name: str) -> None:
    assert refusal(name)


@posix
@pytest.mark.skipif(os.name == "posix" and os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_the_surroundings(empty: Path) -> None:
    (empty / "closed.yaml").write_text("version: 1", encoding="utf-8")
    (empty / "closed.yaml").chmod(0)
    with pytest.raises(SurroundingsError, match=r"closed\.yaml.*denied"):
        load_scenario("closed.yaml")


def test_a_long_chain_of_files_is_read_or_refused(empty: Path) -> None:
    for i in range(600):
        (empty / f"{i}.yaml").write_text(EXTENDING.format(f"{i + 1}.yaml"), encoding="utf-8")
    told = refusal("0.yaml")
    assert "extend" in told and "Traceback" not in told


@posix
def test_the_command_line_says_it_too(empty: Path, run: Run) -> None:
    os.mkfifo(empty / "pipe")
    with within(20):
        result = run("run", "pipe")
    assert result.code == 2
    assert "a pipe" in result.err
