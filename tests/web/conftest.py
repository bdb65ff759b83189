"""A server of the what-if page, in a thread of this process, and a client of the standard library."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from small_scenario import SMALL

from simfunnel.web.app import Application
from simfunnel.web.files import Source
from simfunnel.web.server import build_server, listen

TOKEN = "a-token-for-tests-alone"
SCENARIO = (
    SMALL
    + """
correlation: {market: 0.1}
pipeline: {file: deals.csv}
variants:
  worse: {shifts: [{path: win_rate, scale: 0.8}], targets: [{period: 2027-Q2, amount: 700}]}
"""
)
DEALS = """id,name,stage,amount,owner,segment,close_date
A,Acme,Proposal,500,Ann,smb,2027-03-01
B,<b>Bell</b>,Closing,300,Bo,smb,2027-02-01
"C,""1]",Chord,Proposal,200,Ann,large,2027-04-01
"""


@dataclass
class Reply:
    """What the server said."""

    status: int
    headers: dict[str, str]
    text: str
    json: Any = field(default=None)


@dataclass
class Served:
    """A running server, and how to ask it."""

    port: int
    application: Application

    def ask(
        self, path: str, body: Any = None, *, method: str | None = None, headers: dict[str, str | None] | None = None
    ) -> Reply:
        """Send a request as the page does, but for `headers`; None takes one away. A str goes as it is."""
        sent = {"Host": f"127.0.0.1:{self.port}", "X-Simfunnel-Token": TOKEN, "Content-Type": "application/json"}
        sent |= {name: value for name, value in (headers or {}).items() if value is not None}
        for name, value in (headers or {}).items():
            if value is None:
                sent.pop(name)
        data = None if body is None else (body if isinstance(body, str) else json.dumps(body)).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.putrequest(method or ("GET" if body is None else "POST"), path, skip_host=True)
            for name, value in (sent | ({} if data is None else {"Content-Length": str(len(data))})).items():
                connection.putheader(name, value)
            connection.endheaders(data)
            got = connection.getresponse()
            text = got.read().decode()
        finally:
            connection.close()
        headers_of = {name.lower(): value for name, value in got.getheaders()}
        return Reply(got.status, headers_of, text, json.loads(text) if "json" in headers_of["content-type"] else None)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A scenario and its deals."""
    (tmp_path / "small.yaml").write_text(SCENARIO)
    (tmp_path / "deals.csv").write_text(DEALS)
    return tmp_path


@pytest.fixture
def serve() -> Iterator[Callable[..., Served]]:
    """Serve a scenario file until the test ends."""
    running: list[tuple[Any, threading.Thread]] = []

    def start(scenario: Path, *, host: str = "127.0.0.1", **options: Any) -> Served:
        taken = listen("127.0.0.1", 0)
        port = taken.getsockname()[1]
        application = Application(Source(str(scenario), **options))
        server = build_server(application, host, port, TOKEN)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [taken]}, daemon=True)
        thread.start()
        running.append((server, thread))
        return Served(port, application)

    yield start
    for server, thread in running:
        server.should_exit = True
        thread.join(10)
        assert not thread.is_alive()


@pytest.fixture
def served(serve: Callable[..., Served], folder: Path) -> Served:
    """The small scenario, served."""
    return serve(folder / "small.yaml")
