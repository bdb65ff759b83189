"""What is refused before the application sees a request: JSON with its code, as every other answer."""

from __future__ import annotations

import json
import socket
import time
from contextlib import ExitStack
from typing import Any

import pytest

from simfunnel.web import protocol
from simfunnel.web.server import listen
from web.conftest import Served


def _said(served: Served, *parts: bytes, pause: float = 0.0) -> tuple[int, dict[str, str], Any]:
    """Send bytes, and read until the server closes: status, headers and the JSON of the body."""
    with socket.create_connection(("127.0.0.1", served.port), timeout=30) as one:
        for part in parts:
            one.sendall(part.replace(b"Host: a", f"Host: 127.0.0.1:{served.port}".encode()))
            time.sleep(pause)
        text = b""
        while more := one.recv(65_536):
            text += more
    head, _, body = text.decode().partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    assert int(headers["content-length"]) == len(body.encode())
    return int(first.split()[1]), headers, json.loads(body)


@pytest.mark.parametrize("sent", [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"GET\r\n\r\n", b"hello there, this is no request\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n", b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
    b"POST /api/answer HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"GET /" + b"a" * 100_000, b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 30_000,
])  # fmt: skip
def test_what_is_no_request(served: Served, sent: bytes) -> None:
    status, headers, told = _said(served, sent)
    assert status == 400 and told["error"]
    assert headers["content-type"] == "application/json" and headers["x-content-type-options"] == "nosniff"
    assert served.ask("/api/answer", {}).status == 200


@pytest.mark.parametrize("parts", [
    (), (b"GET / HTT",), (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\n", b"{"),
    tuple(b"%c" % letter for letter in b"GET / HTTP/1.1\r\n"),
])  # fmt: skip
def test_what_does_not_arrive(served: Served, monkeypatch: pytest.MonkeyPatch, parts: tuple[bytes, ...]) -> None:
    monkeypatch.setattr(protocol, "PATIENCE", 0.5)
    status, headers, told = _said(served, *parts)
    assert status == 408 and "0.5 seconds" in told["error"] and headers["connection"] == "close"
    assert served.ask("/api/answer", {}).status == 200


def test_too_many_connections_are_told_to_come_back(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "MOST_CONNECTIONS", 20)
    with ExitStack() as kept:
        for _ in range(20):
            kept.enter_context(socket.create_connection(("127.0.0.1", served.port), timeout=30))
        time.sleep(0.3)
        status, headers, told = _said(served)
        assert status == 503 and int(headers["retry-after"]) >= 1 and told["error"]
    time.sleep(0.3)
    assert served.ask("/api/answer", {}).status == 200


def test_a_connection_is_kept_between_questions(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """A browser's connection is idle for longer than a request may take to arrive, and is used again."""
    monkeypatch.setattr(protocol, "PATIENCE", 0.3)
    asked = f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", served.port), timeout=30) as one:
        for _ in range(3):
            one.sendall(asked)
            text = b""
            while b"</html>" not in text:
                text += one.recv(65_536)
            assert text.startswith(b"HTTP/1.1 200")
            time.sleep(0.6)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0"])
def test_answers_are_sent_at_once(host: str) -> None:
    """What asyncio is not told to be TCP it leaves to wait: the body of an answer comes 40 ms after its head."""
    with listen(host, 0) as taken:
        assert taken.proto == socket.IPPROTO_TCP
