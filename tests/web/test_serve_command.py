"""The command: where it listens, how it ends, what it says where it cannot."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

COMMAND = [sys.executable, "-m", "simfunnel", "serve"]


class Running:
    """The command as a process, once it has told its link."""

    def __init__(self, folder: Path, *options: str, **more: str) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, "small.yaml", "--port", "0", *options], cwd=folder, text=True, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env=os.environ | more,
            # a shell may start us deaf to it
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler) and None,  # noqa: PLW1509
        )  # fmt: skip
        assert self.process.stdout is not None
        self.link = self.process.stdout.readline().strip()

    def stop(self) -> tuple[int, str]:
        """Interrupt it; its code, and what it said on stderr."""
        self.process.send_signal(signal.SIGINT)
        _, err = self.process.communicate(timeout=20)
        return self.process.returncode, err


@pytest.fixture
def started(folder: Path) -> Iterator[Any]:
    running: list[Running] = []

    def start(*options: str, **more: str) -> Running:
        running.append(Running(folder, *options, **more))
        return running[-1]

    yield start
    for one in running:
        one.process.kill()
        one.process.communicate()


def test_it_tells_its_link_answers_and_leaves_at_once(started: Any) -> None:
    one = started(SIMFUNNEL_TOKEN="known-token-known-token")
    found = re.fullmatch(r"http://127\.0\.0\.1:(\d+)/\?token=known-token-known-token", one.link)
    assert found, one.link
    connection = http.client.HTTPConnection("127.0.0.1", int(found[1]), timeout=20)
    connection.request("GET", "/")
    assert connection.getresponse().status == 200  # and the connection stays open, as a browser's does
    start = time.monotonic()
    code, err = one.stop()
    assert time.monotonic() - start < 4
    assert code == 130 and "Traceback" not in err
    connection.close()


def test_each_start_has_a_token_of_its_own(started: Any) -> None:
    links = {started("-q").link.partition("token=")[2] for _ in range(2)}
    assert len(links) == 2 and all(len(token) >= 32 for token in links)


@pytest.mark.parametrize("host", ["0.0.0.0", "0"])
def test_others_are_let_in_with_a_warning(started: Any, host: str) -> None:
    one = started("--host", host)
    assert one.link.startswith("http://127.0.0.1:")
    _, err = one.stop()
    assert "other machines" in err and "all deals" in err


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1"])
def test_of_this_machine_alone_nothing_is_warned_of(started: Any, host: str) -> None:
    _, err = started("--host", host).stop()
    assert "warning" not in err


@pytest.mark.parametrize(("options", "code", "words"), [
    (("--host", "203.0.113.9"), 1, "cannot listen on 203.0.113.9"), (("--host", "203.0.113.9"), 1, "--host 127.0.0.1"),
    (("--host", "no-such-machine.invalid"), 2, "stands for no address"), (("--host", "a" * 300), 2, "--host"),
    (("--host", "1.2.3.4.5"), 2, "--host"), (("--host", ""), 2, "--host"),
    (("--host", "http://localhost"), 2, "--host"),
    (("--port", "70000"), 2, "--port"),
    (("--variant", "wrose"), 2, "worse"),
    (("--set", "as_of=x"), 2, "as_of"),
])  # fmt: skip
def test_what_cannot_be(folder: Path, options: tuple[str, ...], code: int, words: str) -> None:
    ended = _ended(folder, "small.yaml", "--port", "0", *options)
    assert (ended.returncode, ended.stdout) == (code, "")
    assert words in ended.stderr and "Traceback" not in ended.stderr


def test_a_port_in_use_is_a_sentence(folder: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        ended = _ended(folder, "small.yaml", "--port", str(port))
    assert ended.returncode == 1
    assert f"port {port}" in ended.stderr and "--port" in ended.stderr and "Traceback" not in ended.stderr


def test_a_token_that_can_be_guessed_is_refused(folder: Path) -> None:
    for token in ("short", "a token with blanks in it", "ü" * 20):
        ended = _ended(folder, "small.yaml", SIMFUNNEL_TOKEN=token)
        assert ended.returncode == 2 and "SIMFUNNEL_TOKEN" in ended.stderr


def test_a_missing_package_is_named(folder: Path) -> None:
    code = (
        "import sys; sys.modules['uvicorn'] = None; sys.argv = ['simfunnel', 'serve', 'small.yaml'];"
        "from simfunnel.cli import main; main()"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 1 and "pip install 'simfunnel[web]'" in ended.stderr


def _ended(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], cwd=folder, capture_output=True, text=True, timeout=60, env=os.environ | more,
        check=False,
    )  # fmt: skip
